using System.Globalization;

namespace EcgData.Benchmarks;

/// <summary>
/// What a night costs that brings 1 % of new records, all in new folders: `ecgdata build` as a whole process over synthetic PTB-XL at
/// 100 Hz, or MIMIC-IV-ECG, in shards of 250 rows, against the build of the whole; page cache warm. It measures and judges nothing.
/// </summary>
internal static class DeltaBenchmark
{
    private const int Wholes = 3;
    private const int Nights = 7;

    /// <param name="arguments">The source, ptb-xl if none is given, and the numbers of records, 10000 and 30000 if none is given.</param>
    public static int Run(IReadOnlyList<string> arguments)
    {
        var source = arguments.FirstOrDefault(argument => !char.IsAsciiDigit(argument[0])) ?? "ptb-xl";
        int[] sizes = [.. arguments.Where(argument => argument != source)
            .Select(number => int.Parse(number, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))];
        if (sizes.Length == 0) sizes = [10_000, 30_000];
        var ecgdata = PublishedProgram.Path;
        Console.WriteLine(source);
        Console.WriteLine(
            $"records    | shards | whole build s (median of {Wholes}) | records/s | 1 % more s (median of {Nights}) | share | shards untouched | nothing changed s | peak MiB");
        foreach (var records in sizes)
        {
            var work = Directory.CreateTempSubdirectory("ecgdata-bench-").FullName;
            try
            {
                Measure(ecgdata, work, source, records);
            }
            finally
            {
                Directory.Delete(work, recursive: true);
            }
        }

        Console.WriteLine($"{Environment.ProcessorCount} cores");
        return 0;
    }

    private static void Measure(string ecgdata, string work, string source, int records)
    {
        var (tree, corpus, kept) = (Path.Join(work, "tree"), Path.Join(work, "corpus"), Path.Join(work, "kept"));
        MeasuredProcess.Run(
            ecgdata, "synth", tree, "--source", source, "--records", $"{records + records / 100}", "--defects", "0", "--quiet");
        string[] options = [];
        if (source == "ptb-xl")
        {
            Directory.Delete(Path.Join(tree, "records500"), recursive: true);
            options = ["--set", "sources.ptb-xl.samplingFrequencyHz=100"];
        }

        MeasuredProcess Build(params string[] more) => MeasuredProcess.Run(
            ecgdata, ["build", "--corpus", corpus, "--source", $"{source}={tree}", "--set", "shards.targetRows=250", "--quiet", .. options, .. more]);

        // The table's last records are those of the new folders: the whole is built without them first.
        List<MeasuredProcess> wholes = [];
        for (var whole = 0; whole < Wholes; whole++)
        {
            if (whole > 0) Directory.Delete(corpus, recursive: true);
            MeasuredProcess.Run("sync");
            wholes.Add(Build("--limit", $"{records}"));
        }

        MeasuredProcess.Run("cp", "-a", "-l", corpus, kept);   // objects are replaced, never written into; copies would push the tree out of the page cache
        List<double> nights = [];
        var touched = 0;
        for (var night = 0; night < Nights; night++)
        {
            Directory.Delete(corpus, recursive: true);
            MeasuredProcess.Run("cp", "-a", "-l", kept, corpus);
            MeasuredProcess.Run("sync");
            nights.Add(Build().Seconds);
            touched = Receipts(corpus) - Receipts(kept);
        }

        var idle = Build();
        var first = Median([.. wholes.Select(whole => whole.Seconds)]);
        var (delta, shards) = (Median(nights), Receipts(kept));
        Console.WriteLine(
            $"{records,10} | {shards,6} | {first,27:f1} | {records / first,9:f0} | {delta,24:f2} | {delta / first,5:p1} | " +
            $"{1 - Gone(corpus, kept) / (double)shards,10:p1} ({touched} made) | {idle.Seconds,8:f2} | {wholes.Max(whole => whole.PeakMemoryBytes) / 1048576.0,8:f0}");
    }

    private static double Median(List<double> seconds) => seconds.Order().ElementAt(seconds.Count / 2);

    private static int Receipts(string corpus) => Directory.EnumerateFiles(Path.Join(corpus, "receipts")).Count();

    /// <summary>Shards of the first version that the second has no use for.</summary>
    private static int Gone(string corpus, string kept)
    {
        var now = Named(corpus);
        return Named(kept).Count(shard => !now.Contains(shard));
    }

    private static HashSet<string> Named(string corpus)
    {
        var head = File.ReadAllText(Path.Join(corpus, "HEAD")).Trim();
        using var manifest = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Join(corpus, "versions", head, "manifest.json")));
        return [.. manifest.RootElement.GetProperty("shards").EnumerateArray().Select(shard => shard.GetProperty("path").GetString() ?? "")];
    }
}
