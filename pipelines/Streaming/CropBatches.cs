using System.Runtime.CompilerServices;
using EcgData.Consumers;
using EcgData.Shards;
using EcgData.Shards.Reading;

namespace EcgData.Pipelines.Streaming;

/// <summary>Crops as consumers see them: a batch is a view of the reader's memory, nothing is copied but ids and metadata.</summary>
internal static class CropBatches
{
    /// <summary>Every batch of a reader, each valid until the next is asked for.</summary>
    /// <param name="reader">Disposed of at the end.</param>
    /// <exception cref="CorpusException">A row group is damaged or missing.</exception>
    public static async IAsyncEnumerable<EcgBatch> ReadAsync(CropReader reader, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        using var open = reader;
        using var batch = reader.CreateBatch();
        using IDisposable millivolt = new NativeView<float>(), leadMask = new NativeView<float>(), gapMask = new NativeView<byte>();
        var state = reader.State;   // what does not change of it is hashed once
        while (Read(reader, batch, cancel))
        {
            state = state with { Position = reader.Position };
            yield return View(batch, (NativeView<float>)millivolt, (NativeView<float>)leadMask, (NativeView<byte>)gapMask, state);
        }

        await Task.CompletedTask;
    }

    private static bool Read(CropReader reader, CropBatch batch, CancellationToken cancel)
    {
        try
        {
            return reader.Read(batch, cancel);
        }
        catch (InvalidDataException e)
        {
            throw new CorpusException(e.Message, e);
        }
    }

    private static unsafe EcgBatch View(
        CropBatch batch, NativeView<float> millivolt, NativeView<float> leadMask, NativeView<byte> gapMask, ReadingState state)
    {
        var count = batch.Count;
        millivolt.Show(batch.MillivoltPointer, count * batch.Leads * batch.Samples);
        leadMask.Show(batch.LeadMaskPointer, count * batch.Leads);
        gapMask.Show(batch.GapMaskPointer, count * batch.Leads * batch.Samples);
        var (positions, records, segments, starts) = (new long[count], new string[count], new int[count], new int[count]);
        var metadata = count > 0 && batch.Metadata(0) is not null ? new CropMetadata[count] : null;
        for (var crop = 0; crop < count; crop++)
        {
            positions[crop] = batch.Position(crop);
            records[crop] = batch.RecordId(crop);
            segments[crop] = batch.Segment(crop);
            starts[crop] = batch.StartSample(crop);
            if (metadata is not null) metadata[crop] = MetadataOf(batch.Metadata(crop)!);
        }

        return new EcgBatch
        {
            Count = count,
            Leads = batch.Leads,
            Samples = batch.Samples,
            Millivolt = millivolt.Memory,
            LeadMask = leadMask.Memory,
            GapMask = gapMask.Memory,
            Positions = positions,
            RecordIds = records,
            Segments = segments,
            Starts = starts,
            Metadata = metadata,
            NextPosition = state.Position,
            State = state.ToJson(),
        };
    }

    private static CropMetadata MetadataOf(SegmentMetadata segment) => new()
    {
        Source = segment.Source,
        Site = segment.Site,
        Licence = segment.Licence,
        Patient = segment.Patient,
        AgeYears = segment.AgeYears,
        Sex = segment.Sex,
        Fold = segment.Fold,
        Labels = segment.Labels,
        LabelWeights = segment.LabelWeights,
    };
}
