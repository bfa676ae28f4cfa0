using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders.Fused;

/// <summary>
/// An S4 block, forward and backward, as two passes over memory around one matrix product. The same function as
/// <see cref="S4Block"/>'s own operations, whose gradients Torch derives.
/// </summary>
internal sealed class FusedBlock : autograd.SingleTensorFunction<FusedBlock>
{
    public override string Name => nameof(FusedBlock);

    /// <param name="weights">Of <paramref name="channels"/>' type and device, in the order of <see cref="Arguments"/>.</param>
    /// <returns>float[width, batch, tokens]; and the layer's output before dropout where <paramref name="wantTap"/>, without gradient.</returns>
    public static (Tensor Output, Tensor? Tap) Run(Weights weights, Tensor channels, Tensor? inner, Tensor? outer, bool wantTap)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var steps = new Steps(weights, channels, inner, outer, keepsState: false, wantTap);
        return (steps.Output.MoveToOuterDisposeScope(), steps.Tap?.MoveToOuterDisposeScope());
    }

    /// <returns>float[width, batch, tokens], with gradient.</returns>
    public static Tensor Apply(Weights weights, Tensor channels, Tensor? inner, Tensor? outer)
    {
        using var scope = NewDisposeScope();
        var w = weights;
        var output = apply(
            channels, w.Kernels, w.Skip, w.Linear, w.Bias, w.NormWeight, w.NormShift, new Drops(inner, outer));
        return output.MoveToOuterDisposeScope();
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (channels, weights) = ((Tensor)vars[0], Weights.From(vars));
        var drops = (Drops)vars[7];
        var steps = new Steps(weights, channels, drops.Inner, drops.Outer, keepsState: true, wantTap: false);
        ctx.save_for_backward(
        [
            channels, weights.Kernels, weights.Skip, weights.Linear, weights.Bias, weights.NormWeight, weights.NormShift,
            steps.State, steps.Activated, steps.Doubled, steps.Moments, drops.Inner!, drops.Outer!,
        ]);
        return steps.Output;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        SpentGradients.Release();
        var saved = ctx.get_saved_variables();
        var (channels, kernels, skip, linear) = (saved[0], saved[1], saved[2], saved[3]);
        var (state, activated, doubled, moments) = (saved[7], saved[8], saved[9], saved[10]);
        var operands = new GatePass.Operands(channels, doubled, saved[4], saved[12], saved[5], saved[6]);
        var shape = channels.shape;
        var (width, row) = (shape[0], shape[1] * shape[2]);

        using var gradient = grad_output.contiguous();
        var stream = empty(shape);
        using var channelGradients = empty(4, width);
        Tensor linearGradient, bias, normWeight, normShift;
        var kernelGradient = empty(kernels.shape);
        var skipGradient = empty(skip.shape);
        using (var doubledGradient = empty(2 * width, row))
        {
            GatePass.Backward(operands, moments, gradient, stream, doubledGradient, channelGradients);
            using (var transposed = activated.view(width, row).t()) linearGradient = doubledGradient.mm(transposed);
            using var transposedLinear = linear.t();
            using var activatedGradient = transposedLinear.mm(doubledGradient);
            ConvolutionPass.Backward(
                new ConvolutionPass.Operands(channels, kernels, skip, saved[11]), state, activatedGradient, stream, kernelGradient, skipGradient);
        }

        bias = channelGradients.narrow(0, 0, 2).reshape(2 * width).clone();
        normWeight = channelGradients.select(0, 2).clone();
        normShift = channelGradients.select(0, 3).clone();
        foreach (var tensor in saved) tensor?.Dispose();
        grad_output.Dispose();
        List<Tensor?> gradients = [stream, kernelGradient, skipGradient, linearGradient, bias, normWeight, normShift, null];
        SpentGradients.Keep(gradients);
        return gradients!;
    }

    /// <summary>The tensors that a block learns; kernels float[width, 1 or 2, tokens], the others flat or as their modules hold them.</summary>
    public sealed record Weights(Tensor Kernels, Tensor Skip, Tensor Linear, Tensor Bias, Tensor NormWeight, Tensor NormShift)
    {
        public static Weights From(object[] vars) =>
            new((Tensor)vars[1], (Tensor)vars[2], (Tensor)vars[3], (Tensor)vars[4], (Tensor)vars[5], (Tensor)vars[6]);
    }

    private sealed record Drops(Tensor? Inner, Tensor? Outer);

    /// <summary>The way forward.</summary>
    private sealed class Steps
    {
        public Steps(Weights weights, Tensor channels, Tensor? inner, Tensor? outer, bool keepsState, bool wantTap)
        {
            var (shape, row) = (channels.shape, channels.shape[1] * channels.shape[2]);
            Activated = empty(shape);
            State = keepsState ? empty(shape) : Activated;
            ConvolutionPass.Forward(new ConvolutionPass.Operands(channels, weights.Kernels, weights.Skip, inner), State, Activated);
            using var flat = Activated.view(shape[0], row);
            Doubled = weights.Linear.mm(flat);
            Output = empty(shape);
            Moments = empty(2, row);
            Tap = wantTap ? empty(shape) : null;
            var operands = new GatePass.Operands(channels, Doubled, weights.Bias, outer, weights.NormWeight, weights.NormShift);
            GatePass.Forward(operands, Output, Moments, Tap);
        }

        public Tensor State { get; }

        public Tensor Activated { get; }

        public Tensor Doubled { get; }

        public Tensor Moments { get; }

        public Tensor Output { get; }

        public Tensor? Tap { get; }
    }
}
