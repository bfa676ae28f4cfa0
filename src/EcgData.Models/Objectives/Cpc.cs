using System.Runtime.InteropServices;
using EcgData.Models.Encoders;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>Where the negatives of an anchor are drawn.</summary>
public enum NegativesFrom
{
    SameCrop,

    /// <summary>From all crops of the batch. Scores every pair of tokens of the batch: 1.4 GB at 64 crops, so for small batches.</summary>
    Batch,
}

public enum Similarity
{
    DotProduct,
    Cosine,
}

public enum AnchorReduction
{
    /// <summary>Summed over a crop's anchors, as the published code does: 286 times the mean, about 1390 at chance.</summary>
    Sum,
    Mean,
}

/// <summary>What to do with a backbone whose tokens see later ones and could copy what they are to predict.</summary>
public enum Lookahead
{
    Refused,

    /// <summary>As in the published code, whose Net1D sees the whole crop and its transformer too unless told otherwise.</summary>
    Allowed,
}

/// <summary>Options of <see cref="Cpc"/>. The defaults are the study's but for <see cref="Lookahead"/>.</summary>
public sealed record CpcOptions
{
    /// <summary>Tokens from the anchor to the one that it predicts. It is the only one predicted, not the last of a row of them.</summary>
    public int Offset { get; init; } = 14;

    /// <summary>Negatives of an anchor, drawn with replacement.</summary>
    public int Negatives { get; init; } = 128;

    public NegativesFrom NegativesFrom { get; init; } = NegativesFrom.SameCrop;

    /// <summary>Farthest negative from the anchor in tokens; 0 is anywhere. The window is around the anchor, not around the positive.</summary>
    public int Interval { get; init; }

    public double Temperature { get; init; } = 1;

    public Similarity Similarity { get; init; } = Similarity.DotProduct;

    public AnchorReduction Reduction { get; init; } = AnchorReduction.Sum;

    public Lookahead Lookahead { get; init; } = Lookahead.Refused;

    /// <summary>The one objective that the study trains on bare millivolt.</summary>
    public InputScaling Input { get; init; } = InputScaling.Millivolt;
}

/// <summary>Contrastive predictive coding: tell the token 117 ms ahead from others of the crop.</summary>
/// <remarks>van den Oord, Li, Vinyals, "Representation learning with contrastive predictive coding", 2018, equation 4.</remarks>
public static class Cpc
{
    /// <summary>
    /// −ln(exp(s⁺) / Σ n·exp(s)) over each anchor's candidates, n being how often a candidate was drawn. All pairs are scored by one
    /// product, and the candidates weighted by their counts: equal to the loss over 129 gathered scores, without 4.8 GB of gathered
    /// tokens, and without a scatter in the gradient, which on a GPU would add in changing order.
    /// </summary>
    /// <param name="predicted">float[batch, anchors or more, width].</param>
    /// <param name="tokens">float[batch, tokens, width], what was predicted; gradients flow into it.</param>
    /// <param name="candidates">short[batch, anchors, tokens] (or batch · tokens), from <see cref="DrawCandidates"/>.</param>
    /// <returns>Loss (with gradient) and share of anchors whose positive scores highest: float scalars, owned by the caller.</returns>
    public static (Tensor Loss, Tensor Accuracy) Loss(Tensor predicted, Tensor tokens, Tensor candidates, CpcOptions options)
    {
        using var scope = NewDisposeScope();
        var (batch, length, width) = (tokens.shape[0], tokens.shape[1], tokens.shape[2]);
        var anchors = length - options.Offset;
        var asked = predicted.narrow(1, 0, anchors);                                          // [batch, anchors, width]
        if (options.Similarity == Similarity.Cosine)
        {
            (asked, tokens) = (nn.functional.normalize(asked, dim: -1), nn.functional.normalize(tokens, dim: -1));
        }

        Tensor scores;
        Tensor positives;
        if (options.NegativesFrom == NegativesFrom.SameCrop)
        {
            scores = asked.matmul(tokens.transpose(1, 2));                                    // [batch, anchors, tokens]
            positives = scores.diagonal(options.Offset, 1, 2);                                // [batch, anchors]
        }
        else
        {
            scores = asked.reshape(-1, width).matmul(tokens.reshape(-1, width).t()).view(batch, anchors, batch * length);
            positives = scores.view(batch, anchors, batch, length)
                .diagonal(0, 0, 2)                                                            // [anchors, tokens, batch]
                .diagonal(options.Offset, 0, 1);                                              // [batch, anchors]
        }

        if (options.Temperature != 1) (scores, positives) = (scores / options.Temperature, positives / options.Temperature);
        var logCounts = candidates.to(scores.dtype).log_();                                   // −∞ where not drawn
        var losses = (scores + logCounts).logsumexp(-1) - positives;                          // [batch, anchors]
        var loss = options.Reduction == AnchorReduction.Sum ? losses.sum() / batch : losses.mean();

        using var noGradient = no_grad();
        var highest = scores.detach().masked_fill(candidates == 0, double.NegativeInfinity).amax([-1]);
        var accuracy = (positives.detach() >= highest).to(float32).mean();
        return (loss.MoveToOuterDisposeScope(), accuracy.MoveToOuterDisposeScope());
    }

