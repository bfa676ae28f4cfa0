namespace EcgData.Benchmarks;

/// <summary>How well a reading order mixes, counted on the order itself; the same for everybody and on every machine.</summary>
/// <param name="NextEntropy">
/// Entropy of |difference between the stored positions of successive items|, over that of a uniform permutation. 1: as good as it gets.
/// </param>
/// <param name="DistinctPerBatch">Different shards in a batch of 64, on average.</param>
/// <param name="FirstPercentile">A batch in a hundred has fewer.</param>
/// <param name="DistinctPer16Batches">Different shards in 1,024 successive items, on average.</param>
public sealed record ShuffleQuality(double NextEntropy, double DistinctPerBatch, int FirstPercentile, double DistinctPer16Batches)
{
    private const int Batch = 64;

    /// <param name="stored">int[items]: place of each item in stored order, in the order of reading.</param>
    /// <param name="shardOf">Shard of a place in stored order.</param>
    public static ShuffleQuality Of(int[] stored, Func<int, int> shardOf)
    {
        var uniform = Enumerable.Range(0, stored.Length).ToArray();
        var state = 1UL;
        for (var last = uniform.Length - 1; last > 0; last--)
        {
            state = state * 6364136223846793005 + 1442695040888963407;   // Knuth's MMIX generator, of which the upper half is used
            var other = (int)((state >> 32) * (ulong)(last + 1) >> 32);
            (uniform[last], uniform[other]) = (uniform[other], uniform[last]);
        }

        var shards = Array.ConvertAll(stored, place => shardOf(place));
        var batches = Distinct(shards, Batch);
        Array.Sort(batches);
        return new ShuffleQuality(
            Entropy(stored) / Entropy(uniform), batches.Average(), batches[batches.Length / 100], Distinct(shards, 16 * Batch).Average());
    }

    private static int[] Distinct(int[] shards, int length) =>
        [.. Enumerable.Range(0, shards.Length / length).Select(batch => shards.AsSpan(batch * length, length).ToArray().Distinct().Count())];

    private static double Entropy(int[] stored)
    {
        var counts = new int[stored.Length];
        for (var index = 1; index < stored.Length; index++) counts[Math.Abs(stored[index] - stored[index - 1])]++;
        return -counts.Where(count => count > 0).Sum(count => (double)count / (stored.Length - 1) * Math.Log2((double)count / (stored.Length - 1)));
    }
}
