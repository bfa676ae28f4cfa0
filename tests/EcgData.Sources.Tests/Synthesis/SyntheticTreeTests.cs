using EcgData.Signals;
using EcgData.Sources.Synthesis;
using EcgData.Tests;

namespace EcgData.Sources.Tests.Synthesis;

public class SyntheticTreeTests
{
    public static TheoryData<string> Sources => [.. SyntheticTree.Sources];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Write_SameSeedWithOneAndFourWorkers_SameBytes(string source)
    {
        using var one = TreeFiles.Write(source, 90, 0.2, workers: 1);
        using var four = TreeFiles.Write(source, 90, 0.2, workers: 4);
        Assert.Equal(TreeFiles.Hashes(one.Path), TreeFiles.Hashes(four.Path));
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Write_OtherSeed_OtherSignals(string source)
    {
        using var one = TreeFiles.Write(source, 3, seed: 1);
        using var other = TreeFiles.Write(source, 3, seed: 2);
        string[] kinds = [".dat", ".mat", ".hdf5"];
        var (first, second) = (TreeFiles.Hashes(one.Path), TreeFiles.Hashes(other.Path));
        var signals = first.Where(file => kinds.Contains(Path.GetExtension(file.Key))).ToList();
        Assert.NotEmpty(signals);
        Assert.All(signals, file => Assert.DoesNotContain(file.Value, second.Values));
    }

    [Fact]
    public void Write_MoreRecords_BeginsWithTheSame()
    {
        using var small = TreeFiles.Write("ptb-xl", 12);
        using var large = TreeFiles.Write("ptb-xl", 30);
        var all = TreeFiles.Hashes(large.Path);
        Assert.All(TreeFiles.Hashes(small.Path).Where(file => file.Key.StartsWith("records", StringComparison.Ordinal)),
            file => Assert.Equal(file.Value, all[file.Key]));
    }

    /// <summary>The bytes of one record, fixed: they must be the same on every machine and must not change unnoticed.</summary>
    [Fact]
    public void Write_Seed7_FirstRecordHasTheKnownBytes()
    {
        using var tree = TreeFiles.Write("ptb-xl", 1);
        Assert.Equal(KnownFirstRecord, TreeFiles.Hash(tree["records500/00000/00001_hr.dat"]));
    }

    private const string KnownFirstRecord = "96af606fbac5cef2d23dcba3e5d5d6176f586798c14c45cc0bfe855e1f393826";

    [Theory]
    [MemberData(nameof(Sources))]
    public void Write_FolderNotEmpty_RefusedAndLeftAlone(string source)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["mine.txt"], "mine");
        var refusal = Assert.Throws<SourceException>(() =>
            SyntheticTree.Write(source, folder.Path, new SynthesisOptions { Records = 2 }, null, CancellationToken.None));
        Assert.Contains(folder.Path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("empty", refusal.Message, StringComparison.Ordinal);
        Assert.Equal([folder["mine.txt"]], Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Write_UnknownSource_NamesTheKnown()
    {
        using var folder = new TemporaryFolder();
        var refusal = Assert.Throws<SourceException>(() =>
            SyntheticTree.Write("ptbxl", folder.Path, new SynthesisOptions { Records = 2 }, null, CancellationToken.None));
        Assert.Contains("'ptbxl'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("mimic-iv-ecg", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ShareAboveOne_Refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticTree.Plan("ptb-xl", new() { Records = 1, DefectShare = 1.5 }));

    [Theory]
    [MemberData(nameof(Sources))]
    public void Write_Cancelled_StopsEarly(string source)
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var written = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => SyntheticTree.Write(
            source, folder.Path, new SynthesisOptions { Records = 100_000, Workers = 1 },
            new Immediate(count => { written = count; stop.Cancel(); }), stop.Token));
        Assert.InRange(written, 1, 1000);
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Plan_ShareOfATenth_PlantsEveryKindOftenEnough(string source)
    {
        var options = new SynthesisOptions { Records = 4000, Seed = 3, DefectShare = 0.1 };
        var plan = SyntheticTree.Plan(source, options);
        Assert.Equal(plan, SyntheticTree.Plan(source, options));
        Assert.InRange(plan.Count, 320, 480);
        Assert.Equal(plan.Count, plan.Select(planted => planted.NativeId).Distinct().Count());
        Assert.True(plan.Select(planted => planted.Defect).Distinct().Count() >= 6);
        Assert.All(plan, planted => Assert.Equal(
            planted.Defect is SyntheticDefect.Unlisted or SyntheticDefect.Unmeasured,
            planted.Reason is null && planted.Flags == RecordFlags.None));
        Assert.Empty(SyntheticTree.Plan(source, options with { DefectShare = 0 }));
    }

    private sealed class Immediate(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
