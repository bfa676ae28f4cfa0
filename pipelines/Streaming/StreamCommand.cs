using EcgData.Consumers;
using EcgData.Consumers.Arrow;
using EcgData.Shards;
using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;
using EcgData.Signals;
using Spectre.Console;

namespace EcgData.Pipelines.Streaming;

/// <summary>What <c>ecgdata stream</c> was asked for, and how it is done.</summary>
internal sealed record StreamCommand
{
    public required string Corpus { get; init; }

    public string? VersionId { get; init; }

    public string? Subset { get; init; }

    public required string To { get; init; }

    public required IReadOnlyList<KeyValuePair<string, string>> ConsumerOptions { get; init; }

    public string? From { get; init; }

    public int? Epoch { get; init; }

    public required ReadingOptions Reading { get; init; }

    public async Task<int> RunAsync(Terminal terminal, CancellationToken cancel)
    {
        if (terminal.Json && ArrowOutput.IsStandardOutput(To))
            throw new UsageException("--json and --to - both want standard output. Expected one of them: send the stream to a socket, or leave --json out.");
        var plugin = ArrowOutput.Matches(To) ? null : Plugin.Load(To);
        var corpus = Corpora.OpenExisting(Corpus);
        var subset = await SubsetFile.ReadAsync(Subset, cancel);
        var version = await corpus.ReadManifestAsync(VersionId ?? subset?.Version, cancel);
        var selection = subset is null ? null : await subset.LoadSelectionAsync(corpus, version, cancel);
        var (reading, from) = StreamStart.Apply(From, Epoch, version.Id, selection, Reading, terminal.Note);
        var index = await RowGroupIndex.LoadAsync(corpus, version, cancel);
        var order = Usable(() => new ReadingOrder(index, selection, reading.Order));
        var stream = Describe(version, subset, order, reading, from);
        if (from > order.Items) throw new UsageException($"--from {From}: position {from}; this epoch has {order.Items:N0} items. Expected a position of it.");
        Usable(() => CropReader.Open(index, version.Id, selection, reading with { Threads = 0 }, new StoredRowGroups(corpus.Objects), cancel)).Dispose();
        if (order.TooShort > 0) terminal.Note($"{order.TooShort:N0} segments are shorter than a crop of {reading.Order.CropSeconds} s and are left out.");

        var name = plugin?.Name ?? To;
        var consumer = plugin is null
            ? new ArrowConsumer(await ArrowOutput.OpenAsync(To, bound => terminal.Note($"Listening on {bound}."), cancel), To)
            : plugin.Create();
        var run = new StreamRun(consumer, name);
        reading = reading with { From = Open(run, consumer, stream) };
        var reader = CropReader.Open(index, version.Id, selection, reading, new StoredRowGroups(corpus.Objects), cancel);
        StreamOutcome outcome;
        var wanted = (order.Items - reading.From - reader.Dropped) / reading.World;
        using (new LiveProgress(terminal, "crops", wanted, () => run.Crops, () => Split(run)))
            outcome = await run.RunAsync(CropBatches.ReadAsync(reader, cancel), cancel);
        return Report(terminal, stream, order, reader, run, outcome);
    }

    private static StreamDescription Describe(VersionManifest version, SubsetManifest? subset, ReadingOrder order, ReadingOptions reading, long? from) => new()
    {
        Version = version.Id,
        Subset = subset?.Digest,
        Leads = [.. Enum.GetValues<Lead>().Where(reading.Leads.Contains).Select(lead => Montage.Names[(int)lead])],
        SamplingFrequencyHz = order.Index.SamplingFrequencyHz,
        CropSamples = order.CropSamples,
        Batch = reading.Batch,
        Seed = reading.Order.Seed,
        Epoch = reading.Order.Epoch,
        Rank = reading.Rank,
        World = reading.World,
        Items = order.Items,
        Unit = reading.Order.Unit == ItemUnit.Record ? "record" : "segment",
        Shuffled = !reading.Order.Ordered,
        HasMetadata = reading.Metadata,
        From = from,
    };

