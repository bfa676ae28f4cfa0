using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>The same input gives the same bytes, history aside: shards, receipts, catalogue, row groups, manifest and HEAD.</summary>
public sealed class DeterminismTests(DeterminismTests.FourSources sources) : IClassFixture<DeterminismTests.FourSources>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Build_AnyNumberOfWorkers_GivesTheSameBytes(int workers) =>
        Assert.Equal(sources.Expected, Build(sources.Root, [], "--workers", $"{workers}"));

    /// <summary>Containers for .NET set the last variable, which outdoes the program's own setting; the runtime then needs ICU.</summary>
    [Fact]
    public void Build_OtherClockAndLanguage_GivesTheSameBytes()
    {
        List<(string, string)> environment = [("TZ", "Asia/Kathmandu"), ("LANG", "de_DE.UTF-8"), ("LC_ALL", "de_DE.UTF-8")];
        if (Directory.EnumerateFiles("/usr/lib", "libicuuc.so.*", SearchOption.AllDirectories).Any())
            environment.Add(("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "0"));
        Assert.Equal(sources.Expected, Build(sources.Root, environment));
    }

    /// <summary>tmpfs lists a folder in the reverse order of creation, other file systems by hash: both must not matter.</summary>
    [Fact]
    public void Build_TreeWrittenInReverseAndElsewhere_GivesTheSameBytes()
    {
        var memory = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        var copy = Directory.CreateDirectory(Path.Join(memory, $"ecgdata-test-{Environment.ProcessId}"));
        try
        {
            foreach (var file in Directory.EnumerateFiles(sources.Root, "*", SearchOption.AllDirectories).OrderDescending(StringComparer.Ordinal))
            {
                var target = Path.Join(copy.FullName, Path.GetRelativePath(sources.Root, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }

            Assert.Equal(sources.Expected, Build(copy.FullName, []));
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    /// <summary>
    /// Narrower vectors, fused multiply-add in software, no vectors at all; and the compiler's other way of working. All of it is asked of the
    /// program with a runtime: where the native one is tested, its bytes are what is expected.
    /// </summary>
    [Theory]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    [InlineData("DOTNET_TieredCompilation")]
    public void Build_WithoutAFeatureOfProcessorOrRuntime_GivesTheSameBytes(string feature) =>
        Assert.Equal(sources.Expected, Build(Ecgdata.Managed, sources.Root, [(feature, "0")]));

    [Fact]
    public void Synthesise_OtherClockWorkersAndVectors_GivesTheSameTree()
    {
        sources.Program.Run(
            [("TZ", "Asia/Kathmandu"), ("LC_ALL", "de_DE.UTF-8"), ("DOTNET_EnableHWIntrinsic", "0"), ("DOTNET_PROCESSOR_COUNT", "1")],
            "synth", _folder["ptb-xl"], "--source", "ptb-xl", "--records", $"{FourSources.Records}", "--seed", "3", "--defects", "0.3").EndsWith(0);
        Assert.Equal(new CorpusFolder(Path.Join(sources.Root, "ptb-xl")).Contents, new CorpusFolder(_folder["ptb-xl"]).Contents);
    }

    private IReadOnlyList<string> Build(string root, IReadOnlyList<(string Name, string Value)> environment, params string[] more) =>
        Build(Ecgdata.Path, root, environment, more);

    private IReadOnlyList<string> Build(string program, string root, IReadOnlyList<(string Name, string Value)> environment, params string[] more)
    {
        new Ecgdata(_folder["caches"], program).Run(environment, [.. FourSources.Arguments(_folder["corpus"], root), .. more]).EndsWith(0);
        return new CorpusFolder(_folder["corpus"]).Contents;
    }

    /// <summary>A small tree in each layout, with defects, and the corpus that one worker makes of the four.</summary>
    public sealed class FourSources : IDisposable
    {
        internal const int Records = 24;

        private static readonly string[] Names = ["code-15", "mimic-iv-ecg", "ptb-xl", "wfdb"];

        private readonly TemporaryFolder _folder = new();

        public FourSources()
        {
            Program = new Ecgdata(_folder["caches"]);
            foreach (var name in Names)
            {
                Program.Run(
                    "synth", Path.Join(Root, name), "--source", name, "--records", $"{Records}", "--seed", "3", "--defects", "0.3").EndsWith(0);
            }

            Program.Run([.. Arguments(_folder["corpus"], Root), "--workers", "1"]).EndsWith(0);
            Expected = new CorpusFolder(_folder["corpus"]).Contents;
            Assert.True(new CorpusFolder(_folder["corpus"]).Shards.Count > Names.Length);
        }

        internal Ecgdata Program { get; }

        internal string Root => _folder["trees"];

        internal IReadOnlyList<string> Expected { get; }

        public void Dispose() => _folder.Dispose();

        internal static IEnumerable<string> Arguments(string corpus, string root) =>
        [
            "build", "--corpus", corpus, "--set", SyntheticCorpus.SmallShards, "--set", SyntheticCorpus.Lenient,
            .. Names.SelectMany(name => new[] { "--source", $"{name}={Path.Join(root, name)}" }),
        ];
    }
}
