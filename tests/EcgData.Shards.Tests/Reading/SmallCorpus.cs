using CsCheck;
using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;

namespace EcgData.Shards.Tests.Reading;

/// <summary>A row of a corpus that need not exist.</summary>
/// <param name="Row">In its row group.</param>
/// <param name="Record">Number of its record in the corpus.</param>
internal sealed record SmallRow(int Source, int Shard, int Group, int Row, int Record, int Samples, bool Selected)
{
    public (int, int) Place => (Group, Row);
}

/// <summary>A few sources, shards and records of one or more segments, and a selection: the table and, row by row, what is in it.</summary>
internal sealed record SmallCorpus(RowGroupIndex Index, RowSelection? Selection, IReadOnlyList<SmallRow> Rows, IReadOnlyList<RowGroupRow> Table)
{
    public const int Hz = 100;

    private enum Choice
    {
        All,
        Prefixes,
        Any,
    }

    /// <summary>Samples of a record's segments: mostly one of 1,000; some short, some of several segments.</summary>
    private static readonly Gen<int[]> Record = Gen.Frequency(
        (6, Gen.Const(new[] { 1000 })),
        (2, Gen.Int[100, 1000].Select(samples => new[] { samples })),
        (2, Gen.Select(Gen.Int[1, 9], Gen.Int[100, 1000], (whole, last) => (int[])[.. Enumerable.Repeat(1000, whole), last])));

    private static readonly Gen<int[][][][]> Sources = Record.Array[1, 30].Array[1, 5].Array[1, 5];

    /// <summary>Corpora of one to five sources.</summary>
    public static Gen<SmallCorpus> Any { get; } =
        Gen.Select(Sources, Gen.Int[1, 12], Gen.Enum<Choice>(), Gen.Int.Array[1, 50], (sources, groupRows, choice, draws) => Create(sources, groupRows, choice, draws));

    /// <summary>Everything that is printed when a property fails.</summary>
    public override string ToString() => $"{Index.Sources.Count} sources: {string.Join(' ', Rows)}";

    private static SmallCorpus Create(int[][][][] sources, int groupRows, Choice choice, int[] draws)
    {
        var builder = new RowGroupIndex.Builder(Hz);
        var selection = new RowSelection.Builder();
        var rows = new List<SmallRow>();
        var table = new List<RowGroupRow>();
        var (shard, group, record) = (0, 0, 0);
        for (var source = 0; source < sources.Length; source++)
        {
            foreach (var records in sources[source])
            {
                var path = $"shards/source-{source}/{shard:x64}.parquet";
                builder.BeginShard(path, $"source-{source}");
                var segments = records.SelectMany((lengths, index) => lengths.Select(
                    (samples, segment) => (Record: record + index, samples, segment, lengths.Length))).ToArray();
                record += records.Length;
                var (firstRow, first) = (0, group);
                foreach (var part in segments.Chunk(groupRows))
                {
                    var selected = Selected(choice, draws, group, part.Length);
                    rows.AddRange(part.Select((row, index) => new SmallRow(source, shard, group, index, row.Record, row.samples, selected[index])));
                    var entry = Entry(group - first, firstRow, [.. part.Select(row => row.samples)], [.. part.Select(row => (row.segment, row.Length))]);
                    builder.Add(
                        entry.Rows, entry.OffsetBytes, (int)entry.SizeBytes, UInt128.Parse(entry.Digest, System.Globalization.NumberStyles.HexNumber),
                        [.. entry.RowSamples], [.. entry.RowSegments], [.. entry.RecordSegments]);
                    table.Add(new RowGroupRow(path, entry));
                    selection.Add([selected.Select((isSelected, row) => isSelected ? 1UL << row : 0).Aggregate((a, b) => a | b)]);
                    firstRow += part.Length;
                    group++;
                }

                shard++;
            }
        }

        return new SmallCorpus(builder.Build(), choice == Choice.All ? null : selection.Build(), rows, table);
    }

    private static bool[] Selected(Choice choice, int[] draws, int group, int rows) => choice switch
    {
        Choice.All => [.. Enumerable.Repeat(true, rows)],
        Choice.Prefixes => [.. Enumerable.Range(0, rows).Select(row => row < (uint)draws[group % draws.Length] % 13)],
        _ => [.. Enumerable.Range(0, rows).Select(row => (draws[group % draws.Length] >> row & 1) != 0)],
    };

    private static RowGroupEntry Entry(int index, int firstRow, int[] samples, (int Segment, int Segments)[] segments)
    {
        var alone = segments.All(segment => segment.Segments == 1);
        return new RowGroupEntry(
            index, firstRow, samples.Length, 4 + firstRow * 1000L, samples.Length * 1000, [], $"{firstRow + 7:x32}", 0, 0,
            samples.Distinct().Count() == 1 ? samples[..1] : samples,
            alone ? [] : [.. segments.Select(segment => segment.Segment)],
            alone ? [] : [.. segments.Select(segment => segment.Segments)]);
    }
}