    /// <summary>How the time is split between the two sides, of what has passed so far.</summary>
    private static string Split(StreamRun run)
    {
        var both = Math.Max(1e-9, (run.Waiting + run.Consuming).TotalSeconds);
        return $"{run.Waiting.TotalSeconds / both:0 %} waiting for data, {run.Consuming.TotalSeconds / both:0 %} in the consumer";
    }

    /// <summary>What contradicts itself or the corpus is the command line's fault.</summary>
    private static T Usable<T>(Func<T> create)
    {
        try
        {
            return create();
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e is ArgumentOutOfRangeException ? e.Message.ReplaceLineEndings(" ") : WithoutParameter(e));
        }
    }

    private static string WithoutParameter(ArgumentException e) =>
        e.ParamName is { } name ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : e.Message;

    private long Open(StreamRun run, IBatchConsumer consumer, StreamDescription stream)
    {
        try
        {
            return run.Open(stream, new ConsumerOptions(ConsumerOptions));
        }
        catch (Exception e)
        {
            consumer.Dispose();
            // nothing has been read yet: what a consumer refuses now is a matter of how it was asked
            if (e is ConsumerException and not ConsumerGoneException && e.InnerException is null or ConsumerException) throw new UsageException(e.Message);
            throw;
        }
    }

    private int Report(Terminal terminal, StreamDescription stream, ReadingOrder order, CropReader reader, StreamRun run, StreamOutcome outcome)
    {
        var total = reader.Times.Total;
        var words = outcome.End switch
        {
            StreamEnd.Complete => $"The epoch is complete: {outcome.Crops:N0} crops in {outcome.Batches:N0} batches.",
            StreamEnd.Enough => $"The consumer had enough after {outcome.Crops:N0} crops.",
            StreamEnd.Gone => $"The reader of {(ArrowOutput.IsStandardOutput(To) ? "standard output" : To)} went away after {outcome.Crops:N0} crops.",
            _ => $"Cancelled after {outcome.Crops:N0} crops.",
        };
        var resume = outcome.End == StreamEnd.Complete ? "" : $" The last batch written ends at position {outcome.Position}; resume with --from {outcome.Position}.";
        var document = new
        {
            version = stream.Version,
            subset = stream.Subset,
            end = outcome.End,
            items = stream.Items,
            tooShort = order.TooShort,
            dropped = reader.Dropped,
            from = outcome.From,
            position = outcome.Position,
            crops = outcome.Crops,
            batches = outcome.Batches,
            state = outcome.State,
            seconds = new
            {
                waiting = run.Waiting.TotalSeconds,
                consuming = run.Consuming.TotalSeconds,
                read = total.Read.TotalSeconds,
                index = total.Index.TotalSeconds,
                decode = total.Decode.TotalSeconds,
                copy = total.Copy.TotalSeconds,
                idle = total.Wait.TotalSeconds,
            },
        };
        // standard output may be the stream itself, and is then nobody else's
        if (ArrowOutput.IsStandardOutput(To)) Console.Error.WriteLine(words + resume);
        else terminal.Result(document, console => console.WriteLine(words + resume));
        terminal.Note(
            $"{Split(run)}; reading threads: {total.Read.TotalSeconds:0.0} s files, {total.Index.TotalSeconds:0.0} s checks, " +
            $"{total.Decode.TotalSeconds:0.0} s decoding, {total.Copy.TotalSeconds:0.0} s beside the signals, {total.Wait.TotalSeconds:0.0} s idle.");
        return outcome.End switch
        {
            StreamEnd.Complete or StreamEnd.Enough => ExitCode.Done,
            StreamEnd.Gone => ExitCode.NotAllTrue,
            _ => ExitCode.Cancelled,
        };
    }
}
