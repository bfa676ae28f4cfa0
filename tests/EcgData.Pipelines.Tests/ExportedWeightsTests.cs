using System.Text.Json;
using EcgData.Models;
using EcgData.Models.Checkpoints;
using EcgData.Models.Encoders;
using EcgData.Pipelines.Tests.Streaming;
using EcgData.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Pipelines.Tests;

/// <summary>What <c>inspect --export</c> writes is what PyTorch reads: the same stem there makes the same tokens.</summary>
[Collection(TorchAlone.Name)]
public sealed class ExportedWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("ours")]
    [InlineData("study")]
    public async Task Export_InPyTorch_MakesTheSameTokens(string names)
    {
        var (checkpoint, exported) = (_folder["checkpoint.safetensors"], _folder["exported.safetensors"]);
        float[] ours;
        using (NoCollection.Begin())
        using (NewDisposeScope())
        using (no_grad())
        {
            var options = new EncoderOptions { Width = 16, S4 = new() { Layers = 1 } };
            using var encoder = Encoders.Create(options, seed: 3);
            var wave = (arange(12 * 60, dtype: ScalarType.Float32) * 0.37f).sin().view(1, 12, 60);
            encoder.train();
            encoder.Stem.forward(wave);   // the running statistics are then not those that it begins with
            encoder.eval();
            ours = encoder.Stem.forward(wave).contiguous().data<float>().ToArray();
            EncoderFile.Write(checkpoint, encoder, options, InputScaling.Millivolt);
        }

        new Ecgdata(_folder["caches"]).Run("inspect", checkpoint, "--export", exported, "--names", names).EndsWith(0);
        using var python = Child.Python(Path.Join(Repository.Root, "tests/EcgData.Pipelines.Tests/load_stem.py"), exported, names);
        var printed = await python.ReadAsync();
        await python.EndsWithAsync(0);
        var theirs = JsonSerializer.Deserialize<float[]>(printed)!;
        Assert.Equal(ours.Length, theirs.Length);
        Assert.Contains(ours, value => value > 0.01f);
        for (var index = 0; index < ours.Length; index++) Assert.Equal(ours[index], theirs[index], 1e-6f);
    }
}
