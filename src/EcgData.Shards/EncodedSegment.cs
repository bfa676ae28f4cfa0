using EcgData.Signals;

namespace EcgData.Shards;

/// <summary>
/// The twelve leads of a segment as finished Parquet data pages, one page per lead, in pooled memory. Pages do not depend on
/// their neighbours, so rows are encoded as they come, by any thread, and put in order by copying.
/// </summary>
public sealed class EncodedSegment : IDisposable
{
    /// <summary>Encodes short[samples] per present lead; an absent lead becomes a page with one null list.</summary>
    public static EncodedSegment Encode(ConditionedRecord record, Segment segment) => throw new NotSupportedException();

    /// <summary>Exact integer sums of the values, for statistics that do not depend on order.</summary>
    public LeadSums Sums => throw new NotSupportedException();

    /// <summary>Bytes of memory held.</summary>
    public long SizeBytes => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
