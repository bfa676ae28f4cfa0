using System.Globalization;

namespace EcgData.Benchmarks;

/// <summary>
/// `ecgdata build` as a whole process against peers/peer_ingest.py: the same synthetic PTB-XL tree, page cache warm, runs of the two
/// taking turns so that a busy machine hits both. It measures and judges nothing: the exit code is 0 whatever the numbers.
/// </summary>
internal static class IngestBenchmark
{
    // Debian's own interpreter, whose NumPy and SciPy `make bench` installs; another python3 first in PATH may have neither.
    private const string Python = "/usr/bin/python3";

    /// <param name="arguments">--records N (4000), --pairs N (5), --keep: leave the folder in place.</param>
    public static int Run(IReadOnlyList<string> arguments)
    {
        var records = Number(arguments, "--records", 4000);
        var pairs = Number(arguments, "--pairs", 5);
        var root = Root();
        var ecgdata = PublishedProgram.Path;
        var peer = Path.Join(root, "tests", "EcgData.Benchmarks", "peers", "peer_ingest.py");
        var work = Directory.CreateTempSubdirectory("ecgdata-bench-").FullName;
        try
        {
            var tree = Path.Join(work, "tree");
            Console.Error.WriteLine($"{records} synthetic records into {tree}");
            MeasuredProcess.Run(
                ecgdata, "synth", tree, "--source", "ptb-xl", "--records", Text(records), "--seed", "1", "--defects", "0", "--quiet");
            Console.Error.WriteLine($"page cache: {ReadAll(tree) / 1e6:f0} MB read");

            var rows = new List<Pair>(pairs);
            Console.WriteLine("pair | ecgdata s | records/s | peer s | records/s | ratio | ecgdata peak MiB");
            for (var number = 1; number <= pairs; number++)
            {
                var corpus = Path.Join(work, $"corpus-{number}");
                Settle();
                var ours = MeasuredProcess.Run(ecgdata, "build", "--corpus", corpus, "--source", $"ptb-xl={tree}", "--quiet");
                Settle();
                var theirs = MeasuredProcess.Run(Python, peer, tree, Path.Join(work, "peer.f32"), "--procs", "2");
                var row = new Pair(ours, theirs, ShardBytes(corpus));
                rows.Add(row);
                Console.WriteLine(
                    $"{number,4} | {ours.Seconds,9:f2} | {records / ours.Seconds,9:f0} | {theirs.Seconds,6:f2} | {records / theirs.Seconds,9:f0} | " +
                    $"{row.Ratio,5:f2} | {ours.PeakMemoryBytes / 1048576.0,16:f0}");
                Directory.Delete(corpus, recursive: true);
            }

            Console.WriteLine(
                $"median: {records / Median(rows, row => row.Ours.Seconds):f0} records/s, peer {records / Median(rows, row => row.Theirs.Seconds):f0} records/s, " +
                $"ratio {Median(rows, row => row.Ratio):f2}; peak {rows.Max(row => row.Ours.PeakMemoryBytes) / 1048576.0:f0} MiB; " +
                $"{rows[0].ShardBytes / (double)records:f0} bytes in shards per record; {Environment.ProcessorCount} cores");
            return 0;
        }
        finally
        {
            if (arguments.Contains("--keep")) Console.Error.WriteLine($"kept: {work}");
            else Directory.Delete(work, recursive: true);
        }
    }

    /// <param name="ShardBytes">Size of all shards of the corpus.</param>
    private sealed record Pair(MeasuredProcess Ours, MeasuredProcess Theirs, long ShardBytes)
    {
        /// <summary>How many times the peer's time ours goes into.</summary>
        public double Ratio => Theirs.Seconds / Ours.Seconds;
    }

    private static double Median(IEnumerable<Pair> rows, Func<Pair, double> value)
    {
        var sorted = rows.Select(value).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Waits until what the run before has written is on the disk: neither shall pay for the other's.</summary>
    private static void Settle() => MeasuredProcess.Run("sync");

    private static long ShardBytes(string corpus) =>
        new DirectoryInfo(Path.Join(corpus, "shards")).EnumerateFiles("*.parquet", SearchOption.AllDirectories).Sum(file => file.Length);

    private static long ReadAll(string folder)
    {
        var buffer = new byte[1 << 20];
        long total = 0;
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using var stream = File.OpenRead(file);
            for (int read; (read = stream.Read(buffer)) > 0;) total += read;
        }

        return total;
    }

    private static int Number(IReadOnlyList<string> arguments, string name, int otherwise)
    {
        var at = arguments.ToList().IndexOf(name);
        if (at < 0) return otherwise;
        return at + 1 < arguments.Count && int.TryParse(arguments[at + 1], out var value) && value > 0
            ? value
            : throw new ArgumentException($"{name} takes a whole number above 0. For example: {name} {otherwise}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    internal static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Join(folder.FullName, "EcgData.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"{AppContext.BaseDirectory}: no folder above it holds EcgData.sln. Run it from the repository.");
    }
}
