using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>
/// Dropped after pretraining: dilated convolutions that carry what lies around a token to it, then one linear map to the token's
/// samples. float[batch, tokens, width] to float[batch, tokens, leads · samplesPerToken] in millivolt.
/// </summary>
public sealed class ReconstructionHead : nn.Module<Tensor, Tensor>
{
    // Kernel 9 at dilations 1, 3 and 9 sees 105 tokens: 0.9 s at 240 Hz and two samples a token, about one heart beat.
    private const int Kernel = 9;

    [ComponentName(Name = "mix")]
    private readonly ModuleList<Conv1d> _mix = [];

    [ComponentName(Name = "out")]
    private readonly Linear _out;

    public ReconstructionHead(int width, int leads, int samplesPerToken)
        : base(nameof(ReconstructionHead))
    {
        foreach (var dilation in (int[])[1, 3, 9])
        {
            _mix.append(nn.Conv1d(width, width, Kernel, padding: dilation * (Kernel / 2), dilation: dilation));
        }

        _out = nn.Linear(width, leads * samplesPerToken);
        RegisterComponents();
    }

    /// <summary>Makes the first prediction 0 mV everywhere, so that a falling loss is never just the fading of random weights.</summary>
    public void StartAtZero()
    {
        using var noGradient = no_grad();
        foreach (var parameter in _out.parameters()) parameter.zero_();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var tokens = input.transpose(1, 2);                                                     // [batch, width, tokens]
        foreach (var conv in _mix) tokens = tokens + nn.functional.gelu(conv.forward(tokens));
        return _out.forward(tokens.transpose(1, 2)).MoveToOuterDisposeScope();                  // [batch, tokens, leads · samples]
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _mix.Dispose();
            _out.Dispose();
        }

        base.Dispose(disposing);
    }
}
