using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcgData.Models.Encoders;

namespace EcgData.Models.Checkpoints;

/// <summary>An encoder from a file that holds its weights, its options and what its input is scaled by: all that evaluation needs.</summary>
public static class EncoderFile
{
    public const string RunHashKey = "run_hash";

    private const string OptionsKey = "encoder";
    private const string InputKey = "input_scaling";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    /// <summary>The metadata by which <see cref="Load"/> makes the encoder again.</summary>
    public static IReadOnlyDictionary<string, string> Describe(EncoderOptions options, InputScaling input) => new Dictionary<string, string>
    {
        [OptionsKey] = JsonSerializer.Serialize(options, Json),
        [InputKey] = JsonNamingPolicy.KebabCaseLower.ConvertName(input.ToString()),
    };

    /// <summary>Writes an encoder alone: what <see cref="Load"/>, and PyTorch's own loader, read.</summary>
    public static void Write(string path, Encoder encoder, EncoderOptions options, InputScaling input) => SafetensorsWriter.Write(
        path, encoder.state_dict().Select(entry => (Checkpoint.EncoderPrefix + entry.Key, entry.Value)), Describe(options, input));

    /// <summary>An encoder of the study from the weights that its code publishes, in a safetensors file; its sizes follow from their shapes.</summary>
    /// <returns>In eval mode, on the CPU, owned by the caller; and what it was made with.</returns>
    /// <exception cref="InvalidDataException">They are not those of the study's S4 encoder.</exception>
    public static (Encoder Encoder, EncoderOptions Options) LoadPublished(string path)
    {
        const string FirstStage = "ts_encoder.encoder.layers.0.0.weight", Kernel = "ts_encoder.predictor.predictor.s4_layers.0.kernel.kernel.C", Skip = ".D";
        using var file = SafetensorsFile.Open(path);
        var shapes = file.Header.Entries.ToDictionary(entry => entry.Name, entry => entry.Shape, StringComparer.Ordinal);
        if (!shapes.TryGetValue(FirstStage, out var stem) || stem.Count != 3 || !shapes.TryGetValue(Kernel, out var kernel) || kernel.Count != 4
            || stem[0] is < 2 or > 65536 || stem[1] is < 1 or > 1024 || kernel[2] is < 1 or > 4096)
        {
            throw new InvalidDataException(
                $"{path}: it has no '{FirstStage}' [width, leads, 3] and '{Kernel}' [directions, width, pairs, 2]; expected the state of the study's S4 encoder. " +
                "Convert the published checkpoint to safetensors with its own names.");
        }

        var layers = shapes.Keys.Count(name => name.StartsWith("ts_encoder.predictor.predictor.s4_layers.", StringComparison.Ordinal) && name.EndsWith(Skip, StringComparison.Ordinal));
        var options = new EncoderOptions
        {
            Width = (int)stem[0],
            Leads = (int)stem[1],
            Causal = kernel[0] == 1,
            S4 = new S4Options { Layers = layers, StateSize = 2 * (int)kernel[2] },
        };
        var weights = file.Header.Entries.ToDictionary(entry => entry.Name, entry => file.Read(entry.Name), StringComparer.Ordinal);
        var encoder = Encoders.Encoders.Create(options, seed: 0);
        try
        {
            PublishedWeights.Import(weights, encoder);
        }
        catch
        {
            encoder.Dispose();
            throw;
        }
        finally
        {
            foreach (var weight in weights.Values) weight.Dispose();
        }

        encoder.eval();
        return (encoder, options);
    }

    /// <returns>In eval mode, on the CPU, owned by the caller.</returns>
    /// <exception cref="InvalidDataException">The file does not say what encoder it holds, or does not hold it.</exception>
    public static (Encoder Encoder, EncoderOptions Options, InputScaling Input) Load(string path)
    {
        using var file = SafetensorsFile.Open(path);
        var (options, input) = DescriptionOf(file);
        var encoder = Encoders.Encoders.Create(options, seed: 0);
        try
        {
            Checkpoint.Load(file, Checkpoint.EncoderPrefix, encoder);
        }
        catch
        {
            encoder.Dispose();
            throw;
        }

        encoder.eval();
        return (encoder, options, input);
    }

    /// <summary>What the metadata say of the encoder.</summary>
    /// <exception cref="InvalidDataException">They do not.</exception>
    public static (EncoderOptions Options, InputScaling Input) DescriptionOf(SafetensorsFile file)
    {
        try
        {
            if (file.Metadata.TryGetValue(OptionsKey, out var json) && JsonSerializer.Deserialize<EncoderOptions>(json, Json) is { } options
                && file.Metadata.TryGetValue(InputKey, out var name))
                return (options, JsonSerializer.Deserialize<InputScaling>($"\"{name}\"", Json));
        }
        catch (JsonException e)
        {
            throw Unknown(file.Path, e.Message);
        }

        throw Unknown(file.Path, $"no '{OptionsKey}' and '{InputKey}'");
    }

    private static InvalidDataException Unknown(string path, string found) => new(
        $"{path}: its metadata do not say what encoder it holds ({found}); expected a checkpoint of 'ecgdata pretrain', or weights that " +
        "'ecgdata import-weights' made. 'ecgdata inspect' shows what is in the file.");
}
