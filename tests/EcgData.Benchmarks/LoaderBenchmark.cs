using System.Diagnostics;
using System.Globalization;
using EcgData.Shards;
using EcgData.Shards.Reading;
using EcgData.Storage;

namespace EcgData.Benchmarks;

/// <summary>
/// Shuffled random crops of 12 x 600 samples as float32 in millivolt, from shards, against peers/peer_loader.py. Every run is a process of
/// its own, page cache warm, runs of all kinds taking turns so that a busy machine hits all of them. It measures and judges nothing.
/// </summary>
internal static class LoaderBenchmark
{
    private const string Python = "/usr/bin/python3";
    private const int Batch = 64;

    /// <param name="arguments">--records N (16384), --rounds N (5), --seconds N (3), --limit-mib N (0: no run under a memory limit).</param>
    public static int Run(IReadOnlyList<string> arguments)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        if (arguments is ["run", var corpus, var threads, var seconds]) return Child(corpus, int.Parse(threads), double.Parse(seconds));
        if (arguments is ["decode"]) return DecodeBenchmarks.Fastest();
        var (records, rounds, time) = (Number(arguments, "--records", 16_384), Number(arguments, "--rounds", 5), Number(arguments, "--seconds", 3));
        var work = Directory.CreateTempSubdirectory("ecgdata-loader-").FullName;
        try
        {
            var (folder, memmap) = (Path.Join(work, "corpus"), Path.Join(work, "records.f32"));
            LoaderCorpus.CreateAsync(folder, memmap, records).GetAwaiter().GetResult();
            Console.WriteLine(
                $"{records} records: {FolderBytes(folder) / 1048576.0:f0} MiB in shards, {new FileInfo(memmap).Length / 1048576.0:f0} MiB as float32; " +
                $"{Environment.ProcessorCount} cores, load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
            Runner[] runners = [Ours(folder, 1), Ours(folder, 2), .. Peers(memmap)];
            Rounds(runners, rounds, time, limit: null);
            if (Number(arguments, "--limit-mib", 0) is var limit and > 0) Limited(runners, rounds, time, limit);
            return 0;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    /// <summary>One measurement: the reader at work for some seconds, over as many epochs as it takes.</summary>
    private static int Child(string folder, int threads, double seconds)
    {
        var corpus = new CorpusStore(new LocalObjectStore(folder));
        var version = corpus.ReadManifestAsync().GetAwaiter().GetResult();
        var index = RowGroupIndex.LoadAsync(corpus, version).GetAwaiter().GetResult();
        using var source = new StoredRowGroups(corpus.Objects);
        float sum = 0;
        long crops = 0, batches = 0, garbage = 0;
        var processor = TimeSpan.Zero;
        var total = default(ThreadTimes);
        var watch = new Stopwatch();
        for (var epoch = 0; watch.Elapsed.TotalSeconds < seconds; epoch++)
        {
            var options = new ReadingOptions { Order = new OrderOptions { Seed = 1, Epoch = epoch }, Batch = Batch, Threads = threads };
            using var reader = CropReader.Open(index, version.Id, null, options, source);
            using var batch = reader.CreateBatch();
            for (var warm = 0; warm < (epoch == 0 ? 100 : 1) && reader.Read(batch); warm++) { }
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            var before = Environment.CpuUsage.TotalTime;
            watch.Start();
            while (watch.Elapsed.TotalSeconds < seconds && reader.Read(batch))
            {
                sum += batch.Millivolt[0] + batch.Millivolt[^1];
                crops += batch.Count;
                batches++;
            }

            watch.Stop();
            processor += Environment.CpuUsage.TotalTime - before;
            garbage += GC.GetTotalAllocatedBytes(precise: true) - allocated;
            total += reader.Times.Total;
        }

        var peak = MeasuredProcess.HighWaterMark(Environment.ProcessId) / 1048576.0;
        Console.WriteLine(string.Join(' ', crops / watch.Elapsed.TotalSeconds, peak, garbage / (double)batches,
            Each(total.Read), Each(total.Index), Each(total.Decode), Each(total.Copy), processor.TotalMicroseconds / crops, sum > 1e30 ? 1 : 0));
        return 0;

        double Each(TimeSpan time) => time.TotalMicroseconds / total.Crops;
    }

    private static Runner Ours(string folder, int threads) => new($"shards, {threads} thread{(threads > 1 ? "s" : "")}", true, seconds => Start(
        Environment.ProcessPath!, [.. OwnAssembly(), "loader", "run", folder, $"{threads}", $"{seconds}"]));

    /// <summary>What the dotnet command has to be told to run this program; its own executable knows.</summary>
    private static string[] OwnAssembly() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(LoaderBenchmark).Assembly.Location] : [];

    private static IEnumerable<Runner> Peers(string memmap)
    {
        var peer = Path.Join(IngestBenchmark.Root(), "tests", "EcgData.Benchmarks", "peers", "peer_loader.py");
        Runner Peer(string name, params string[] arguments) => new(name, false, seconds => Start(Python, [peer, memmap, .. arguments, "--seconds", $"{seconds}"]));
        for (var workers = 0; workers <= 2; workers++) yield return Peer($"study's way, {workers} workers", "study", "--workers", $"{workers}");
        yield return Peer("float32 mapped once, 0 workers", "once");
        yield return Peer("float32 mapped once, 2 workers", "once", "--workers", "2");
        yield return Peer("copy of a batch, from cache", "copy");
    }

    private static void Rounds(Runner[] runners, int rounds, int seconds, MemoryLimit? limit)
    {
        var found = runners.Select(_ => new List<double[]>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var runner = 0; runner < runners.Length; runner++) found[runner].Add(runners[runner].Measure(seconds, limit));
        }

        Console.WriteLine("                                 |  crops/s (median) |   lowest to highest | peak MiB | garbage per batch | per crop: read, index, decode, copy, processor µs");
        for (var runner = 0; runner < runners.Length; runner++)
        {
            var rates = found[runner].Select(run => run[0]).Order().ToArray();
            Console.Write($"{runners[runner].Name,-32} | {Median(rates),17:f0} | {rates[0],8:f0} to {rates[^1],8:f0} |");
            if (runners[runner].IsOurs)
            {
                double Of(int column) => Median([.. found[runner].Select(run => run[column]).Order()]);
                Console.Write($" {Of(1),8:f0} | {Of(2),15:f1} B | {Of(3):f2}, {Of(4):f2}, {Of(5):f2}, {Of(6):f2}, {Of(7):f2}");
            }

            Console.WriteLine();
        }

        var best = Enumerable.Range(0, runners.Length).Where(runner => runners[runner].Name.StartsWith("study", StringComparison.Ordinal))
            .Max(runner => Median([.. found[runner].Select(run => run[0]).Order()]));
        Console.WriteLine($"two threads against the study's best: {Median([.. found[1].Select(run => run[0]).Order()]) / best:f2} times");
        Console.WriteLine("'mapped once' is not the study's code: uncompressed float32, several times the bytes on the disk.");
    }

