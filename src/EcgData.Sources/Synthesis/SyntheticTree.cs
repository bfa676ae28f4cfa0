namespace EcgData.Sources.Synthesis;

/// <summary>What a synthetic tree holds.</summary>
public sealed record SynthesisOptions
{
    public required int Records { get; init; }

    /// <summary>The same seed gives the same bytes. A larger tree begins with the records of a smaller one.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Share of records with a planted defect, in [0, 1].</summary>
    public double DefectShare { get; init; } = 0.02;

    /// <summary>Threads that make records; 0 = one per processor. The tree does not depend on it.</summary>
    public int Workers { get; init; }
}

/// <summary>Writes folders in the exact layout of a published source, filled with synthetic ECGs.</summary>
public static class SyntheticTree
{
    private static readonly ITreeLayout[] Layouts = [new Code15Tree(), new MimicIvEcgTree(), new PtbXlTree(), new WfdbTree()];

    /// <summary>The sources that can be imitated, by name.</summary>
    public static IReadOnlyList<string> Sources { get; } = [.. Layouts.Select(layout => layout.Source)];

    /// <param name="source">Name of the source to imitate.</param>
    /// <param name="directory">Made if need be; must be empty.</param>
    /// <param name="progress">Gets the number of records written so far.</param>
    /// <exception cref="SourceException">The source cannot be imitated, or the folder is not empty.</exception>
    public static void Write(
        string source, string directory, SynthesisOptions options, IProgress<int>? progress, CancellationToken cancel)
    {
        var layout = Find(source, options);
        if (File.Exists(directory) || (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any()))
            throw new SourceException(
                $"{directory}: already holds something. A synthetic {source} tree needs a new or an empty folder: " +
                "name another one, or empty this one yourself.");
        Directory.CreateDirectory(directory);
        layout.Write(new TreeJob(layout, directory, options, progress, cancel));
    }

    /// <summary>The defects that <see cref="Write"/> plants under the same options, in the order of the records. Touches no file.</summary>
    /// <exception cref="SourceException">The source cannot be imitated.</exception>
    public static IReadOnlyList<PlantedDefect> Plan(string source, SynthesisOptions options)
    {
        var layout = Find(source, options);
        var job = new TreeJob(layout, "", options, null, CancellationToken.None);
        var planted = new List<PlantedDefect>();
        for (var index = 0; index < job.Count; index++)
            if (job.DefectOf(index) is { } defect) planted.Add(PlantedDefect.Of(layout.NativeId(job.Case(index)), defect));
        return planted;
    }

    private static ITreeLayout Find(string source, SynthesisOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Records);
        if (options.DefectShare is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(options), options.DefectShare, "DefectShare is a share: from 0 to 1.");
        return Layouts.FirstOrDefault(layout => layout.Source == source)
            ?? throw new SourceException(
                $"'{source}' cannot be imitated. Synthetic trees exist for: {string.Join(", ", Sources)}.");
    }
}
