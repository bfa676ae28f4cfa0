using System.Text.Json;
using EcgData.Consumers;

namespace LeadStatistics;

/// <summary>
/// Mean and standard deviation of each lead over all samples that were recorded: neither missing leads nor filled gaps count. Keeps what
/// it has so far with the position it belongs to, in one file that is replaced as a whole; killed at any time, it goes on from there.
/// </summary>
/// <remarks>Options: <c>out</c>, the file; <c>every</c>, batches between two writes of it (1).</remarks>
public sealed class LeadStatisticsConsumer : IBatchConsumer
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private StreamDescription _stream = null!;
    private RunningMoments[] _leads = [];
    private string _file = "";
    private long _every;
    private long _batches;
    private long _position;

    public long Open(StreamDescription stream, ConsumerOptions options)
    {
        _stream = stream;
        _every = options.Integer("every", 1, minimum: 1);
        _file = options.Text("out") ?? throw new ConsumerException("Option 'out'", "is missing", "the file to keep the statistics in", "Give --option out=statistics.json.");
        options.RefuseOthers();

        var kept = Read();
        if (kept is not null && IsOfThisStream(kept) && (stream.From is null || stream.From == kept.Position))
        {
            _leads = [.. kept.Leads.Select(lead => new RunningMoments(lead.Count, lead.Mean, lead.SumOfSquares))];
            return _position = kept.Position;
        }

        _leads = [.. stream.Leads.Select(_ => new RunningMoments(0, 0, 0))];
        return _position = stream.From ?? 0;
    }

    public bool Consume(EcgBatch batch)
    {
        for (var crop = 0; crop < batch.Count; crop++)
        {
            for (var lead = 0; lead < batch.Leads; lead++)
            {
                if (batch.HasLead(crop, lead)) _leads[lead] = _leads[lead].Add(batch.Lead(crop, lead), batch.Gaps(crop, lead));
            }
        }

        _position = batch.NextPosition;
        if (++_batches % _every == 0) Write(isComplete: false);
        return true;
    }

    public void Complete() => Write(isComplete: true);

    public void Dispose()
    {
    }

    private Kept? Read()
    {
        try
        {
            return File.Exists(_file) ? JsonSerializer.Deserialize<Kept>(File.ReadAllBytes(_file), Readable) : null;
        }
        catch (JsonException e)
        {
            throw new ConsumerException($"{_file}", $"is damaged: {e.Message}", "statistics that this plug-in has written", "Remove it, or name another file.", e);
        }
    }

    private bool IsOfThisStream(Kept kept) =>
        kept.Version == _stream.Version && kept.Subset == _stream.Subset && kept.Seed == _stream.Seed && kept.Epoch == _stream.Epoch
        && kept.Leads.Select(lead => lead.Name).SequenceEqual(_stream.Leads) && kept.Position <= _stream.Items && !kept.IsComplete;

    private void Write(bool isComplete)
    {
        var leads = _stream.Leads.Zip(_leads, (name, moments) => new KeptLead(name, moments.Count, moments.Mean, moments.SumOfSquares, moments.StandardDeviation));
        var kept = new Kept(_stream.Version, _stream.Subset, _stream.Seed, _stream.Epoch, _position, isComplete, [.. leads]);
        File.WriteAllBytes(_file + ".new", JsonSerializer.SerializeToUtf8Bytes(kept, Readable));
        File.Move(_file + ".new", _file, overwrite: true);
    }

    private sealed record Kept(
        string Version, string? Subset, ulong Seed, int Epoch, long Position, bool IsComplete, IReadOnlyList<KeptLead> Leads);

    private sealed record KeptLead(string Name, long Count, double Mean, double SumOfSquares, double StandardDeviation);
}
