using EcgData.Models.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Objectives;

/// <summary>Against numbers of the published code (golden/skkmeans.json) at the tolerance stated there.</summary>
public sealed class HubertPlusPlusTests
{
    private const double Tolerance = 1e-9;

    private static readonly Safetensors Golden = new("skkmeans.safetensors");

    private static readonly int[] Clusters = [10, 14];

    public static TheoryData<string, HubertPlusPlusOptions, double> Cases => new()
    {
        { "grad_study", new HubertPlusPlusOptions(), 4.299162154788132 },
        { "grad_alpha1", new HubertPlusPlusOptions { HiddenWeight = 1, EntropyWeight = 0, Sharpening = 10 }, 77.30032961122006 },
        {
            "grad_nowarmup",
            new HubertPlusPlusOptions { HiddenWeight = 0.5, EntropyWeight = 0, Temperature = new(0.5, 0.1, 0) }, 29.203313212128766
        },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_GoldenShares_IsTheGoldenLossAndItsGradient(string gradient, HubertPlusPlusOptions options, double loss)
    {
        using var scope = NewDisposeScope();
        var predicted = Golden["pred"].requires_grad_();
        var hidden = Golden["mask"].flatten();
        var total = zeros([], float64);
        for (var (set, start) = (0, 0); set < 2; start += Clusters[set++])
        {
            var logits = predicted.flatten(0, 1).narrow(1, start, Clusters[set]);
            total = total + HubertPlusPlus.Loss(logits, Golden[$"Q{set}_step1"], hidden, options.Temperature.At(0), options);
        }

        total.backward();
        Assert.Equal(loss, total.ToDouble(), Tolerance);
        Close.Assert(Golden[gradient], predicted.grad!, Tolerance);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Prototypes_TwoSteps_AreTheGoldenOnes(int set)
    {
        using var scope = NewDisposeScope();
        var prototypes = new Prototypes(Clusters[set], width: 16, new());
        prototypes.to(float64);
        var state = prototypes.state_dict();
        state["vectors"].copy_(Golden[$"prototypes{set}_0"]);
        state["seeded"].fill_(1);
        double[] temperatures = [0.15, 0.14999506529926643, 0.14998026241462925];
        for (var step = 1; step <= 2; step++)
        {
            Assert.Equal(temperatures[step - 1], prototypes.Temperature, 1e-12);
            var rows = Prototypes.Rows(Golden[$"features{step}"]);
            prototypes.SeedOnce(rows, key: 1);   // is seeded already
            var shares = prototypes.Assign(rows);
            Close.Assert(Golden[$"Q{set}_step{step}"], shares, Tolerance);
            prototypes.Remember(rows, shares);
            prototypes.Update();
            Close.Assert(Golden[$"prototypes{set}_{step}"], prototypes.state_dict()["vectors"], Tolerance);
            Assert.Equal(temperatures[step], prototypes.Temperature, 1e-12);
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 3)]
    [InlineData(1, 10)]
    public void Sinkhorn_GoldenLogits_AreTheGoldenShares(int set, int iterations)
    {
        using var scope = NewDisposeScope();
        var logits = Prototypes.Rows(Golden["features1"]).matmul(Golden[$"prototypes{set}_0"].t()) / 0.15;
        var shares = Sinkhorn.Assign(logits, iterations);
        Close.Assert(Golden[$"Q{set}_step1_iters{iterations}"], shares, Tolerance);
        if (iterations > 0) Assert.True((shares.sum([1]) - 1).abs().max().ToDouble() < 1e-6);
    }

    [Fact]
    public void Seeds_ThreeClusters_HitEachOfThem()
    {
        using var scope = NewDisposeScope();
        // Three bundles of directions far apart; k-means++ goes where no seed is near, uniform draws would miss a bundle of 5 in 100.
        var centres = eye(3, 8);
        var rows = nn.functional.normalize(centres.index_select(0, tensor(Enumerable.Range(0, 100).Select(i => i < 90 ? 0L : i < 95 ? 1 : 2).ToArray()))
            + 0.01 * rand(100, 8, generator: new Generator(1)), dim: 1);
        for (ulong key = 0; key < 20; key++)
        {
            var nearest = Prototypes.Seeds(rows, 3, key).matmul(centres.t()).argmax(1);
            Assert.Equal([0, 1, 2], nearest.data<long>().ToArray().Order());
        }
    }

    [Fact]
    public void Seeds_FewerRowsThanPrototypes_AreAllRowsAndRandomDirections()
    {
        using var scope = NewDisposeScope();
        var rows = eye(2, 8);
        var seeds = Prototypes.Seeds(rows, 5, key: 3);
        Assert.Equal([5, 8], seeds.shape);
        Assert.True((seeds.norm(1) - 1).abs().max().ToDouble() < 1e-6);
        Assert.Equal([0, 1], seeds.narrow(0, 0, 2).argmax(1).data<long>().ToArray().Order());
        Assert.True(seeds.Equals(Prototypes.Seeds(rows, 5, key: 3)));
    }

    [Fact]
    public void Entropy_EvenShares_IsTheLogarithmOfTheirNumber()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(Math.Log(16), HubertPlusPlus.Entropy(full([3, 16], 1 / 16.0, float64)).ToDouble(), 1e-6);
    }
}
