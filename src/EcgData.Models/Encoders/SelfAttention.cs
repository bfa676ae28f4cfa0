using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>Attention of the tokens of a crop to each other: float[batch, tokens, width] to the same shape.</summary>
/// <remarks>Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.2. Keys: query, key, value, out.{weight, bias}.</remarks>
internal sealed class SelfAttention : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "query")]
    private readonly Linear _query;

    [ComponentName(Name = "key")]
    private readonly Linear _key;

    [ComponentName(Name = "value")]
    private readonly Linear _value;

    [ComponentName(Name = "out")]
    private readonly Linear _out;

    private readonly PositionTables? _positions;
    private readonly int _heads;
    private readonly bool _causal;
    private readonly double _dropout;

    public SelfAttention(int width, bool causal, TransformerOptions options)
        : base(nameof(SelfAttention))
    {
        (_heads, _causal, _dropout) = (options.Heads, causal, options.Dropout);
        _query = nn.Linear(width, width);
        _key = nn.Linear(width, width);
        _value = nn.Linear(width, width);
        _out = nn.Linear(width, width);
        if (options.PositionCode == PositionCode.Rotary) _positions = new PositionTables(width / options.Heads / 2);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (batch, tokens) = (input.shape[0], input.shape[1]);
        Tensor Heads(Linear map) => map.forward(input).view(batch, tokens, _heads, -1).transpose(1, 2);   // [batch, heads, tokens, head width]
        var (query, key) = (Turn(Heads(_query)), Turn(Heads(_key)));
        var seen = nn.functional.scaled_dot_product_attention(
            query, key, Heads(_value), p: training ? _dropout : 0, is_casual: _causal);
        return _out.forward(seen.transpose(1, 2).reshape(batch, tokens, -1)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var map in (Linear[])[_query, _key, _value, _out]) map.Dispose();
            _positions?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Turns the plane of entries i and i + n/2 of a head by the token's place times frequency i.</summary>
    private Tensor Turn(Tensor heads)
    {
        if (_positions is null) return heads;
        var (cosine, sine) = _positions.Of(heads.shape[2], heads);
        var halves = heads.chunk(2, -1);
        return cat([halves[0] * cosine - halves[1] * sine, halves[1] * cosine + halves[0] * sine], -1);
    }
}
