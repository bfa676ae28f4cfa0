using CsCheck;
using EcgData.Shards.Reading;

namespace EcgData.Shards.Tests.Reading;

public sealed class BatchSlicesTests
{
    /// <summary>An epoch in stretches of so many batches, each with a batch size and a world of its own.</summary>
    private static readonly Gen<(int Batch, int World, int Batches)[]> Stretches =
        Gen.Select(Gen.Int[1, 70], Gen.Int[1, 9], Gen.Int[0, 9]).Array[1, 8];

    [Fact]
    public void Slices_OfAnyBatchSizesAndWorlds_AreEveryPositionOnceAndInOrder() => Gen.Select(Gen.Int[0, 2000], Stretches).Sample(
        (items, stretches) => Assert.Equal(Enumerable.Range(0, items).Select(position => (long)position), Positions(items, stretches, run: 0).SelectMany(batch => batch)),
        iter: 2000);

    [Fact]
    public void Slices_OfRuns_CrossNoBorderOfARun() => Gen.Select(Gen.Int[0, 30], Gen.Int[1, 60], Stretches).Sample(
        (runs, run, stretches) =>
        {
            var batches = Positions(runs * run, stretches, run);
            Assert.Equal(Enumerable.Range(0, runs * run).Select(position => (long)position), batches.SelectMany(batch => batch));
            Assert.All(batches, batch => Assert.Equal(batch[0] / run, batch[^1] / run));
        },
        iter: 2000);

    [Fact]
    public void Slices_OfABatch_DifferByOneAtMost() => Gen.Select(Gen.Int[1, 500], Gen.Int[1, 100], Gen.Int[1, 9]).Sample((items, batch, world) =>
    {
        var counts = Enumerable.Range(0, world).Select(rank => BatchSlices.SliceOf(0, items, batch, rank, world).Count).ToArray();
        Assert.InRange(counts.Max() - counts.Min(), 0, 1);
        Assert.Equal(Math.Min(items, batch), counts.Sum());
    });

    [Theory]
    [InlineData(0, 100, 30, 90)]
    [InlineData(10, 100, 30, 100)]
    [InlineData(95, 100, 30, 95)]
    [InlineData(0, 20, 30, 0)]
    [InlineData(100, 100, 30, 100)]
    public void End_WithoutAShortBatch_LeavesOutWhatFillsNone(long from, long items, int batch, long end) =>
        Assert.Equal(end, BatchSlices.EndWithoutShortBatch(from, items, batch));

    [Fact]
    public void Batch_ThatDoesNotDivideTheRun_IsRefused()
    {
        BatchSlices.Check(32, 64);
        BatchSlices.Check(48, 0);
        var error = Assert.Throws<ArgumentException>(() => BatchSlices.Check(48, 64));
        Assert.StartsWith("batch is 48", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 10, 4, 0, 1)]
    [InlineData(11, 10, 4, 0, 1)]
    [InlineData(0, 10, 0, 0, 1)]
    [InlineData(0, 10, 4, 1, 1)]
    [InlineData(0, 10, 4, -1, 1)]
    [InlineData(0, 10, 4, 0, 0)]
    public void Slice_OfNonsense_IsOutOfRange(long from, long items, int batch, int rank, int world) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BatchSlices.SliceOf(from, items, batch, rank, world));

    /// <summary>What all ranks read, batch by batch; the last stretch goes on to the end.</summary>
    private static List<List<long>> Positions(int items, (int Batch, int World, int Batches)[] stretches, int run)
    {
        var batches = new List<List<long>>();
        var from = 0L;
        for (var stretch = 0; stretch < stretches.Length; stretch++)
        {
            var (batch, world, count) = stretches[stretch];
            for (; from < items && (count > 0 || stretch == stretches.Length - 1); count--)
            {
                var positions = new List<long>();
                for (var rank = 0; rank < world; rank++)
                {
                    var (first, length) = BatchSlices.SliceOf(from, items, batch, rank, world, run);
                    for (var position = first; position < first + length; position++) positions.Add(position);
                }

                batches.Add(positions);
                from += BatchSlices.SizeAt(from, items, batch, run);
            }
        }

        return batches;
    }
}
