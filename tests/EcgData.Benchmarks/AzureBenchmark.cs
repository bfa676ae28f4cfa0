using System.Diagnostics;
using EcgData.Tests;

namespace EcgData.Benchmarks;

/// <summary>
/// `ecgdata build` into a container of Azurite, which keeps its blobs in a folder, against the same build into a folder: whole processes,
/// taking turns, page cache warm. The emulator runs on the same cores. It measures and judges nothing.
/// </summary>
internal static class AzureBenchmark
{
    private const int Records = 4000;
    private const int Pairs = 5;

    public static int Run()
    {
        var ecgdata = PublishedProgram.Path;
        var work = Directory.CreateTempSubdirectory("ecgdata-bench-").FullName;
        try
        {
            using var server = AzuriteServer.Start(work);
            if (server is null)
            {
                Console.Error.WriteLine("Azurite is not there. Run: tests/npm.sh tests/EcgData.Storage.Tests/azurite");
                return 2;
            }

            var tree = Path.Join(work, "tree");
            MeasuredProcess.Run(ecgdata, "synth", tree, "--source", "ptb-xl", "--records", $"{Records}", "--defects", "0", "--quiet");
            List<double> shares = [];
            Console.WriteLine("pair | folder records/s | Azurite records/s | share | peak MiB | nothing changed: folder s | Azurite s");
            for (var pair = 1; pair <= Pairs; pair++)
            {
                var (folder, container) = (Path.Join(work, $"corpus-{pair}"), $"az://bench-{pair}/corpus");
                var local = MeasuredProcess.Run(Build(folder));
                var remote = MeasuredProcess.Run(Build(container));
                shares.Add(local.Seconds / remote.Seconds);
                Console.WriteLine(
                    $"{pair,4} | {Records / local.Seconds,16:f0} | {Records / remote.Seconds,17:f0} | {shares[^1],5:f2} | {remote.PeakMemoryBytes / 1048576.0,8:f0} | " +
                    $"{MeasuredProcess.Run(Build(folder)).Seconds,24:f2} | {MeasuredProcess.Run(Build(container)).Seconds,9:f2}");
                Directory.Delete(folder, recursive: true);
            }

            Console.WriteLine($"median share of the folder's rate: {shares.Order().ElementAt(Pairs / 2):f2}; {Environment.ProcessorCount} cores");
            return 0;

            ProcessStartInfo Build(string corpus) => new(ecgdata, ["build", "--corpus", corpus, "--source", $"ptb-xl={tree}", "--quiet"])
            {
                Environment = { ["AZURE_STORAGE_CONNECTION_STRING"] = server.ConnectionString },
            };
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }
}
