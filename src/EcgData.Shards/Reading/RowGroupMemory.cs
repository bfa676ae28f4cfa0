namespace EcgData.Shards.Reading;

/// <summary>
/// Blocks for open row groups, kept from one reader for the next: an epoch that follows another would else fault its 130 MiB in page by
/// page again. The blocks of a reader are of one size, that of its largest row group, so that each fits whatever comes.
/// </summary>
internal static class RowGroupMemory
{
    private const long KeptBytes = 160L << 20;   // of 64 row groups and a few ahead
    private const int Step = 64 << 10;

    private static readonly Lock Gate = new();
    private static readonly List<NativeBytes> Free = [];
    private static long _kept;

    public static NativeBytes Rent(int bytes)
    {
        lock (Gate)
        {
            for (var index = Free.Count - 1; index >= 0; index--)
            {
                var block = Free[index];
                if (block.Capacity < bytes || block.Capacity > 2L * bytes + Step) continue;
                Free.RemoveAt(index);
                _kept -= block.Capacity;
                return block;
            }
        }

        return new NativeBytes(((long)bytes + Step - 1) / Step * Step, isCleared: false);
    }

    public static void Return(NativeBytes block)
    {
        lock (Gate)
        {
            if (_kept + block.Capacity <= KeptBytes)
            {
                Free.Add(block);
                _kept += block.Capacity;
                return;
            }
        }

        block.Dispose();
    }
}
