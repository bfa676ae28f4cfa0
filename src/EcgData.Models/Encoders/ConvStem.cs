using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>Shape of a <see cref="ConvStem"/>. The defaults are the study's.</summary>
public sealed record ConvStemOptions
{
    /// <summary>Leads of the input.</summary>
    public int Leads { get; init; } = 12;

    /// <summary>Width of a token.</summary>
    public int Width { get; init; } = 512;
}

/// <summary>
/// The convolutional stem that all encoders of the study share: float[batch, leads, samples] in millivolt to
/// float[batch, ⌈samples / 2⌉, width]. Four stages of convolution, batch normalisation and ReLU; the first halves the frequency.
/// </summary>
/// <remarks>Checkpoint keys: stages.N.conv.weight, stages.N.norm.{weight, bias, running_mean, running_var, num_batches_tracked}.</remarks>
public sealed class ConvStem : nn.Module<Tensor, Tensor>
{
    /// <summary>Samples per token: the stride of the first stage.</summary>
    public const int SamplesPerToken = 2;

    private const int StageCount = 4;

    [ComponentName(Name = "stages")]
    private readonly ModuleList<Stage> _stages = [];

    public ConvStem(ConvStemOptions options)
        : base(nameof(ConvStem))
    {
        _stages.append(new Stage(options.Leads, options.Width, kernel: 3, SamplesPerToken));
        while (_stages.Count < StageCount) _stages.append(new Stage(options.Width, options.Width, kernel: 1, stride: 1));
        RegisterComponents();
    }

    /// <param name="input">float[batch, leads, samples] in millivolt; absent leads are 0, never NaN.</param>
    /// <returns>float[batch, tokens, width], owned by the caller.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var stage = input;
        foreach (var next in _stages) stage = next.forward(stage);   // [batch, width, tokens]
        return stage.transpose(1, 2).MoveToOuterDisposeScope();      // [batch, tokens, width]
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _stages.Dispose();
        base.Dispose(disposing);
    }

    private sealed class Stage : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "conv")]
        private readonly Conv1d _conv;

        [ComponentName(Name = "norm")]
        private readonly BatchNorm1d _norm;

        public Stage(int from, int to, int kernel, int stride)
            : base(nameof(Stage))
        {
            _conv = nn.Conv1d(from, to, kernel, stride, padding: (kernel - 1) / 2, bias: false);
            _norm = nn.BatchNorm1d(to); // eps 1e-5, momentum 0.1
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return _norm.forward(_conv.forward(input)).relu().MoveToOuterDisposeScope();
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _conv.Dispose();
                _norm.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
