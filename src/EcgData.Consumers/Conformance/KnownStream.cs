namespace EcgData.Consumers.Conformance;

/// <summary>
/// A stream whose every value follows from its position by whole-number arithmetic: leads that are missing, gaps, texts beyond ASCII,
/// labels of none, one and two. Not shuffled. For tests of consumers and readers, in this package and out of it.
/// </summary>
public sealed record KnownStream
{
    private static readonly string[] Montage = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];

    /// <summary>Items of the epoch.</summary>
    public int Items { get; init; } = 23;

    /// <summary>Crops in a batch; the last one has fewer unless it divides <see cref="Items"/>.</summary>
    public int Batch { get; init; } = 5;

    /// <summary>Leads, the montage's first ones.</summary>
    public int Leads { get; init; } = Montage.Length;

    /// <summary>Samples of each lead.</summary>
    public int Samples { get; init; } = 600;

    /// <summary>Whether batches carry metadata.</summary>
    public bool Metadata { get; init; }

    /// <summary>Position that the user asks for.</summary>
    public long? From { get; init; }

    /// <summary>What a consumer is told of it.</summary>
    public StreamDescription Description => new()
    {
        Version = "known",
        Subset = "0123456789abcdef",
        Leads = Montage[..Leads],
        SamplingFrequencyHz = 240,
        CropSamples = Samples,
        Batch = Batch,
        Seed = 7,
        Epoch = 0,
        Items = Items,
        Shuffled = false,
        HasMetadata = Metadata,
        From = From,
    };

    /// <summary>The value of a sample in millivolt: within ±2, a whole number of microvolt.</summary>
    public static float Millivolt(long position, int lead, int sample) =>
        IsMissing(position, lead) ? 0 : ((position * 37 + lead * 11 + sample * 5) % 4001 - 2000) / 1000f;

    /// <summary>Whether the source of an item has no such lead.</summary>
    public static bool IsMissing(long position, int lead) => (position + lead) % 13 == 12;

    /// <summary>Whether a sample was missing and filled: three samples of one lead of every fourth item.</summary>
    public static bool IsGap(long position, int lead, int sample) => position % 4 == 1 && lead == position % Montage.Length && sample is >= 2 and < 5;

    /// <summary>The record of an item.</summary>
    public static string RecordId(long position) => $"known/{position + 1}";

    /// <summary>The batches from a position on, all in the same memory: each is spoilt once the next is asked for.</summary>
    public IEnumerable<EcgBatch> Batches(long from)
    {
        var millivolt = new float[Batch * Leads * Samples];
        var leadMask = new float[Batch * Leads];
        var gapMask = new byte[Batch * Leads * Samples];
        for (var position = from; position < Items;)
        {
            var count = (int)Math.Min(Batch, Items - position);
            yield return Fill(position, count, millivolt, leadMask, gapMask);
            // whoever kept the memory finds that it is no longer theirs
            Array.Fill(millivolt, float.NaN);
            Array.Fill(leadMask, float.NaN);
            Array.Fill(gapMask, byte.MaxValue);
            position += count;
        }
    }

    private EcgBatch Fill(long position, int count, float[] millivolt, float[] leadMask, byte[] gapMask)
    {
        var index = 0;
        for (var crop = 0; crop < count; crop++)
        {
            for (var lead = 0; lead < Leads; lead++)
            {
                leadMask[crop * Leads + lead] = IsMissing(position + crop, lead) ? 0 : 1;
                for (var sample = 0; sample < Samples; sample++, index++)
                {
                    millivolt[index] = Millivolt(position + crop, lead, sample);
                    gapMask[index] = IsGap(position + crop, lead, sample) ? (byte)1 : (byte)0;
                }
            }
        }

        var positions = Enumerable.Range(0, count).Select(crop => position + crop).ToArray();
        return new EcgBatch
        {
            Count = count,
            Leads = Leads,
            Samples = Samples,
            Millivolt = millivolt.AsMemory(0, count * Leads * Samples),
            LeadMask = leadMask.AsMemory(0, count * Leads),
            GapMask = gapMask.AsMemory(0, count * Leads * Samples),
            Positions = positions,
            RecordIds = [.. positions.Select(RecordId)],
            Segments = positions.Select(at => (int)(at % 3)).ToArray(),
            Starts = positions.Select(at => (int)(at * 7 % 100)).ToArray(),
            Metadata = Metadata ? [.. positions.Select(MetadataOf)] : null,
            NextPosition = position + count,
            State = $$"""{"version":"known","position":{{position + count}}}""",
        };
    }

    private static CropMetadata MetadataOf(long position) => new()
    {
        Source = "known@1",
        Site = position % 2 == 0 ? null : "São Paulo",
        Licence = "CC0-1.0",
        Patient = $"patient {position / 2}",
        AgeYears = position % 5 == 0 ? null : 20 + position % 70,
        Sex = position % 3 == 0 ? null : "female",
        Fold = (int)(position % 10) + 1,
        Labels = [.. new[] { "known:α", "known:beta" }.Take((int)(position % 3))],
        LabelWeights = [.. new[] { 1f, 0.5f }.Take((int)(position % 3))],
    };
}
