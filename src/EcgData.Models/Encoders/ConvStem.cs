using EcgData.Models.Encoders.Fused;
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
/// <remarks>
/// The convolutions are matrix products here, the first over its unfolded window. Checkpoint keys: stages.N.conv.weight,
/// stages.N.norm.{weight, bias, running_mean, running_var, num_batches_tracked}.
/// </remarks>
public sealed class ConvStem : nn.Module<Tensor, Tensor>
{
    /// <summary>Samples per token: the stride of the first stage.</summary>
    public const int SamplesPerToken = 2;

    internal const int StageCount = 4;

    private const int FirstKernel = 3;

    [ComponentName(Name = "stages")]
    private readonly ModuleList<Stage> _stages = [];

    public ConvStem(ConvStemOptions options)
        : base(nameof(ConvStem))
    {
        _stages.append(new Stage(options.Leads, options.Width, FirstKernel));
        while (_stages.Count < StageCount) _stages.append(new Stage(options.Width, options.Width, kernel: 1));
        RegisterComponents();
    }

    /// <param name="input">float[batch, leads, samples] in millivolt; absent leads are 0, never NaN.</param>
    /// <returns>float[batch, tokens, width], a view of float[width, batch, tokens]; owned by the caller.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (batch, tokens) = (input.shape[0], (input.shape[2] + 1) / SamplesPerToken);
        var stage = Unfold(input, tokens);                                             // [leads · 3, batch · tokens]
        foreach (var next in _stages) stage = next.forward(stage);                     // [width, batch · tokens]
        return ChannelFirst.ToTokens(stage.view(-1, batch, tokens)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _stages.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>The three samples that each token of the first stage sees, of each lead, with a zero in front and behind.</summary>
    private static Tensor Unfold(Tensor input, long tokens)
    {
        var leads = nn.functional.pad(input.transpose(0, 1), [1, 1]);                  // [leads, batch, samples + 2]
        var seen = leads.unfold(2, FirstKernel, SamplesPerToken);                      // [leads, batch, tokens, 3]
        return seen.permute(0, 3, 1, 2).reshape(input.shape[1] * FirstKernel, input.shape[0] * tokens);
    }

    private sealed class Stage : nn.Module<Tensor, Tensor>
    {
        private const double Momentum = 0.1;

        [ComponentName(Name = "conv")]
        private readonly Conv1d _conv;

        [ComponentName(Name = "norm")]
        private readonly BatchNorm1d _norm;

        public Stage(int from, int to, int kernel)
            : base(nameof(Stage))
        {
            _conv = nn.Conv1d(from, to, kernel, bias: false);
            _norm = nn.BatchNorm1d(to, momentum: Momentum); // eps 1e-5
            RegisterComponents();
        }

        /// <param name="input">float[in · kernel, values].</param>
        /// <returns>float[out, values], owned by the caller.</returns>
        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var weight = _conv.weight!;
            var mixed = weight.view(weight.shape[0], -1).mm(input);
            if (!training || !Lanes.Take(mixed)) return _norm.forward(mixed.unsqueeze(0)).relu_().squeeze(0).MoveToOuterDisposeScope();
            using (no_grad()) _norm.num_batches_tracked!.add_(1);
            return FusedNorm.Train(mixed, _norm.weight!, _norm.bias!, _norm.running_mean!, _norm.running_var!, Momentum).MoveToOuterDisposeScope();
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
