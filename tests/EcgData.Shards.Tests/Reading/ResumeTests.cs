using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;

namespace EcgData.Shards.Tests.Reading;

/// <summary>
/// Reading that stops anywhere and goes on with another world, batch size and number of threads, twice over, against an epoch that is read
/// in one go: nothing missing, nothing repeated, the same crops bit by bit. ECGDATA_RESUME_POINTS sets how many stops are tried.
/// </summary>
public sealed class ResumeTests
{
    private const int Run = 24;

    private static readonly int[] Worlds = [1, 2, 3, 4, 5, 7, 8];
    private static readonly int[] Batches = [1, 2, 3, 4, 6, 8, 12, 24];

    private static int Points => int.Parse(Environment.GetEnvironmentVariable("ECGDATA_RESUME_POINTS") ?? "100");

    [Fact]
    public async Task Read_StoppedAnywhereAndContinuedOtherwise_IsOneEpoch()
    {
        using var corpus = await WrittenCorpus.CreateAsync(150, ("a", 40), ("a", 25), ("b", 40), ("c", 12), ("c", 30));
        var index = await RowGroupIndex.LoadAsync(corpus.Corpus, corpus.Version);
        using var source = new StoredRowGroups(corpus.Store);
        var selection = Selection(corpus);
        OrderOptions[] orders =
        [
            new() { CropSeconds = 0.25, OpenRowGroups = 5 },
            new() { CropSeconds = 0.25, OpenRowGroups = 5, SourceRun = Run },
            new() { CropSeconds = 0.25, OpenRowGroups = 5, SourceRun = Run, Weights = new Dictionary<string, double> { ["a"] = 1, ["b"] = 2, ["c"] = 0.5 } },
            new() { CropSeconds = 0.1, OpenRowGroups = 3, Crops = CropPlacement.Consecutive, Unit = ItemUnit.Segment },
            new() { CropSeconds = 0.25, Weights = new Dictionary<string, double> { ["a"] = 1, ["b"] = 3, ["c"] = 1 } },
        ];
        var state = 17ul;
        var whole = new Dictionary<(int, int, bool), List<string>>();
        for (var point = 0; point < Points; point++)
        {
            var (kind, epoch, isSubset) = (point % orders.Length, Below(4, ref state), Below(2, ref state) == 1);
            var options = new ReadingOptions { Order = orders[kind] with { Seed = 99, Epoch = epoch } };
            var rows = isSubset ? selection : null;
            if (!whole.TryGetValue((kind, epoch, isSubset), out var expected))
                whole[(kind, epoch, isSubset)] = expected = Read(index, corpus, rows, options with { Batch = Run, Threads = 0 }, source, int.MaxValue).Crops;

            var found = new List<string>();
            ReadingState? kept = null;
            for (var leg = 0; leg < 3; leg++)
            {
                var now = options with
                {
                    Batch = Batches[Below(Batches.Length, ref state)],
                    World = Worlds[Below(Worlds.Length, ref state)],
                    Threads = Below(3, ref state),
                    Prefetch = 1 + Below(5, ref state),
                };
                if (kept is not null) now = kept.Continue(corpus.Version.Id, rows, now with { Order = now.Order with { Epoch = 0 } });
                var most = leg == 2 ? int.MaxValue : Below(expected.Count / now.Batch / 2 + 2, ref state);
                var (crops, position, json) = Read(index, corpus, rows, now, source, most);
                found.AddRange(crops);
                Assert.Equal(found.Count, position);
                Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(json), 1, ReadingState.LargestBytes);
                kept = ReadingState.Parse(json);
            }

            Assert.True(expected.SequenceEqual(found), $"Point {point}: order {kind}, epoch {epoch}: {expected.Count} crops, {found.Count} found.");
        }

        Assert.All(whole.Values, crops => Assert.True(crops.Count > 60));
    }

    /// <summary>All ranks in step, as a training loop has them.</summary>
    private static (List<string> Crops, long Position, string State) Read(
        RowGroupIndex index, WrittenCorpus corpus, RowSelection? selection, ReadingOptions options, IRowGroupSource source, int batches)
    {
        var readers = Enumerable.Range(0, options.World)
            .Select(rank => CropReader.Open(index, corpus.Version.Id, selection, options with { Rank = rank }, source)).ToArray();
        var buffers = Array.ConvertAll(readers, reader => reader.CreateBatch());
        var crops = new List<string>();
        for (var number = 0; number < batches; number++)
        {
            var more = readers.Select((reader, rank) => reader.Read(buffers[rank])).Distinct().Single();
            if (!more) break;
            crops.AddRange(buffers.SelectMany(CropReaderTests.Texts));
        }

        var state = readers.Select(reader => reader.State.ToJson()).Distinct().Single();
        var position = readers[0].Position;
        foreach (var buffer in buffers) buffer.Dispose();
        foreach (var reader in readers) reader.Dispose();
        return (crops, position, state);
    }

    private static RowSelection Selection(WrittenCorpus corpus)
    {
        var builder = new RowSelection.Builder();
        for (var group = 0; group < corpus.Groups.Count; group++)
            builder.Add([(group % 3 == 0 ? 0b1101_1011_1110UL : ulong.MaxValue) & (ulong.MaxValue >> 64 - corpus.Groups[group].Length)]);
        return builder.Build();
    }

    private static int Below(int limit, ref ulong state) => (int)(Some.Next(ref state) % (ulong)limit);
}