    /// <summary>Draws the candidates of a batch on the processor, the same on every machine.</summary>
    /// <returns>
    /// short[batch, anchors, tokens] (or batch · tokens): how often each token stands against the anchor, the positive once; owned by the
    /// caller.
    /// </returns>
    /// <exception cref="ArgumentException">The crop has no token that far ahead.</exception>
    public static Tensor DrawCandidates(int batch, int tokens, CpcOptions options, ulong key)
    {
        if (tokens <= options.Offset)
        {
            throw new ArgumentException(
                $"CPC: the crops have {tokens} tokens; expected more than the offset of {options.Offset}. Give longer crops or a smaller offset.");
        }

        var anchors = tokens - options.Offset;
        var perAnchor = options.NegativesFrom == NegativesFrom.SameCrop ? tokens : batch * tokens;
        // Filled where torch keeps it: as a managed array it would be 11 MB of garbage in each step of 64 crops.
        var counts = zeros([batch, anchors, perAnchor], int16);
        Parallel.For(0, batch, crop =>
        {
            var random = new KeyedRandom(KeyedRandom.Combine(key, (ulong)crop));
            var ofCrop = MemoryMarshal.Cast<byte, short>(counts.bytes).Slice(crop * anchors * perAnchor, anchors * perAnchor);
            for (var anchor = 0; anchor < anchors; anchor++)
            {
                var row = ofCrop.Slice(anchor * perAnchor, perAnchor);
                var own = options.NegativesFrom == NegativesFrom.SameCrop ? 0 : crop * tokens;
                row[own + anchor + options.Offset]++;
                var (start, end) = Window(anchor, tokens, options);
                for (var i = 0; i < options.Negatives; i++)
                {
                    var negative = Negative(start + random.NextIndex(end - start), anchor, tokens, options);
                    var from = options.NegativesFrom == NegativesFrom.SameCrop ? 0 : random.NextIndex(batch) * tokens;
                    row[from + negative]++;
                }
            }
        });
        return counts;
    }

    /// <summary>Half-open range that an anchor's draws come from, before the positive is stepped over.</summary>
    public static (int Start, int End) Window(int anchor, int tokens, CpcOptions options)
    {
        if (options.Interval == 0) return (0, tokens - 1);
        var last = options.Interval < options.Offset ? tokens : tokens - 1;
        return (Math.Max(anchor - options.Interval, 0), Math.Min(anchor + options.Interval + 1, last));
    }

    /// <summary>The token that a draw stands for: the positive is stepped over.</summary>
    public static int Negative(int drawn, int anchor, int tokens, CpcOptions options) =>
        Math.Min(drawn >= anchor + options.Offset ? drawn + 1 : drawn, tokens - 1);
}

/// <summary><see cref="Cpc"/> with its head, one linear map without bias. No mask, no teacher.</summary>
/// <remarks>Checkpoint key: head.weight.</remarks>
public sealed class CpcObjective : Objective
{
    private readonly CpcOptions _options;

    [ComponentName(Name = "head")]
    private readonly Linear _head;

    /// <exception cref="ArgumentException">The student's tokens see later ones.</exception>
    public CpcObjective(CpcOptions options, Encoder student, ulong seed)
        : base(nameof(CpcObjective))
    {
        if (!student.Backbone.IsCausal && options.Lookahead == Lookahead.Refused)
        {
            throw new ArgumentException(
                "CPC: the encoder's tokens see later ones, so it could copy what it is to predict; expected a causal encoder. " +
                $"Set the encoder's causal option, or allow it with lookahead = {Lookahead.Allowed}.");
        }

        _options = options;
        _head = nn.Linear(student.Width, student.Width, hasBias: false);
        RegisterComponents();
        Initialisation.Draw(this, seed);
    }

    public override InputScaling Input => _options.Input;

    public override ObjectiveLoss Loss(Encoder student, Tensor millivolt, ulong key)
    {
        FollowMode(student);
        using var scope = NewDisposeScope();
        var tokens = student.Stem.forward(Input.Apply(millivolt));                            // [batch, tokens, width]
        var (batch, length) = ((int)tokens.shape[0], (int)tokens.shape[1]);
        var candidates = Cpc.DrawCandidates(batch, length, _options, key).to(tokens.device);  // [batch, anchors, tokens]
        var seen = student.Backbone.forward(tokens).narrow(1, 0, length - _options.Offset);   // [batch, anchors, width]
        var (loss, accuracy) = Cpc.Loss(_head.forward(seen), tokens, candidates, _options);
        var figures = new Dictionary<string, double> { ["accuracy"] = accuracy.ToDouble() };
        return new(loss.MoveToOuterDisposeScope(), figures);
    }

    public override void AfterStep(Encoder student)
    {
    }

    public override IEnumerable<Parameter> HeadParameters() => _head.parameters();

    public override IEnumerable<Parameter> MaskParameters() => [];

    protected override void Dispose(bool disposing)
    {
        if (disposing) _head.Dispose();
        base.Dispose(disposing);
    }
}
