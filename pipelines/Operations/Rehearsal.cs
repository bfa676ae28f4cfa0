using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using EcgData.Ingest;
using EcgData.Shards;
using EcgData.Signals;

namespace EcgData.Pipelines.Operations;

/// <summary>
/// A build of one made-up record, and a night that adds another, into a folder that is thrown away, while the real build's metadata is read
/// and one core has nothing to do. What the runtime compiles and loads when it is first used is there when the first real record comes, and
/// when the report is written.
/// </summary>
/// <remarks>It shares nothing with the real build but the code, so neither its end nor its failure changes anything but time.</remarks>
internal sealed class Rehearsal : IAsyncDisposable
{
    private const int SamplingFrequencyHz = 500;   // with the default recipe: the ratio of PTB-XL and MIMIC-IV-ECG, whose filter is kept
    private const int Samples = 3 * SamplingFrequencyHz;

    /// <summary>Multiples of one wave that obey Einthoven and Goldberger: no screening turns the record away.</summary>
    private static readonly short[] Multiples = [4, 6, 2, -5, 1, 4, 4, 4, 4, 4, 4, 4];

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;

    private Rehearsal(CorpusStore corpus, Terminal terminal) => _run = Task.Run(async () =>
    {
        var isNight = corpus.Objects.FindAsync(CorpusPaths.Head, _stop.Token);
        using var folder = ScratchFolder.Create();
        await RunAsync(folder.Path, async () => await isNight is not null, terminal, _stop.Token);
    });

    /// <param name="corpus">The real build's: where it has a version to go by, what a build takes over and compares is rehearsed too.</param>
    /// <param name="terminal">The real build's. Nothing is written to it: what it would print goes nowhere.</param>
    public static Rehearsal Begin(CorpusStore corpus, Terminal terminal) => new(corpus, terminal.Unseen());

    /// <summary>Ends it where it stands. Whatever went wrong, a full temporary folder, will be told by the build itself.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    /// <param name="folder">Empty. Gets the records, and beside them a corpus.</param>
    /// <param name="isNight">Asked behind the first build.</param>
    internal static async Task RunAsync(string folder, Func<Task<bool>> isNight, Terminal terminal, CancellationToken cancel)
    {
        WriteRecord(folder, "evening");
        await BuildAsync(folder, terminal, cancel);
        if (!await isNight()) return;
        WriteRecord(folder, "night");
        await BuildAsync(folder, terminal, cancel);
    }

    internal static string CorpusIn(string folder) => Path.Join(folder, "corpus");

    private static Task<int> BuildAsync(string folder, Terminal terminal, CancellationToken cancel)
    {
        var corpus = CorpusIn(folder);
        var request = new BuildVerb.Request(
            corpus, new Dictionary<string, string> { ["wfdb"] = folder }, [], new BuildRecipe(), Workers: 1, Limit: null, DryRun: false,
            HintFile: null, Rehash: false, ShardTrust.Size, []);
        return BuildVerb.RunAsync(request, BuildWatch.Unseen(corpus), terminal, cancel);
    }

    /// <summary>Three seconds of saw teeth, format 16 and a header(5) with checksums.</summary>
    private static void WriteRecord(string folder, string name)
    {
        var leads = Montage.LeadCount;
        var values = new short[Samples * leads];
        var checksums = new short[leads];
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = (short)((index / leads % 200 - 100) * Multiples[index % leads]);
            checksums[index % leads] += values[index];
        }

        var header = new StringBuilder();
        header.Append(CultureInfo.InvariantCulture, $"{name} {leads} {SamplingFrequencyHz} {Samples}\n");
        for (var lead = 0; lead < leads; lead++)
        {
            header.Append(
                CultureInfo.InvariantCulture,
                $"{name}.dat 16 1000/mV 16 0 {values[lead]} {checksums[lead]} 0 {Montage.Names[lead]}\n");
        }

        File.WriteAllText(Path.Join(folder, name + ".hea"), header.ToString());
        File.WriteAllBytes(Path.Join(folder, name + ".dat"), MemoryMarshal.AsBytes<short>(values));
    }
}
