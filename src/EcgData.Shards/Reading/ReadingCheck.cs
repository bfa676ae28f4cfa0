using EcgData.Signals;

namespace EcgData.Shards.Reading;

/// <summary>Options that could be read into a batch at all.</summary>
internal static class ReadingCheck
{
    /// <exception cref="ArgumentException">They contradict themselves; the message names what and gives an example.</exception>
    public static void Check(ReadingOptions options)
    {
        BatchSlices.Check(options.Batch, options.Order.SourceRun);
        Hold(options.World >= 1, "world", options.World, "at least 1");
        Hold(options.Rank >= 0 && options.Rank < options.World, "rank", options.Rank, $"0 to {options.World - 1}, as world is {options.World}");
        Hold(options.From >= 0, "from", options.From, "a position, 0 or more");
        Hold(options.Threads is >= 0 and <= 256, "threads", options.Threads, "0 (the caller's own) to 256");
        Hold(options.Prefetch >= 1, "prefetch", options.Prefetch, "at least 1 batch");
        Hold(options.PrefetchBytes >= 1, "prefetchBytes", options.PrefetchBytes, "at least 1 byte: one batch is always in work");
        Hold(options.Leads.Bits != 0 && options.Leads.Except(LeadSet.All).Bits == 0, "leads", options.Leads.Bits, "one to twelve of the standard leads");
    }

    private static void Hold(bool isTrue, string key, long found, string expected)
    {
        if (!isTrue) throw new ArgumentException($"{key} is {found}; expected is {expected}.");
    }
}
