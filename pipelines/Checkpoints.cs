using EcgData.Models;
using EcgData.Models.Checkpoints;
using EcgData.Models.Encoders;

namespace EcgData.Pipelines;

/// <summary>Opens the checkpoint that a verb is given.</summary>
internal static class Checkpoints
{
    /// <exception cref="UsageException">There is no such file, or it holds no encoder.</exception>
    public static (Encoder Encoder, EncoderOptions Options, InputScaling Input) Load(string path) => Guard(path, () => EncoderFile.Load(path));

    /// <exception cref="UsageException">There is no such file, or it is damaged.</exception>
    public static SafetensorsFile Open(string path) => Guard(path, () => SafetensorsFile.Open(path));

    /// <exception cref="UsageException">There is no such file, or it holds no encoder of the study.</exception>
    public static (Encoder Encoder, EncoderOptions Options) LoadPublished(string path) => Guard(path, () => EncoderFile.LoadPublished(path));

    /// <summary>Length of a crop that an encoder was made for, in seconds.</summary>
    public static double CropSeconds(EncoderOptions options, int samplingFrequencyHz) => (double)options.Tokens * ConvStem.SamplesPerToken / samplingFrequencyHz;

    private static T Guard<T>(string path, Func<T> open)
    {
        if (!File.Exists(path)) throw new UsageException($"{path}: no such file. Expected a checkpoint, such as runs/…/checkpoints/best.safetensors.");
        try
        {
            return open();
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            throw new UsageException(e.Message);
        }
    }
}
