using EcgData.Signals;

namespace EcgData.Ingest;

/// <summary>Samples to segments: fills gaps, screens, clips, resamples and cuts; or says why the record is turned away.</summary>
internal static class ConditionStage
{
    public static RecordInWork Condition(RecordInWork item, double clipMillivolt, ConditioningOptions options)
    {
        if (item.Record is null) return item;
        var conditioned = Conditioning.Condition(item.Record, clipMillivolt, options);
        item.Record.Dispose();
        item.Record = null;
        item.Conditioned = conditioned;
        item.Flags = conditioned.Flags;
        item.Rejection = conditioned.Rejection;
        return item;
    }
}
