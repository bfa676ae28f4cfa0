using EcgData.Shards.Reading;

namespace EcgData.Shards.Tests.Reading;

/// <summary>Counts what the caller's thread and the reader's own allocate; what other tests do at the same time does not count.</summary>
public sealed class CropReaderGarbageTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Read_ThousandBatchesWithoutARowGroupOpened_AllocatesNothing(int threads)
    {
        // A row group of 8 rows of 65,600 samples, read through consecutive crops of four samples.
        using var corpus = await WrittenCorpus.CreateAsync([("a", WrittenCorpus.Rows(0, 8, 65_600))]);
        var options = new ReadingOptions
        {
            Order = new OrderOptions { CropSeconds = 4.0 / 240, Crops = CropPlacement.Consecutive, Unit = ItemUnit.Segment, OpenRowGroups = 4 },
            Batch = 16,
            Threads = threads,
        };
        using var reader = await corpus.OpenAsync(options);
        using var batch = reader.CreateBatch();
        for (var warm = 0; warm < 200; warm++) Assert.True(reader.Read(batch));
        var before = reader.Times.Total;
        var mine = GC.GetAllocatedBytesForCurrentThread();

        for (var number = 0; number < 1000; number++) reader.Read(batch);

        mine = GC.GetAllocatedBytesForCurrentThread() - mine;
        var after = reader.Times.Total;
        Assert.Equal(16, batch.Count);
        Assert.Equal(before.RowGroups, after.RowGroups);
        Assert.True(after.Crops - before.Crops > 15_000 && before.Garbage > 0);
        Assert.Equal((0, 0), (mine, after.Garbage - before.Garbage));
    }
}
