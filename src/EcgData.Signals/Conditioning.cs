namespace EcgData.Signals;

/// <summary>Turns a record as its source publishes it into segments as the corpus stores them.</summary>
public static class Conditioning
{
    /// <summary>Version of what <see cref="Condition"/> computes; part of every input digest. Raise it when one stored bit may change.</summary>
    public const int ProcessingVersion = 1;

    /// <param name="record">The source's samples. Its frames may be changed in place.</param>
    /// <param name="clipMillivolt">The source's clipping bound, millivolt; at most the storage bound.</param>
    public static ConditionedRecord Condition(EcgRecord record, double clipMillivolt, ConditioningOptions options) =>
        throw new NotSupportedException();
}
