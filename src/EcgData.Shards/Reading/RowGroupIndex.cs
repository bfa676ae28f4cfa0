namespace EcgData.Shards.Reading;

/// <summary>Where a row group lies, and what its bytes must hash to.</summary>
/// <param name="Shard">Path of the shard in the corpus.</param>
/// <param name="OffsetBytes">Where the row group begins in the shard.</param>
/// <param name="Digest">XxHash128 of its bytes.</param>
public readonly record struct RowGroupExtent(string Shard, long OffsetBytes, int SizeBytes, UInt128 Digest);

/// <summary>
/// The row-group table of a version in memory, 40 bytes per row group: 7.2 MiB at 11 million records. It tells what the reading
/// order and a reader of byte ranges need before any shard is open. Column offsets are left out: a row group is fetched and
/// verified whole, its columns follow each other in the schema's order, and the headers of its pages lead from one to the next.
/// </summary>
public sealed partial class RowGroupIndex
{
    private readonly Shard[] _shards;
    private readonly int[] _shardOf;
    private readonly int[] _firstRows;
    private readonly long[] _offsets;
    private readonly int[] _sizes;
    private readonly UInt128[] _digests;

    /// <summary>Samples of every row, or ~index of a <see cref="Shape"/>.</summary>
    private readonly int[] _samples;

    private readonly Shape[] _shapes;
    private readonly int[] _rowSamples;
    private readonly RowSegment[] _rowSegments;

    private RowGroupIndex(Builder builder)
    {
        SamplingFrequencyHz = builder.SamplingFrequencyHz;
        Sources = [.. builder.Sources];
        _shards = [.. builder.Shards, new Shard("", 0, builder.FirstRows.Count, 0, 0)];
        _shardOf = [.. builder.ShardOf];
        _firstRows = [.. builder.FirstRows];
        _offsets = [.. builder.Offsets];
        _sizes = [.. builder.Sizes];
        _digests = [.. builder.Digests];
        _samples = [.. builder.Samples];
        _shapes = [.. builder.Shapes];
        _rowSamples = [.. builder.RowSamples];
        _rowSegments = [.. builder.RowSegments];
        foreach (var shard in _shards) Rows += shard.Rows;
    }

    /// <summary>Sampling frequency of every stored signal, Hz.</summary>
    public int SamplingFrequencyHz { get; }

    /// <summary>Names of the sources that have shards, in the manifest's order.</summary>
    public IReadOnlyList<string> Sources { get; }

    /// <summary>Row groups of the version.</summary>
    public int Groups => _firstRows.Length;

    /// <summary>Shards of the version, in the manifest's order.</summary>
    public int Shards => _shards.Length - 1;

    /// <summary>Rows of the version.</summary>
    public long Rows { get; }

    /// <summary>Bytes of what grows with the corpus.</summary>
    public long MemoryBytes =>
        Groups * (5L * sizeof(int) + sizeof(long) + 16 - sizeof(int)) + _shapes.Length * 12L + _rowSamples.Length * 4L + _rowSegments.Length * 8L +
        _shards.Sum(shard => 40L + 22 + 2 * shard.Path.Length);

    /// <summary>Where a row group's bytes lie.</summary>
    public RowGroupExtent ExtentOf(int group) => new(_shards[_shardOf[group]].Path, _offsets[group], _sizes[group], _digests[group]);

    /// <summary>Index of a row group's shard.</summary>
    public int ShardOf(int group) => _shardOf[group];

    /// <summary>Index of a row group's source.</summary>
    public int SourceOf(int group) => _shards[_shardOf[group]].Source;

    /// <summary>The row groups of a shard, <c>[first, end)</c>.</summary>
    public (int First, int End) GroupsOf(int shard) => (_shards[shard].FirstGroup, _shards[shard + 1].FirstGroup);

    /// <summary>Index of a shard's source.</summary>
    public int SourceOfShard(int shard) => _shards[shard].Source;

    /// <summary>Index in its shard of a row group's first row.</summary>
    public int FirstRowOf(int group) => _firstRows[group];

    /// <summary>Rows of a row group.</summary>
    public int RowsOf(int group)
    {
        var shard = _shardOf[group];
        return (group + 1 < _shards[shard + 1].FirstGroup ? _firstRows[group + 1] : _shards[shard].Rows) - _firstRows[group];
    }

    /// <summary>Samples of each lead of a row.</summary>
    public int SamplesOf(int group, int row)
    {
        if (_samples[group] >= 0) return _samples[group];
        var shape = _shapes[~_samples[group]];
        return shape.FirstSamples < 0 ? shape.Samples : _rowSamples[shape.FirstSamples + row];
    }

    /// <summary>A row's place among its record's rows, and how many these are; they follow each other in the shard.</summary>
    public (int Segment, int Segments) SegmentOf(int group, int row)
    {
        if (_samples[group] >= 0 || _shapes[~_samples[group]] is not { FirstSegment: >= 0 } shape) return (0, 1);
        var segment = _rowSegments[shape.FirstSegment + row];
        return (segment.Segment, segment.Segments);
    }

    /// <summary>Whether every row has as many samples as the others and is its record's only one; <paramref name="samples"/> is then theirs.</summary>
    internal bool IsPlain(int group, out int samples)
    {
        samples = _samples[group];
        return samples >= 0;
    }

    /// <summary>What tells a row from all others of the corpus: a key of the shard's path, which names its contents.</summary>
    internal ulong KeyOf(int group) => _shards[_shardOf[group]].Key;

    internal readonly record struct Shard(string Path, int Source, int FirstGroup, int Rows, ulong Key);

