using EcgData.Signals;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>Bytes to samples: reads a record's files, checks them and decodes them. The only place that turns an unreadable record into a rejection.</summary>
internal static class ReadStage
{
    public static RecordInWork Read(RecordInWork item, IRecordReader reader)
    {
        if ((item.Rejection = item.Entry.Rejection) is not null) return item;
        try
        {
            var record = reader.Read(item.RecordId, item.Entry);
            item.Record = record;
            item.NativeSamplingFrequencyHz = record.SamplingFrequencyHz;
            item.NativeSamples = record.Frames.Count;
        }
        catch (RecordException e)
        {
            item.Rejection = new Rejection(e.Reason, e.Message);
        }

        return item;
    }
}
