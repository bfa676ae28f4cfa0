using System.Diagnostics;
using EcgData.Shards.Reading;
using EcgData.Storage;

namespace EcgData.Shards.Tests.Reading;

/// <summary>A process that reads through a cache: this program, begun with a variable that says so.</summary>
internal static class CacheReader
{
    private const string Variable = "ECGDATA_TEST_CACHE_READER";

    /// <param name="epochs">0: until it is killed.</param>
    public static Process Start(WrittenCorpus corpus, string cache, long budgetBytes, int epochs, int seed)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet", [typeof(CacheReader).Assembly.Location])
        {
            RedirectStandardOutput = true,
            Environment = { [Variable] = string.Join('|', corpus.PathOf(""), corpus.Version.Id, cache, budgetBytes, epochs, seed) },
        };
        return Process.Start(start)!;
    }

    /// <summary>All crops of an epoch in a line each; also what the process prints the hash of.</summary>
    public static async Task<List<string>> EpochAsync(CorpusStore corpus, VersionManifest version, IRowGroupSource? source, int seed)
    {
        var options = new ReadingOptions { Order = new OrderOptions { CropSeconds = 0.5, Seed = (ulong)seed, OpenRowGroups = 4 }, Batch = 16 };
        using var reader = await CropReader.OpenAsync(corpus, version, null, options, source);
        using var batch = reader.CreateBatch();
        var lines = new List<string>();
        while (reader.Read(batch)) lines.AddRange(CropReaderTests.Texts(batch));
        return lines;
    }

    public static string HashOf(IEnumerable<string> lines) =>
        Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines))));

    public static bool IsAsked => Environment.GetEnvironmentVariable(Variable) is not null;

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync()
    {
        var parts = Environment.GetEnvironmentVariable(Variable)!.Split('|');
        await RunAsync(parts[0], parts[1], parts[2], long.Parse(parts[3]), int.Parse(parts[4]), int.Parse(parts[5]));
        return 0;
    }

    private static async Task RunAsync(string folder, string versionId, string cache, long budgetBytes, int epochs, int seed)
    {
        var corpus = new CorpusStore(new LocalObjectStore(folder));
        var version = await corpus.ReadManifestAsync(versionId);
        using var source = new RowGroupCache(new RemoteStore(corpus.Objects), cache, budgetBytes, TimeProvider.System);
        for (var epoch = 0; epochs == 0 || epoch < epochs; epoch++) Console.WriteLine(HashOf(await EpochAsync(corpus, version, source, seed)));
        Console.WriteLine(source.Counts);
    }
}
