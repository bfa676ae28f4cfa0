using System.Diagnostics;
using System.Globalization;
using EcgData.Shards;
using EcgData.Storage;

namespace EcgData.Benchmarks;

/// <summary>
/// `ecgdata subset` as a whole process over a synthetic catalogue of any size, page cache warm. It measures and judges nothing.
/// </summary>
internal static class SubsetBenchmark
{
    private static readonly (string What, string[] Options)[] Cases =
    [
        ("default seed, five rungs", ["--sizes", "18k,45k,106k,753k,all"]),
        ("other seed, five rungs", ["--sizes", "18k,45k,106k,753k,all", "--seed", "1"]),
        ("condition on fold and source", ["--sizes", "18k,all", "--where", "fold!=10", "--where", "source!=ptb-xl"]),
        ("quota and evaluation excluded", ["--sizes", "18k,106k", "--quota", "sex=female:0.5,male:0.5", "--exclude-evaluation", "ptb-xl:9,10"]),
        ("condition on labels", ["--sizes", "18k", "--where", "labels=12sl:19"]),
    ];

    /// <param name="arguments">--records N (1000000), --folder DIR: where the catalogue lies, and stays.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var records = int.Parse(Value(arguments, "--records") ?? "1000000", CultureInfo.InvariantCulture);
        var folder = Value(arguments, "--folder") ?? Path.Join(Path.GetTempPath(), "ecgdata-bench-subset");
        var ecgdata = PublishedProgram.Path;
        var corpus = Path.Join(folder, $"corpus-{records}");
        if (!File.Exists(Path.Join(corpus, CorpusPaths.Head)))
        {
            var clock = Stopwatch.StartNew();
            await SyntheticCatalogue.WriteAsync(new CorpusStore(new LocalObjectStore(corpus)), records);
            Console.Error.WriteLine($"{corpus}: catalogue of {records} records in {clock.Elapsed.TotalSeconds:f0} s");
        }

        Console.WriteLine("subset of                        | seconds | CPU s | peak MiB | bytes written");
        foreach (var (what, options) in Cases)
        {
            var output = Path.Join(folder, "out");
            if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
            var run = MeasuredProcess.Run(ecgdata, ["subset", corpus, "--out", output, "--quiet", "--json", .. options]);
            var bytes = new DirectoryInfo(output).EnumerateFiles().Sum(file => file.Length);
            Console.WriteLine($"{what,-32} | {run.Seconds,7:f2} | {run.ProcessorSeconds,5:f2} | {run.PeakMemoryBytes / 1048576.0,8:f0} | {bytes,13}");
        }

        Console.WriteLine($"{records} records; {Environment.ProcessorCount} cores");
        return 0;
    }

    private static string? Value(IReadOnlyList<string> arguments, string name)
    {
        var at = arguments.ToList().IndexOf(name);
        return at >= 0 && at + 1 < arguments.Count ? arguments[at + 1] : null;
    }
}
