using EcgData.Models;
using EcgData.Models.Encoders;
using EcgData.Shards;
using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;
using EcgData.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Evaluation;

/// <summary>Runs an encoder over all crops that do not overlap, in stored order.</summary>
public static class Embeddings
{
    /// <param name="encoder">In eval mode, on the device.</param>
    /// <param name="input">What its input was scaled by in pretraining.</param>
    /// <param name="reader">From <see cref="Open"/>.</param>
    /// <param name="batch">The reader's.</param>
    /// <returns>An embedding of each crop, as they are computed.</returns>
    public static IEnumerable<EmbeddingRow> Of(
        Encoder encoder, InputScaling input, CropReader reader, int batch, Device device, CancellationToken cancel = default)
    {
        using var crops = reader.CreateBatch();
        using var tensors = new BatchTensors(batch, crops.Leads, crops.Samples, device);
        while (reader.Read(crops, cancel))
        {
            var values = Encode(encoder, input, tensors, crops);
            for (var crop = 0; crop < crops.Count; crop++)
            {
                yield return new EmbeddingRow(
                    crops.RecordId(crop), crops.Segment(crop), crops.StartSample(crop), values[(crop * encoder.Width)..((crop + 1) * encoder.Width)]);
            }
        }
    }

    /// <summary>A reader of all crops that do not overlap, in stored order.</summary>
    public static CropReader Open(
        RowGroupIndex index, string versionId, RowSelection? rows, IRowGroupSource source, double cropSeconds, int batch, CancellationToken cancel = default)
    {
        var order = new OrderOptions { Ordered = true, Unit = ItemUnit.Segment, Crops = CropPlacement.Consecutive, CropSeconds = cropSeconds };
        return CropReader.Open(index, versionId, rows, new ReadingOptions { Order = order, Batch = batch }, source, cancel);
    }

    private static float[] Encode(Encoder encoder, InputScaling input, BatchTensors tensors, CropBatch crops)
    {
        using var uncollected = NoCollection.Begin();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var tokens = encoder.forward(input.Apply(tensors.Millivolt(crops)));                  // [batch, tokens, width]
        return tokens.mean([1]).cpu().data<float>().ToArray();
    }
}
