using System.Numerics;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>
/// One structured state space layer: a long convolution for each channel by itself, GELU, dropout, then a linear map over the
/// channels with a gate. float[batch, tokens, width] to float[batch, tokens, width].
/// </summary>
/// <remarks>
/// Gu, Goel, Ré, "Efficiently modeling long sequences with structured state spaces", ICLR 2022, with Δ, A, B, P and Q frozen as in
/// the study. Checkpoint keys: C (as C~), D, linear.{weight, bias}; buffers log_dt, w, B, P, Q.
/// </remarks>
public sealed class S4Layer : nn.Module<Tensor, Tensor>, IDrawnLayer
{
    [ComponentName(Name = "C")]
    private readonly Parameter _c;

    [ComponentName(Name = "D")]
    private readonly Parameter _d;

    [ComponentName(Name = "log_dt")]
    private readonly Tensor _logDt;

    [ComponentName(Name = "w")]
    private readonly Tensor _w;

    [ComponentName(Name = "B")]
    private readonly Tensor _b;

    [ComponentName(Name = "P")]
    private readonly Tensor _p;

    [ComponentName(Name = "Q")]
    private readonly Tensor _q;

    [ComponentName(Name = "linear")]
    private readonly Linear _linear;

    private readonly S4Kernel _kernel = new();

    public S4Layer(S4LayerOptions options)
        : base(nameof(S4Layer))
    {
        Options = options;
        var (width, half) = (options.Width, options.S4.StateSize / 2);
        var legs = HippoLegs.Create(options.S4.StateSize);
        _c = nn.Parameter(zeros(options.Causal ? 1 : 2, width, half, 2));
        _d = nn.Parameter(zeros(1, width));
        _logDt = full(width, (Math.Log(options.S4.LeastStep) + Math.Log(options.S4.GreatestStep)) / 2);
        _w = OfEachChannel(legs.W, width).squeeze(0);
        _b = OfEachChannel(legs.B, width);
        _p = OfEachChannel(legs.P, width);
        _q = OfEachChannel([.. legs.P.Select(Complex.Conjugate)], width);
        _linear = nn.Linear(width, 2 * width);
        RegisterComponents();
    }

    public S4LayerOptions Options { get; }

    internal Linear Linear => _linear;

    internal Parameter Skip => _d;

    /// <returns>float[batch, tokens, width], owned by the caller.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var channels = ChannelFirst.From(input);
        using var mask = ChannelFirst.DropoutMask(this, Options.S4, channels);
        return ChannelFirst.ToTokens(Apply(channels, mask)).MoveToOuterDisposeScope();
    }

    /// <param name="channels">float[width, batch, tokens].</param>
    /// <param name="mask">float[width, batch, 1 or tokens], or null.</param>
    /// <returns>float[width, batch, tokens], owned by the caller.</returns>
    internal Tensor Apply(Tensor channels, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var shape = channels.shape;
        var state = LongConvolution.Apply(channels, Kernel(shape[2]), Options.Causal) + channels * _d.view(-1, 1, 1);
        var activated = nn.functional.gelu(state);                                    // [width, batch, tokens]
        if (mask is not null) activated = activated * mask;
        var doubled = addmm(_linear.bias!.unsqueeze(1), _linear.weight!, activated.view(shape[0], -1), 1, 1);
        return nn.functional.glu(doubled, 0).view(shape).MoveToOuterDisposeScope();
    }

    /// <summary>The convolution's kernels: [width, 1 or 2, length]; the second, of the look ahead, starts at lag -1.</summary>
    internal Tensor Kernel(long length) =>
        _kernel.Evaluate(_c, [_logDt, _w, _b, _p, _q], Options.Tokens, length, keep: !training && !is_grad_enabled());

    internal StateSpace CreateStateSpace() => new(_logDt, _w, _b, _p, _q);

    /// <summary>C behind the stored C~: double[c, width, N], interleaved; owned by the caller.</summary>
    internal Tensor OriginalC(StateSpace space)
    {
        using var scope = NewDisposeScope();
        return space.FromStored(_c.detach().cpu().view(_c.shape[0], _c.shape[1], -1), Options.Tokens).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// C~ for another reference length, such that the kernel stays what it is. Needed only to hand the weights to an implementation
    /// that ties the length: this one runs any length from any reference. For twice the length it is C~(1 + Ā^tokens).
    /// </summary>
    /// <returns>[c, width, N / 2, 2] of the parameter's type, owned by the caller.</returns>
    public Tensor StoredFor(int tokens)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var space = CreateStateSpace();
        return space.ToStored(OriginalC(space), tokens).view(_c.shape).to(_c.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Starts log Δ uniform, C complex normal with E|C|² = 1 (stored as C~), D normal, the linear map as PyTorch's layers.</summary>
    void IDrawnLayer.Draw(ulong key)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var random = new KeyedRandom(KeyedRandom.Combine(key, KeyedRandom.KeyOf("log_dt")));
        var (least, greatest) = (Math.Log(Options.S4.LeastStep), Math.Log(Options.S4.GreatestStep));
        var steps = new double[Options.Width];
        foreach (ref var step in steps.AsSpan()) step = least + random.NextSingle() * (greatest - least);
        _logDt.copy_(tensor(steps));

        using var space = CreateStateSpace();
        var c = Initialisation.Normal(_c.shape, Math.Sqrt(0.5), KeyedRandom.Combine(key, KeyedRandom.KeyOf("C")));
        _c.copy_(space.ToStored(c.view(_c.shape[0], _c.shape[1], -1), Options.Tokens).view(_c.shape));
        _d.copy_(Initialisation.Normal(_d.shape, 1, KeyedRandom.Combine(key, KeyedRandom.KeyOf("D"))));
        Initialisation.Draw(_linear, KeyedRandom.Combine(key, KeyedRandom.KeyOf("linear")));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _kernel.Dispose();
            _linear.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <returns>float[1, width, N / 2, 2].</returns>
    private static Tensor OfEachChannel(Complex[] values, int width)
    {
        using var scope = NewDisposeScope();
        var flat = values.SelectMany(value => (double[])[value.Real, value.Imaginary]).ToArray();
        return tensor(flat, [1, 1, values.Length, 2]).to(float32).repeat(1, width, 1, 1).MoveToOuterDisposeScope();
    }
}
