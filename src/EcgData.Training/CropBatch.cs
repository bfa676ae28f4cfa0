using EcgData.Models;
using EcgData.Shards;
using EcgData.Signals;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Training;

/// <summary>The crops of one step as tensors. The caller disposes of it.</summary>
public sealed class CropBatch : IDisposable
{
    private const float MillivoltPerMicrovolt = 0.001f;

    private CropBatch(Tensor millivolt, Tensor present) => (Millivolt, Present) = (millivolt, present);

    /// <summary>float[batch, 12, samples] in millivolt; an absent lead is 0.</summary>
    public Tensor Millivolt { get; }

    /// <summary>float[batch, 12], 1 where the record has the lead.</summary>
    public Tensor Present { get; }

    /// <summary>Cuts one crop out of each row; where it starts follows from seed, epoch, record and segment, not from the batch.</summary>
    /// <param name="rows">Rows of at least <paramref name="samples"/> samples, all at one sampling frequency.</param>
    /// <exception cref="ArgumentOutOfRangeException">A row is shorter than the crop.</exception>
    public static CropBatch Create(IReadOnlyList<StoredSegment> rows, int samples, ulong seed, int epoch)
    {
        var millivolt = new float[rows.Count * Montage.LeadCount * samples];
        var present = new float[rows.Count * Montage.LeadCount];
        for (var row = 0; row < rows.Count; row++)
        {
            var start = StartOf(rows[row], samples, seed, epoch);
            for (var lead = 0; lead < Montage.LeadCount; lead++)
            {
                if (rows[row].Leads[lead] is not { } microvolt) continue;
                var index = row * Montage.LeadCount + lead;
                present[index] = 1;
                var crop = millivolt.AsSpan(index * samples, samples);
                for (var i = 0; i < samples; i++) crop[i] = microvolt[start + i] * MillivoltPerMicrovolt;
            }
        }

        return new CropBatch(tensor(millivolt, [rows.Count, Montage.LeadCount, samples]), tensor(present, [rows.Count, Montage.LeadCount]));
    }

    /// <summary>First sample of the crop in its segment.</summary>
    internal static int StartOf(StoredSegment row, int samples, ulong seed, int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(row.Samples, samples);
        var key = KeyedRandom.Combine(KeyedRandom.Combine(seed, (ulong)epoch), KeyedRandom.KeyOf(row.RecordId));
        var random = new KeyedRandom(KeyedRandom.Combine(key, (ulong)row.Segment));
        return random.NextIndex(row.Samples - samples + 1);
    }

    public void Dispose()
    {
        Millivolt.Dispose();
        Present.Dispose();
    }
}
