namespace EcgData.Shards;

/// <summary>Names of a corpus's objects.</summary>
public static class CorpusPaths
{
    /// <summary>Holds the id of the current version; written last.</summary>
    public const string Head = "HEAD";

    /// <summary>Erased patients and withdrawn versions.</summary>
    public const string Erasures = "erasures.json";

    public const string Receipts = "receipts/";

    public const string History = "history/";

    public const string Versions = "versions/";

    public const string Shards = "shards/";

    /// <summary>An empty object for each version that must stay.</summary>
    public const string Pins = "pins/";

    public static string Manifest(string versionId) => $"{Versions}{versionId}/manifest.json";

    public static string Catalogue(string versionId) => $"{Versions}{versionId}/catalogue.parquet";

    public static string RowGroups(string versionId) => $"{Versions}{versionId}/rowgroups.parquet";

    public static string Croissant(string versionId) => $"{Versions}{versionId}/croissant.json";

    public static string DataCard(string versionId) => $"{Versions}{versionId}/README.md";

    public static string Shard(string source, string sha256) => $"{Shards}{source}/{sha256}.parquet";

    public static string Pin(string versionId) => $"{Pins}{versionId}";

    public static string Receipt(string inputDigest) => $"{Receipts}{inputDigest}.json";

    public static string HistoryEntry(int number) => $"{History}{number:D6}.json";

    /// <summary>What the build did and cost, for machines.</summary>
    public static string RunReport(int number) => $"{History}{number:D6}.report.json";

    /// <summary>The same as a page.</summary>
    public static string RunPage(int number) => $"{History}{number:D6}.html";

    /// <summary>Whether an object below <see cref="History"/> is a build's entry, and not its report.</summary>
    public static bool IsHistoryEntry(string name) =>
        name.EndsWith(".json", StringComparison.Ordinal) && int.TryParse(name.AsSpan()[History.Length..^".json".Length], out _);
}
