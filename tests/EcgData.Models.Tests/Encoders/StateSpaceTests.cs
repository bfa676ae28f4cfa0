using EcgData.Models.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Encoders;

/// <summary>Against golden/kernel_*.json: kernels of the study's own code, in double.</summary>
public sealed class StateSpaceTests
{
    private const double Tolerance = 1e-9;

    [Theory]
    [InlineData("kernel_n8", 300)]
    [InlineData("kernel_n64", 300)]
    [InlineData("kernel_n8_short", 64)]
    public void Basis_StoredC_GivesTheGoldenKernelAndItsContinuation(string file, int tokens)
    {
        using var scope = NewDisposeScope();
        var golden = new Safetensors(file + ".safetensors");
        using var space = Space(golden);
        var stored = Rows(golden["C"]);
        Close.AssertRelative(golden["K"], Kernel(stored, space.Basis(tokens, tokens)), Tolerance, "K");

        var longer = Kernel(stored, space.Basis(tokens, tokens * 3 / 2));
        Close.AssertRelative(golden["K_doubled_tail"], longer.narrow(2, tokens, tokens / 2), Tolerance, "tail");
        Close.AssertRelative(golden["K"].narrow(2, 0, 10), Kernel(stored, space.Basis(tokens, 10)), Tolerance, "head");
    }

    [Theory]
    [InlineData("kernel_n8", 300)]
    [InlineData("kernel_n64", 300)]
    [InlineData("kernel_n8_short", 64)]
    public void StoredC_OtherLengths_IsTheGoldenOne(string file, int tokens)
    {
        using var scope = NewDisposeScope();
        var golden = new Safetensors(file + ".safetensors");
        using var space = Space(golden);
        var original = Rows(golden["C0"]);
        Close.AssertRelative(Rows(golden["C"]), space.ToStored(original, tokens), Tolerance, "C~");
        Close.AssertRelative(Rows(golden["C_doubled"]), space.ToStored(original, 2 * tokens), Tolerance, "C~ of twice the length");
        Close.AssertRelative(original, space.FromStored(Rows(golden["C"]), tokens), Tolerance, "C");
    }

    [Fact]
    public void Basis_TestKernelsOfTheStudy_AreItsNumbers()
    {
        // The study's section 3.3.6: N = 8, Δ = 0.05, 16 lags, C = conj(B) as original and as stored parameter.
        double[] original =
        [
            1.5923949118, -0.2947855033, -0.4538502255, -0.1748131824, 0.0744858337, 0.1845963154, 0.1786080509, 0.1109323742,
            0.0282663708, -0.0406190556, -0.0833413558, -0.0988229417, -0.0922106491, -0.0710289546, -0.0427373468, -0.0134483802,
        ];
        double[] stored =
        [
            1.5868916682, -0.2796102374, -0.4240583162, -0.1365732723, 0.1156320348, 0.2241462396, 0.2132604443, 0.138572625,
            0.0478397606, -0.0292941234, -0.079781541, -0.1020831745, -0.1010660831, -0.0841271768, -0.0587179678, -0.0310308802,
        ];
        using var scope = NewDisposeScope();
        var legs = HippoLegs.Create(8);
        Tensor Pairs(IEnumerable<System.Numerics.Complex> values) =>
            tensor(values.SelectMany(value => (double[])[value.Real, value.Imaginary]).ToArray(), [1, 4, 2]);
        var conjugate = Pairs(legs.B.Select(System.Numerics.Complex.Conjugate));
        using var space = new StateSpace(
            tensor(new[] { Math.Log(0.05) }), Pairs(legs.W), Pairs(legs.B), Pairs(legs.P), Pairs(legs.P.Select(System.Numerics.Complex.Conjugate)));

        var basis = space.Basis(16, 16);
        Close.Assert(tensor(stored, [1, 1, 16]), Kernel(conjugate.view(1, 1, 8), basis), 1e-9);
        Close.Assert(tensor(original, [1, 1, 16]), Kernel(space.ToStored(conjugate.view(1, 1, 8), 16), basis), 1e-9);
    }

    private static StateSpace Space(Safetensors golden) => new(golden["log_dt"], golden["w"], golden["B"], golden["P"], golden["Q"]);

    private static Tensor Rows(Tensor c) => c.view(c.shape[0], c.shape[1], -1);

    /// <returns>double[c, width, length].</returns>
    private static Tensor Kernel(Tensor stored, Tensor basis) => stored.unsqueeze(-2).matmul(basis).squeeze(-2);
}
