namespace EcgData.Shards.Reading;

/// <summary>Which source gives each unit of the order: a run of items, or a single one.</summary>
internal abstract class SourceSchedule
{
    /// <summary>Units of the epoch.</summary>
    public abstract long Units { get; }

    public abstract long MemoryBytes { get; }

    /// <summary>Index, among the sources that take part, of the one that gives a unit.</summary>
    public abstract int SourceAt(long unit);

    /// <summary>How many of the units before this one are the source's.</summary>
    public abstract long CountBefore(long unit, int source);
}

/// <summary>Every unit of every source once, in keyed order: a byte per run.</summary>
internal sealed class ShuffledRuns : SourceSchedule
{
    private const int Stride = 4096;   // units between two stored counts

    private readonly byte[] _sources;
    private readonly long[] _counts;
    private readonly int _sourceCount;

    /// <param name="runs">Units of each source.</param>
    public ShuffledRuns(ReadOnlySpan<long> runs, ulong key)
    {
        if (runs.Length > byte.MaxValue)
            throw new ArgumentException($"Runs of one source are made of at most {byte.MaxValue} sources; there are {runs.Length}. Leave some out.", nameof(runs));
        var units = 0L;
        foreach (var count in runs) units += count;
        if (units > Array.MaxLength)
            throw new ArgumentException($"{units} runs are more than an order holds. Make sourceRun longer.", nameof(runs));
        _sources = new byte[units];
        _sourceCount = runs.Length;
        var start = 0;
        for (var source = 0; source < runs.Length; source++)
        {
            _sources.AsSpan(start, (int)runs[source]).Fill((byte)source);
            start += (int)runs[source];
        }

        KeyedDraw.Shuffle<byte>(_sources, key);
        _counts = new long[(units / Stride + 1) * runs.Length];
        for (var unit = Stride; unit <= units; unit += Stride)
        {
            for (var source = 0; source < runs.Length; source++)
            {
                var at = unit / Stride * runs.Length + source;
                _counts[at] = _counts[at - runs.Length] + _sources.AsSpan(unit - Stride, Stride).Count((byte)source);
            }
        }
    }

    public override long Units => _sources.Length;

    public override long MemoryBytes => _sources.Length + _counts.Length * 8L;

    public override int SourceAt(long unit) => _sources[unit];

    public override long CountBefore(long unit, int source)
    {
        var block = unit / Stride;
        return _counts[block * _sourceCount + source] + _sources.AsSpan((int)(block * Stride), (int)(unit % Stride)).Count((byte)source);
    }
}
