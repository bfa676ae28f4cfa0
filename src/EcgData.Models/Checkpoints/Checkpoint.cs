using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Checkpoints;

/// <summary>Where a run stands, beside its tensors.</summary>
/// <param name="Step">Optimiser updates that are done.</param>
/// <param name="Epoch">Passes over the training records that are done.</param>
/// <param name="Position">Crops of the current epoch that are done: where reading goes on, whatever the batch size.</param>
public readonly record struct RunPosition(long Step, int Epoch, long Position);

/// <summary>
/// A checkpoint is one safetensors file: encoder.*, objective.* (head, mask, teacher, codebooks, counters), optimiser.* (moments by the
/// name of their parameter), and in its metadata the position of the run and the documents that made it. One file is there or is not,
/// with nothing to go astray, and PyTorch's own loader reads it.
/// </summary>
public static class Checkpoint
{
    /// <summary>Value of the metadata's "format": changes when an old reader would go wrong.</summary>
    public const string Format = "ecgdata-checkpoint/1";

    public const string EncoderPrefix = "encoder.";
    public const string ObjectivePrefix = "objective.";
    public const string OptimiserPrefix = "optimiser.";

    private const string FormatKey = "format";
    private const string StepKey = "step";
    private const string EpochKey = "epoch";
    private const string PositionKey = "position";

    /// <param name="parts">Modules by the prefix of their tensors' names; see the constants.</param>
    /// <param name="tensors">What is not part of a module, by its whole name.</param>
    /// <param name="documents">Texts that belong to the run: the resolved recipe, its hash, the encoder's options.</param>
    public static void Write(
        string path, RunPosition position, IEnumerable<(string Prefix, nn.Module Module)> parts,
        IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> documents)
    {
        var metadata = new Dictionary<string, string>(documents, StringComparer.Ordinal)
        {
            [FormatKey] = Format,
            [StepKey] = position.Step.ToString(CultureInfo.InvariantCulture),
            [EpochKey] = position.Epoch.ToString(CultureInfo.InvariantCulture),
            [PositionKey] = position.Position.ToString(CultureInfo.InvariantCulture),
        };
        SafetensorsWriter.Write(path, parts.SelectMany(part => TensorsOf(part.Prefix, part.Module)).Concat(tensors), metadata);
    }

    /// <exception cref="InvalidDataException">Not a checkpoint, or one of another format.</exception>
    public static RunPosition PositionOf(SafetensorsFile file)
    {
        var format = file.Metadata.GetValueOrDefault(FormatKey);
        if (format == Format && Number(file, StepKey) is { } step && Number(file, EpochKey) is >= 0 and <= int.MaxValue and var epoch
            && Number(file, PositionKey) is { } position)
            return new RunPosition(step, (int)epoch, position);
        throw new InvalidDataException(
            $"{file.Path}: its metadata has the format '{format}'; expected '{Format}' with step, epoch and position. " +
            "It holds weights, but is no checkpoint of a run: start a new run, or name another file.");
    }

    /// <summary>Overwrites a module's whole state. Every entry has to be there, and nothing may be left over below the prefix.</summary>
    /// <exception cref="InvalidDataException">An entry is missing, of another shape, or one too many.</exception>
    public static void Load(SafetensorsFile file, string prefix, nn.Module module)
    {
        var left = file.Header.Entries.Select(entry => entry.Name).Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var (name, value) in TensorsOf(prefix, module))
        {
            file.ReadInto(name, value);
            left.Remove(name);
        }

        if (left.Count == 0) return;
        throw new InvalidDataException(
            $"{file.Path}, tensor '{left.Order(StringComparer.Ordinal).First()}': the model has none of that name ({left.Count} such); expected the " +
            "state of this model. Make the model with the options that the file was written with.");
    }

    private static IEnumerable<(string Name, Tensor Value)> TensorsOf(string prefix, nn.Module module) =>
        module.state_dict().Select(entry => (prefix + entry.Key, entry.Value));

    private static long? Number(SafetensorsFile file, string key) =>
        long.TryParse(file.Metadata.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
