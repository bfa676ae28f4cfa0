using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>
/// A causal S4 backbone one token at a time, for a stream: each block keeps the state of its channels, N numbers, in place of the
/// past. Gives what the backbone gives in evaluation mode for as many tokens as its reference length, with no end thereafter.
/// </summary>
/// <remarks>x_t = Ā x_{t-1} + B̄ u_t, y_t = 2 Re(C x_t) + D u_t, with C recovered from C~ (Gu, Goel, Ré, ICLR 2022, section 2.2).</remarks>
public sealed class S4Recurrence : IDisposable
{
    private readonly List<BlockState> _blocks = [];

    /// <param name="backbone">Causal; its weights are read now, its maps and norms at each step. Stays the caller's.</param>
    /// <param name="batch">Streams side by side.</param>
    /// <exception cref="ArgumentException">The backbone looks ahead.</exception>
    public S4Recurrence(S4Backbone backbone, int batch)
    {
        if (!backbone.IsCausal)
        {
            throw new ArgumentException(
                "The S4 backbone is bidirectional: it looks ahead; expected is a causal one. Create the encoder with Causal = true.", nameof(backbone));
        }

        foreach (var block in backbone.Blocks) _blocks.Add(new BlockState(block, batch));
    }

    /// <param name="token">float[batch, width]: the next token of each stream.</param>
    /// <returns>float[batch, width], owned by the caller.</returns>
    public Tensor Step(Tensor token)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var stream = token;
        foreach (var block in _blocks) stream = block.Step(stream);
        return stream.MoveToOuterDisposeScope();
    }

    /// <summary>Forgets the past.</summary>
    public void Restart()
    {
        foreach (var block in _blocks) block.Restart();
    }

    public void Dispose()
    {
        foreach (var block in _blocks) block.Dispose();
    }

    private sealed class BlockState : IDisposable
    {
        private readonly S4Block _block;
        private readonly Tensor _step;        // [width, N, N]
        private readonly Tensor _input;       // [width, N]
        private readonly Tensor _functional;  // [width, N]
        private readonly Tensor _state;       // [batch, width, N]

        public BlockState(S4Block block, int batch)
        {
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            _block = block;
            using var space = block.Layer.CreateStateSpace();
            var like = block.Layer.Skip;
            Tensor Kept(Tensor exact) => exact.to(like.dtype, like.device, copy: true).DetachFromDisposeScope();
            _step = Kept(space.Step);
            _input = Kept(space.Input.squeeze(-1));
            _functional = Kept(space.Functional(block.Layer.OriginalC(space)).squeeze(0));
            _state = zeros([batch, _step.shape[0], _step.shape[1]], like.dtype, like.device).DetachFromDisposeScope();
        }

        public Tensor Step(Tensor token)
        {
            var next = _step.matmul(_state.unsqueeze(-1)).squeeze(-1) + _input * token.unsqueeze(-1);
            _state.copy_(next);
            return _block.AfterConvolution(token, (next * _functional).sum([-1]));
        }

        public void Restart() => _state.zero_();

        public void Dispose()
        {
            foreach (var tensor in (Tensor[])[_step, _input, _functional, _state]) tensor.Dispose();
        }
    }
}
