using System.Diagnostics;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>A disk that is really full in the middle of a build: a small file system in memory, which takes root to mount.</summary>
public sealed class DiskFullTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        Run("umount", _folder["disk"]);
        _folder.Dispose();
    }

    [Fact]
    public void Build_DiskFullInTheMiddle_EndsWith3AndTheNextGoesOn()
    {
        Directory.CreateDirectory(_folder["disk"]);
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", _folder["disk"]) == 0, "Mounting a file system takes root.");
        var corpus = new CorpusFolder(_folder["disk/corpus"]);
        var program = new Ecgdata(_folder["caches"]);
        string[] build = ["build", "--json", "--corpus", corpus.Path];
        string[] source = ["--source", $"ptb-xl={_folder["tree"]}", "--set", SyntheticCorpus.SmallShards];
        string[] whole = [.. build, .. source];
        program.Run("synth", _folder["tree"], "--source", "ptb-xl", "--records", "70", "--seed", "11", "--defects", "0").EndsWith(0);
        var expected = program.Run(["build", "--json", "--corpus", _folder["unbroken"], .. source]).EndsWith(0).Version;
        program.Run([.. whole, "--limit", "20"]).EndsWith(0);
        program.Run([.. whole, "--plan"]).EndsWith(0);

        // others fill the disk behind the plan's back: room for a shard or two of five
        var (head, finished) = (corpus.Head, corpus.Receipts.Count);
        File.WriteAllBytes(_folder["disk/others"], new byte[new DriveInfo(_folder["disk"]).AvailableFreeSpace - (900 << 10)]);
        Assert.Contains("No space left on device", program.Run([.. build, "--part", "1/1"]).EndsWith(3).Complaint, StringComparison.Ordinal);
        Assert.Equal(head, corpus.Head);
        program.Run("verify", corpus.Path, "--deep").EndsWith(0);
        Assert.Equal(["lock"], new DirectoryInfo(Path.Join(corpus.Path, ".tmp")).EnumerateFiles().Select(left => left.Name));

        File.Delete(_folder["disk/others"]);
        var made = corpus.Receipts.Count - finished;
        var part = program.Run([.. build, "--part", "1/1"]).EndsWith(0).Json;
        Assert.Equal(made, part.GetProperty("shardsReused").GetInt32());
        Assert.Equal(expected, program.Run([.. build, "--finish"]).EndsWith(0).Version);
        program.Run("verify", corpus.Path, "--deep").EndsWith(0);
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
