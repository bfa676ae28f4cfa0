using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>What is true of the native program alone. That it builds as the other one does, the other tests show when they are run on it.</summary>
public sealed class NativeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Verb_OfTheManagedProgram_IsHandedOverWithStreamsAndExitCode()
    {
        var program = Published();
        Assert.Contains("ptb-xl", program.Run("sources", "--json").EndsWith(0).Output, StringComparison.Ordinal);
        Assert.Contains("The nearest is 'build'", program.Run("biuld").EndsWith(2).Complaint, StringComparison.Ordinal);
        Assert.Contains("pretrain", program.Run("--help").EndsWith(0).Output, StringComparison.Ordinal);
    }

    /// <summary>Copied without what lies beside it, it still builds, and says what it misses for everything else.</summary>
    [Fact]
    public void Program_WithoutTheManagedOne_BuildsAndNamesWhatIsMissing()
    {
        Published().Run("synth", _folder["tree"], "--source", "ptb-xl", "--records", "3").EndsWith(0);
        File.Copy(Ecgdata.Path, _folder["ecgdata"]);
        var alone = new Ecgdata(_folder["caches"], _folder["ecgdata"]);
        alone.Run("build", "--corpus", _folder["corpus"], "--source", $"ptb-xl={_folder["tree"]}").EndsWith(0);
        var complaint = alone.Run("verify", _folder["corpus"]).EndsWith(3).Complaint;
        Assert.Contains(_folder["managed/ecgdata"], complaint, StringComparison.Ordinal);
        Assert.Contains("make build", complaint, StringComparison.Ordinal);
    }

    private Ecgdata Published()
    {
        Assert.SkipUnless(Ecgdata.Published is not null, "ECGDATA_PROGRAM names no published program: 'make test' sets it.");
        return new Ecgdata(_folder["caches"]);
    }
}
