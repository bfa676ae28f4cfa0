namespace EcgData.Shards.Reading;

/// <summary>
/// Which positions of the reading order make up a global batch, and which of them are a rank's. A batch is known by the position
/// at which it begins, not by a number: going on from any position, with another batch size or world, repeats and loses nothing.
/// </summary>
public static class BatchSlices
{
    /// <summary>Items of the global batch that begins at <paramref name="from"/>; 0 at the end of the epoch.</summary>
    /// <param name="items">Items of the reading order.</param>
    /// <param name="batch">Largest size.</param>
    /// <param name="run">Length of the order's runs of one source, whose borders no batch crosses; 0 where there are none.</param>
    public static int SizeAt(long from, long items, int batch, int run = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, items);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        ArgumentOutOfRangeException.ThrowIfNegative(run);
        var left = Math.Min(batch, items - from);
        return (int)(run == 0 ? left : Math.Min(left, run - from % run));
    }

    /// <summary>A rank's part of the global batch that begins at <paramref name="from"/>: consecutive positions, as many as any other rank's or one more or less.</summary>
    /// <returns>The first position, and how many; 0 where the batch has fewer items than the world has ranks.</returns>
    public static (long First, int Count) SliceOf(long from, long items, int batch, int rank, int world, int run = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(world);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, world);
        var size = (long)SizeAt(from, items, batch, run);
        var (start, end) = (size * rank / world, size * (rank + 1) / world);
        return (from + start, (int)(end - start));
    }

    /// <summary>Where an epoch that goes on from <paramref name="from"/> ends if its last batch is left out for being short; what lies behind is lost.</summary>
    public static long EndWithoutShortBatch(long from, long items, int batch, int run = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, items);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        return run == 0 ? items - (items - from) % batch : items;   // runs are whole batches, and the last run is a whole one
    }

    /// <summary>Refuses a batch size that does not divide the order's runs.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static void Check(int batch, int run)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        if (run == 0 || run % batch == 0) return;
        throw new ArgumentException(
            $"batch is {batch}; batches of one source are cut from runs of {run} items, which it must divide. Set sourceRun to a multiple of {batch}.",
            nameof(batch));
    }
}
