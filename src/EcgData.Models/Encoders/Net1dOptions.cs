namespace EcgData.Models.Encoders;

/// <summary>Whether a Net1D block has batch normalisation in front of each of its convolutions.</summary>
public enum BlockNorm
{
    None,
    Batch,
}

/// <summary>Options of the Net1D family beside its width. The defaults are those of the study's code.</summary>
public sealed record Net1dOptions
{
    /// <summary>The width of the first convolution, as a part of the encoder's: 512 / 8 = 64.</summary>
    public int FirstDivisor { get; init; } = 8;

    /// <summary>The widths of the stages, as parts of the encoder's: 64, 128, 128, 256, 256, 512, 512. The last is 1.</summary>
    public IReadOnlyList<int> StageDivisors { get; init; } = [8, 4, 4, 2, 2, 1, 1];

    /// <summary>Blocks of each stage.</summary>
    public IReadOnlyList<int> StageBlocks { get; init; } = [2, 2, 2, 3, 3, 4, 4];

    /// <summary>Taps of the convolutions over time.</summary>
    public int Kernel { get; init; } = 16;

    /// <summary>Channels of a group in the convolutions over time; narrower stages have one group.</summary>
    public int GroupWidth { get; init; } = 16;

    public BlockNorm Norm { get; init; } = BlockNorm.None;
}

/// <summary>Net1D in absolute numbers.</summary>
/// <param name="Stride">Of the first block of each stage; 1 keeps the tokens.</param>
internal sealed record Net1dShape(
    int InputWidth, int FirstWidth, IReadOnlyList<int> StageWidths, IReadOnlyList<int> StageBlocks, int Kernel, int Stride, int GroupWidth,
    BlockNorm Norm, bool Causal)
{
    public static Net1dShape Of(int width, bool causal, Net1dOptions options) => new(
        width, width / options.FirstDivisor, [.. options.StageDivisors.Select(divisor => width / divisor)], options.StageBlocks,
        options.Kernel, Stride: 1, options.GroupWidth, options.Norm, causal);
}