    /// <summary>A row group whose rows differ: where its rows' lengths and segments begin in the side arrays, or -1.</summary>
    internal readonly record struct Shape(int Samples, int FirstSamples, int FirstSegment);

    internal readonly record struct RowSegment(int Segment, int Segments);

    /// <summary>Collects the table, shard by shard and row group by row group in stored order.</summary>
    public sealed class Builder(int samplingFrequencyHz)
    {
        private int _lastSegment;
        private int _lastSegments = 1;

        internal int SamplingFrequencyHz { get; } = samplingFrequencyHz;

        internal List<string> Sources { get; } = [];

        internal List<Shard> Shards { get; } = [];

        internal List<int> ShardOf { get; } = [];

        internal List<int> FirstRows { get; } = [];

        internal List<long> Offsets { get; } = [];

        internal List<int> Sizes { get; } = [];

        internal List<UInt128> Digests { get; } = [];

        internal List<int> Samples { get; } = [];

        internal List<Shape> Shapes { get; } = [];

        internal List<int> RowSamples { get; } = [];

        internal List<RowSegment> RowSegments { get; } = [];

        /// <summary>Begins the next shard; a shard has at least one row group.</summary>
        /// <param name="path">Its path in the corpus.</param>
        /// <param name="source">Name of its source.</param>
        public void BeginShard(string path, string source)
        {
            EndShard();
            if (Sources.Count == 0 || Sources[^1] != source)
            {
                if (Sources.Contains(source)) throw new InvalidDataException($"{path}: the shards of source {source} do not follow each other. Build the version again.");
                Sources.Add(source);
            }

            Shards.Add(new Shard(path, Sources.Count - 1, FirstRows.Count, 0, KeyedDraw.KeyOf(path)));
        }

        /// <summary>The shard's next row group.</summary>
        /// <param name="samples">Samples of each row; one entry where all have as many.</param>
        /// <param name="segments">Each row's place among its record's rows; empty where every row is its record's only one.</param>
        /// <param name="recordSegments">How many rows each row's record has; as many entries as <paramref name="segments"/>.</param>
        /// <exception cref="InvalidDataException">The row group contradicts itself or the one before.</exception>
        public void Add(
            int rows, long offsetBytes, int sizeBytes, UInt128 digest, ReadOnlySpan<int> samples, ReadOnlySpan<int> segments, ReadOnlySpan<int> recordSegments)
        {
            if (Shards.Count == 0) throw new InvalidOperationException("A row group belongs to a shard: begin one first.");
            if (rows <= 0 || offsetBytes < 0 || sizeBytes <= 0) throw Contradiction($"{rows} rows in {sizeBytes} bytes from {offsetBytes}");
            if (samples.Length != 1 && samples.Length != rows) throw Contradiction($"{samples.Length} lengths of {rows} rows");
            if (segments.Length != recordSegments.Length || (segments.Length > 0 && segments.Length != rows))
                throw Contradiction($"{segments.Length} and {recordSegments.Length} segments of {rows} rows");
            foreach (var count in samples)
            {
                if (count < 0) throw Contradiction($"a row of {count} samples");
            }

            CheckSegments(segments, recordSegments);

            ShardOf.Add(Shards.Count - 1);
            FirstRows.Add(Shards[^1].Rows);
            Offsets.Add(offsetBytes);
            Sizes.Add(sizeBytes);
            Digests.Add(digest);
            Samples.Add(samples.Length == 1 && segments.IsEmpty ? samples[0] : ~Shapes.Count);
            if (Samples[^1] < 0)
            {
                Shapes.Add(new Shape(samples[0], samples.Length == 1 ? -1 : RowSamples.Count, segments.IsEmpty ? -1 : RowSegments.Count));
                if (samples.Length > 1) RowSamples.AddRange(samples);
                for (var row = 0; row < segments.Length; row++) RowSegments.Add(new RowSegment(segments[row], recordSegments[row]));
            }

            Shards[^1] = Shards[^1] with { Rows = checked(Shards[^1].Rows + rows) };
        }

        public RowGroupIndex Build()
        {
            EndShard();
            return new RowGroupIndex(this);
        }

        /// <summary>Rows of the shard that was begun last.</summary>
        internal int ShardRows => Shards.Count == 0 ? 0 : Shards[^1].Rows;

        private void EndShard()
        {
            if (Shards.Count == 0) return;
            if (Shards[^1].FirstGroup == FirstRows.Count) throw Contradiction("no row group");
            if (_lastSegment != _lastSegments - 1) throw Contradiction($"an end after segment {_lastSegment} of {_lastSegments}");
        }

        /// <summary>The rows of a record follow each other: segment 0, 1 and so on to its last.</summary>
        private void CheckSegments(ReadOnlySpan<int> segments, ReadOnlySpan<int> recordSegments)
        {
            for (var row = 0; row < Math.Max(1, segments.Length); row++)
            {
                var (segment, count) = segments.IsEmpty ? (0, 1) : (segments[row], recordSegments[row]);
                var follows = segment == 0 ? _lastSegment == _lastSegments - 1 : segment == _lastSegment + 1 && count == _lastSegments;
                if (!follows || segment >= count) throw Contradiction($"segment {segment} of {count} after segment {_lastSegment} of {_lastSegments}");
                (_lastSegment, _lastSegments) = (segment, count);
            }
        }

        private InvalidDataException Contradiction(string found) => new(
            $"{Shards[^1].Path}, row group {FirstRows.Count - Shards[^1].FirstGroup}: the row-group table tells of {found}. It is damaged: build the version again.");
    }
}
