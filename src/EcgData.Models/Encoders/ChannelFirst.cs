using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>
/// The layout inside stem and S4: float[width, batch, tokens]. A linear map over channels is then one matrix product, and a
/// convolution over time finds a channel's crops side by side; nothing is transposed between the blocks.
/// </summary>
internal static class ChannelFirst
{
    /// <param name="tokens">float[batch, tokens, width]; a view that <see cref="ToTokens"/> made is not copied.</param>
    /// <returns>float[width, batch, tokens], contiguous.</returns>
    public static Tensor From(Tensor tokens) => tokens.permute(2, 0, 1).contiguous();

    /// <returns>A view, float[batch, tokens, width].</returns>
    public static Tensor ToTokens(Tensor channels) => channels.permute(1, 2, 0);

    /// <summary>Draws a dropout from torch's generator: 0, or 1 / (1 - p).</summary>
    /// <returns>float[width, batch, 1 or tokens], or null where nothing is dropped; owned by the caller.</returns>
    public static Tensor? DropoutMask(nn.Module module, S4Options options, Tensor channels)
    {
        if (!module.training || options.Dropout == 0) return null;
        var shape = channels.shape;
        if (options.DropoutPattern == DropoutPattern.Channel) shape[2] = 1;
        return empty(shape, channels.dtype, channels.device).bernoulli_(1 - options.Dropout).div_(1 - options.Dropout);
    }
}
