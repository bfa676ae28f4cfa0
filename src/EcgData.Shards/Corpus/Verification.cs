namespace EcgData.Shards;

/// <summary>What a verification found.</summary>
/// <param name="Version">The version that was verified.</param>
/// <param name="Checks">How many single statements were found true or false.</param>
/// <param name="Problems">The false ones, in the order of the version.</param>
public sealed record VerificationReport(string Version, long Checks, long Shards, long Rows, IReadOnlyList<VerificationProblem> Problems)
{
    public bool Holds => Problems.Count == 0;
}

/// <param name="Subject">The object that is not as it should be.</param>
/// <param name="Message">What was found, what was expected, what to do.</param>
public sealed record VerificationProblem(string Subject, string Message);

/// <summary>How much is read.</summary>
public enum VerificationDepth
{
    /// <summary>Documents, tables, and the checksum of every shard and row group.</summary>
    Bytes,

    /// <summary>Every value of every shard too: statistics, order, ranks, labels and what the catalogue says of each record.</summary>
    Signals,
}
