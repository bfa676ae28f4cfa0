using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources;
using EcgData.Storage;

namespace EcgData.Ingest;

/// <summary>
/// A build of one made-up record, and a night that adds another, into a folder that is thrown away, while the real build's metadata is read
/// and one core has nothing to do. What the runtime compiles and loads when it is first used is there when the first real record comes.
/// </summary>
/// <remarks>It shares nothing with the real build but the code, so neither its end nor its failure changes anything but time.</remarks>
public sealed class Rehearsal : IAsyncDisposable
{
    private const int SamplingFrequencyHz = 500;   // with the default recipe: the ratio of PTB-XL and MIMIC-IV-ECG, whose filter is kept
    private const int Samples = 3 * SamplingFrequencyHz;

    /// <summary>Multiples of one wave that obey Einthoven and Goldberger: no screening turns the record away.</summary>
    private static readonly short[] Multiples = [4, 6, 2, -5, 1, 4, 4, 4, 4, 4, 4, 4];

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;

    private Rehearsal(CorpusStore corpus) => _run = Task.Run(async () =>
    {
        var isNight = corpus.Objects.FindAsync(CorpusPaths.Head, _stop.Token);
        await RunAsync(async () => await isNight is not null, _stop.Token);
    });

    /// <param name="corpus">The real build's: where it has a version to go by, what a build takes over and compares is rehearsed too.</param>
    public static Rehearsal Begin(CorpusStore corpus) => new(corpus);

    /// <summary>Ends it where it stands. Whatever went wrong, a full temporary folder, will be told by the build itself.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    /// <param name="isNight">Asked behind the first build.</param>
    /// <returns>The version that was built and thrown away.</returns>
    internal static async Task<VersionManifest> RunAsync(Func<Task<bool>> isNight, CancellationToken cancel)
    {
        using var folder = ScratchFolder.Create();
        var corpus = new CorpusStore(new LocalObjectStore(Path.Join(folder.Path, "corpus")));
        WriteRecord(folder.Path, "evening");
        var evening = await BuildAsync(corpus, folder.Path, cancel);
        if (!await isNight()) return evening;
        WriteRecord(folder.Path, "night");
        var night = await BuildAsync(corpus, folder.Path, cancel);
        var comparison = new VersionComparison(corpus, evening, night);
        Drift.Measure(evening, night, comparison.LabelsBefore, comparison.LabelsAfter, await comparison.RunAsync(cancel), new BuildRecipe().Drift);
        return night;
    }

    private static async Task<VersionManifest> BuildAsync(CorpusStore corpus, string folder, CancellationToken cancel)
    {
        using var checksums = new ChecksumBook(hintFile: null, rehash: false);
        var planner = new Planner(corpus, checksums, KnownSources.Find);
        using var plan = await planner.CreateAsync(
            new BuildRecipe(), new Dictionary<string, string> { ["wfdb"] = folder }, [], null, UnreadFiles.Read, null, cancel);
        return await new CorpusBuild(corpus, plan, planner, workers: 1).RunAsync(new BuildProgress(), cancel);
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
