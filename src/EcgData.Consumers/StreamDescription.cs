namespace EcgData.Consumers;

/// <summary>What a stream consists of: the same for every batch of it.</summary>
public sealed record StreamDescription
{
    /// <summary>Id of the corpus version that is read.</summary>
    public required string Version { get; init; }

    /// <summary>Digest of the subset's record list; null where the whole version is read.</summary>
    public string? Subset { get; init; }

    /// <summary>Names of the leads, in the order of a batch's lead axis: I, II, III, aVR, aVL, aVF, V1 to V6, or some of them in this order.</summary>
    public required IReadOnlyList<string> Leads { get; init; }

    /// <summary>Samples per second and lead, Hz.</summary>
    public required double SamplingFrequencyHz { get; init; }

    /// <summary>Samples of each lead of a crop.</summary>
    public required int CropSamples { get; init; }

    /// <summary>Crops in a global batch, all ranks together; the last may have fewer.</summary>
    public required int Batch { get; init; }

    /// <summary>Decides order and crops, together with the epoch.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Counts from 0.</summary>
    public required int Epoch { get; init; }

    /// <summary>Which slice of every global batch comes here, from 0.</summary>
    public int Rank { get; init; }

    /// <summary>Into how many slices a global batch is cut.</summary>
    public int World { get; init; } = 1;

    /// <summary>Items of the epoch, all ranks together. An item is what <see cref="Unit"/> says.</summary>
    public required long Items { get; init; }

    /// <summary><c>record</c> (one segment of each is drawn) or <c>segment</c>.</summary>
    public string Unit { get; init; } = "record";

    /// <summary>Whether the items come shuffled; else in stored order.</summary>
    public bool Shuffled { get; init; } = true;

    /// <summary>Whether batches carry <see cref="EcgBatch.Metadata"/>.</summary>
    public bool HasMetadata { get; init; }

    /// <summary>Position that the user asked to start from; null where the consumer decides.</summary>
    public long? From { get; init; }
}
