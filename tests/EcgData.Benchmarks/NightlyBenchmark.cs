using System.Globalization;

namespace EcgData.Benchmarks;

/// <summary>
/// What a night costs in which nothing has changed: `ecgdata build` as a whole process over a catalogue and a list of files of growing
/// length, page cache warm. There are no signals: every record of the first build is rejected as missing, and every later build finds
/// that this is still so. It measures and judges nothing.
/// </summary>
internal static class NightlyBenchmark
{
    /// <param name="arguments">
    /// The numbers of records, 100000 and 1000000 if none is given; and "plan", to take the planning alone, without a first build: at 11 million
    /// records that build takes a quarter of an hour.
    /// </param>
    public static int Run(IReadOnlyList<string> arguments)
    {
        var plansOnly = arguments.Contains("plan");
        int[] sizes = [.. arguments.Where(argument => argument != "plan")
            .Select(number => int.Parse(number, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))];
        if (sizes.Length == 0) sizes = [100_000, 1_000_000];
        var ecgdata = PublishedProgram.Path;
        Console.WriteLine("records    | first build s | peak MiB | nothing changed s | CPU s | peak MiB | microseconds a record");
        foreach (var records in sizes)
        {
            var work = Directory.CreateTempSubdirectory("ecgdata-bench-").FullName;
            try
            {
                var (tables, corpus) = (Path.Join(work, "mimic"), Path.Join(work, "corpus"));
                NightlyTables.Write(tables, records);
                if (plansOnly)
                {
                    var plan = Build(ecgdata, corpus, tables, "--dry-run");
                    Console.WriteLine(
                        $"{records,10} | {"-",13} | {"-",8} | {$"{plan.Seconds:f1} (plan)",17} | {plan.ProcessorSeconds,5:f1} | {Mebibytes(plan),8:f0} | {plan.Seconds / records * 1e6,6:f2}");
                    continue;
                }

                var first = Build(ecgdata, corpus, tables);
                var again = Build(ecgdata, corpus, tables);
                Console.WriteLine(
                    $"{records,10} | {first.Seconds,13:f1} | {Mebibytes(first),8:f0} | {again.Seconds,17:f1} | {again.ProcessorSeconds,5:f1} | " +
                    $"{Mebibytes(again),8:f0} | {again.Seconds / records * 1e6,6:f2}");
            }
            finally
            {
                Directory.Delete(work, recursive: true);
            }
        }

        Console.WriteLine($"{Environment.ProcessorCount} cores");
        return 0;
    }

    private static MeasuredProcess Build(string ecgdata, string corpus, string tables, params string[] more) => MeasuredProcess.Run(
        ecgdata,
        ["build", "--corpus", corpus, "--source", $"mimic-iv-ecg={tables}", "--set", "acceptance.maximumRejectedShare=1", "--quiet", .. more]);

    private static double Mebibytes(MeasuredProcess run) => run.PeakMemoryBytes / 1048576.0;
}
