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