    private static void Limited(Runner[] runners, int rounds, int seconds, int limitMebibytes)
    {
        using var limit = MemoryLimit.TryCreate((long)limitMebibytes << 20);
        if (limit is null)
        {
            Console.WriteLine($"No run under {limitMebibytes} MiB: no control group can be made here (it takes root and a writable /sys/fs/cgroup).");
            return;
        }

        Console.WriteLine($"\nUnder {limitMebibytes} MiB of memory, page cache included:");
        Rounds(runners, rounds, seconds, limit);
    }

    private static ProcessStartInfo Start(string file, IEnumerable<string> arguments) => new(file, arguments) { RedirectStandardOutput = true };

    private static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;

    private static long FolderBytes(string folder) => new DirectoryInfo(folder).EnumerateFiles("*.parquet", SearchOption.AllDirectories).Sum(file => file.Length);

    private static int Number(IReadOnlyList<string> arguments, string name, int otherwise)
    {
        var at = arguments.ToList().IndexOf(name);
        if (at < 0) return otherwise;
        return at + 1 < arguments.Count && int.TryParse(arguments[at + 1], out var value) && value >= 0
            ? value
            : throw new ArgumentException($"{name} takes a whole number. For example: {name} {otherwise}");
    }

    private sealed record Runner(string Name, bool IsOurs, Func<int, ProcessStartInfo> Create)
    {
        /// <summary>The numbers that the process prints.</summary>
        public double[] Measure(int seconds, MemoryLimit? limit)
        {
            using var process = Process.Start(limit?.Wrap(Create(seconds)) ?? Create(seconds))!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? [.. output.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(double.Parse)]
                : throw new InvalidOperationException($"{Name}: exit code {process.ExitCode}; expected 0. {output}");
        }
    }
}
