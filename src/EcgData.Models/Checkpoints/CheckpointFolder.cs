using System.Globalization;

namespace EcgData.Models.Checkpoints;

/// <summary>The checkpoints of a run: step-N.safetensors for the latest, best.safetensors for the one that validated best.</summary>
public sealed class CheckpointFolder
{
    private const string Prefix = "step-";
    private const string Suffix = ".safetensors";

    private readonly string _folder;
    private readonly int _keepLast;

    /// <param name="keepLast">How many of the latest stay; at least 1.</param>
    public CheckpointFolder(string folder, int keepLast)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(keepLast);
        (_folder, _keepLast) = (folder, keepLast);
        Directory.CreateDirectory(folder);
    }

    public string Best => Path.Join(_folder, "best" + Suffix);

    public string PathOf(long step) => Path.Join(_folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D9}{Suffix}"));

    /// <summary>The one with most steps, or null where the run has left none. What a killed run left half written is none.</summary>
    public string? Latest() => Steps().Select(PathOf).LastOrDefault();

    /// <summary>Makes a copy of a written checkpoint the best one.</summary>
    public void MakeBest(string path)
    {
        var partial = Best + ".partial";
        File.Copy(path, partial, overwrite: true);
        File.Move(partial, Best, overwrite: true);
    }

    /// <summary>Deletes all but the latest.</summary>
    public void Trim()
    {
        foreach (var step in Steps().SkipLast(_keepLast)) File.Delete(PathOf(step));
        foreach (var partial in Directory.EnumerateFiles(_folder, "*.partial")) File.Delete(partial);
    }

    private IEnumerable<long> Steps() =>
        from path in Directory.EnumerateFiles(_folder, Prefix + "*" + Suffix)
        let number = Path.GetFileName(path)[Prefix.Length..^Suffix.Length]
        where long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        let step = long.Parse(number, CultureInfo.InvariantCulture)
        orderby step
        select step;
}
