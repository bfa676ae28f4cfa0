using System.Collections.Concurrent;

namespace EcgData.Sources.Synthesis;

/// <summary>The layout of one source: what its records are called, which defects it can have, how its folder is written.</summary>
internal interface ITreeLayout
{
    string Source { get; }

    /// <summary>The defects that the source's layout can show; one that stands twice comes twice as often.</summary>
    IReadOnlyList<SyntheticDefect> Defects { get; }

    string NativeId(SyntheticCase made);

    void Write(TreeJob job);
}

/// <summary>A tree being written: who its records are of, which are spoilt, and the loop over them.</summary>
internal sealed class TreeJob
{
    private readonly ITreeLayout _layout;
    private readonly IProgress<int>? _progress;
    private readonly CancellationToken _cancel;
    private readonly int[] _patients;
    private readonly byte[] _visits;

    public TreeJob(ITreeLayout layout, string directory, SynthesisOptions options, IProgress<int>? progress, CancellationToken cancel)
    {
        (_layout, Directory, Options, _progress, _cancel) = (layout, directory, options, progress, cancel);
        (_patients, _visits) = (new int[options.Records], new byte[options.Records]);
        AssignPatients();
    }

    public string Directory { get; }

    public SynthesisOptions Options { get; }

    public int Count => Options.Records;

    public SyntheticCase Case(int index) =>
        SyntheticCase.Draw(Options.Seed, _layout.Source, index, _patients[index], _visits[index]);

    public SyntheticDefect? DefectOf(int index)
    {
        var random = RandomStream.For(Options.Seed, _layout.Source, "defect", index);
        return random.Chance(Options.DefectShare) ? _layout.Defects[random.Below(_layout.Defects.Count)] : null;
    }

    /// <summary>A stream of the record's own for one purpose.</summary>
    public RandomStream Random(string purpose, int index) => RandomStream.For(Options.Seed, _layout.Source, purpose, index);

    /// <summary>Where a file of the tree goes; its folder is made.</summary>
    public string PathOf(string relativePath)
    {
        var path = Path.Join(Directory, relativePath);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    /// <summary>
    /// Makes records on all workers, a batch at a time, and hands them over in order. What is made is a function of the record alone,
    /// so the tree does not depend on the number of workers.
    /// </summary>
    public void ForEach<T>(int start, int end, Func<Workbench, SyntheticCase, T> make, Action<SyntheticCase, T> take)
    {
        var workers = Options.Workers > 0 ? Options.Workers : Environment.ProcessorCount;
        var batch = 64 * workers;
        var (cases, made) = (new SyntheticCase[batch], new T[batch]);
        var benches = new ConcurrentBag<Workbench>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = _cancel };
        for (var from = start; from < end; from += batch)
        {
            _cancel.ThrowIfCancellationRequested();
            var count = Math.Min(batch, end - from);
            var first = from;
            Parallel.For(
                0, count, parallel,
                () => benches.TryTake(out var free) ? free : new Workbench(),
                (offset, _, bench) =>
                {
                    cases[offset] = Case(first + offset);
                    made[offset] = make(bench, cases[offset]);
                    return bench;
                },
                benches.Add);
            for (var offset = 0; offset < count; offset++) take(cases[offset], made[offset]);
            _progress?.Report(from + count);
        }
    }

    /// <summary>Records stand in runs of one to four per patient, most patients having one.</summary>
    private void AssignPatients()
    {
        var random = RandomStream.For(Options.Seed, _layout.Source, "visits", 0);
        for (int index = 0, patient = 0; index < Count; patient++)
        {
            var visits = random.Unit() switch { < 0.72 => 1, < 0.9 => 2, < 0.97 => 3, _ => 4 };
            for (var visit = 0; visit < visits && index < Count; visit++, index++)
                (_patients[index], _visits[index]) = (patient, (byte)visit);
        }
    }
}

/// <summary>What one worker needs to make records; kept from record to record.</summary>
internal sealed class Workbench
{
    private readonly Dictionary<(string, int), short[]> _frames = [];

    public EcgSynthesiser Synthesiser { get; } = new();

    /// <summary>short[samples, 12], kept by name.</summary>
    public Span<short> Frames(string name, int samples)
    {
        if (!_frames.TryGetValue((name, samples), out var frames)) _frames[(name, samples)] = frames = new short[samples * 12];
        return frames;
    }

    /// <summary>double[8, samples], for a second edition of a record.</summary>
    public double[] Edition { get; private set; } = [];

    public Span<double> EditionOf(int samples)
    {
        if (Edition.Length < EcgSynthesiser.LeadCount * samples) Edition = new double[EcgSynthesiser.LeadCount * samples];
        return Edition.AsSpan(0, EcgSynthesiser.LeadCount * samples);
    }
}
