using EcgData.Models.Checkpoints;
using EcgData.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    private static readonly RunPosition Somewhere = new(Step: 12, Epoch: 1, Position: 3_000_000_000);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_WhatWasWritten_IsTheSameModuleAndPosition()
    {
        using var written = Module(1);
        using var moment = full([2, 3], 0.25f);
        var path = _folder["a.safetensors"];
        Checkpoint.Write(
            path, Somewhere, [("encoder.", written)], [("optimiser.w.first", moment)], new Dictionary<string, string> { ["recipe"] = "{}" });

        using var loaded = Module(2);
        using var file = SafetensorsFile.Open(path);
        Checkpoint.Load(file, "encoder.", loaded);

        Assert.Equal(Somewhere, Checkpoint.PositionOf(file));
        Assert.Equal("{}", file.Metadata["recipe"]);
        foreach (var (name, value) in written.state_dict()) Assert.True(value.equal(loaded.state_dict()[name]).all().item<bool>(), name);
        Assert.Equal(Checkpoint.Format, file.Metadata["format"]);
    }

    [Fact]
    public void Load_ModuleOfAnotherShape_NamesWhatDoesNotFit()
    {
        using var written = Module(1);
        var path = _folder["a.safetensors"];
        Checkpoint.Write(path, Somewhere, [("encoder.", written)], [], new Dictionary<string, string>());
        using var file = SafetensorsFile.Open(path);
        using var less = nn.Sequential(("a", nn.Linear(3, 2)));
        Assert.Contains("'encoder.b.bias'", Assert.Throws<InvalidDataException>(() => Checkpoint.Load(file, "encoder.", less)).Message, StringComparison.Ordinal);
        using var more = nn.Sequential(("a", nn.Linear(3, 2)), ("b", nn.BatchNorm1d(2)), ("c", nn.Linear(2, 2)));
        Assert.Contains("'encoder.c.weight'", Assert.Throws<InvalidDataException>(() => Checkpoint.Load(file, "encoder.", more)).Message, StringComparison.Ordinal);
        using var other = nn.Sequential(("a", nn.Linear(4, 2)), ("b", nn.BatchNorm1d(2)));
        Assert.Contains("'encoder.a.weight'", Assert.Throws<InvalidDataException>(() => Checkpoint.Load(file, "encoder.", other)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("format", "other/1")]
    [InlineData("step", "-1")]
    [InlineData("epoch", "99999999999")]
    [InlineData("position", "1e3")]
    public void PositionOf_ForeignMetadata_SaysSo(string key, string value)
    {
        var metadata = new Dictionary<string, string> { ["format"] = Checkpoint.Format, ["step"] = "1", ["epoch"] = "0", ["position"] = "0", [key] = value };
        SafetensorsWriter.Write(_folder["a.safetensors"], [], metadata);
        using var file = SafetensorsFile.Open(_folder["a.safetensors"]);
        Assert.Throws<InvalidDataException>(() => Checkpoint.PositionOf(file));
    }

    [Fact]
    public void Folder_ManyCheckpoints_KeepsTheLatestAndTheBest()
    {
        var folder = new CheckpointFolder(_folder["checkpoints"], keepLast: 2);
        Assert.Null(folder.Latest());
        foreach (var step in (long[])[5, 100, 20_000_000_000, 7])
        {
            SafetensorsWriter.Write(folder.PathOf(step), [], new Dictionary<string, string> { ["step"] = $"{step}" });
            if (step == 5) folder.MakeBest(folder.PathOf(step));
        }

        File.WriteAllText(folder.PathOf(9) + ".partial", "half");
        folder.Trim();

        Assert.Equal(folder.PathOf(20_000_000_000), folder.Latest());
        Assert.Equal(
            [folder.Best, folder.PathOf(100), folder.PathOf(20_000_000_000)],
            Directory.EnumerateFileSystemEntries(_folder["checkpoints"]).Order(StringComparer.Ordinal));
        using var best = SafetensorsFile.Open(folder.Best);
        Assert.Equal("5", best.Metadata["step"]);
    }

    /// <summary>With batch normalisation, whose counter is a long and a scalar.</summary>
    private static TorchSharp.Modules.Sequential Module(ulong seed)
    {
        var module = nn.Sequential(("a", nn.Linear(3, 2)), ("b", nn.BatchNorm1d(2)));
        Initialisation.Draw(module, seed);
        return module;
    }
}
