using EcgData.Pipelines.Tests;
using EcgData.Signals;
using EcgData.Sources.Synthesis;
using EcgData.Tests;

[assembly: AssemblyFixture(typeof(SyntheticCorpus))]

namespace EcgData.Pipelines.Tests;

/// <summary>A synthetic PTB-XL with every kind of defect, and the corpus made of it: read by many tests, changed by none.</summary>
public sealed class SyntheticCorpus : IDisposable
{
    /// <summary>More is rejected here than a build without this would put up with.</summary>
    internal const string Lenient = "acceptance.maximumRejectedShare=1";

    /// <summary>The least that the recipe allows: sixty records then fill several shards.</summary>
    internal const string SmallShards = "shards.targetRows=16";

    internal static readonly SynthesisOptions Options = new() { Records = 80, Seed = 5, DefectShare = 0.4 };

    private readonly TemporaryFolder _folder = new();

    public SyntheticCorpus()
    {
        Program = new Ecgdata(_folder["caches"]);
        Program.Run(
            "synth", Tree, "--source", "ptb-xl", "--records", $"{Options.Records}", "--seed", $"{Options.Seed}",
            "--defects", $"{Options.DefectShare}").EndsWith(0);
        Built = Program.Run(
            "build", "--json", "--corpus", Corpus.Path, "--source", Source, "--set", SmallShards, "--set", Lenient).EndsWith(0);
    }

    internal Ecgdata Program { get; }

    /// <summary>The build's outcome, with <c>--json</c>.</summary>
    internal Outcome Built { get; }

    internal string Tree => _folder["ptb-xl"];

    /// <summary>What <c>--source</c> takes.</summary>
    internal string Source => $"ptb-xl={Tree}";

    internal CorpusFolder Corpus => new(_folder["corpus"]);

    /// <summary>A record without a planted defect.</summary>
    internal string KeptRecord { get; } = Without(SyntheticTree.Plan("ptb-xl", Options));

    /// <summary>A record that is turned away.</summary>
    internal string RejectedRecord { get; } =
        "ptb-xl/" + SyntheticTree.Plan("ptb-xl", Options).First(defect => defect.Reason == RejectionReason.Truncated).NativeId;

    public void Dispose() => _folder.Dispose();

    private static string Without(IEnumerable<PlantedDefect> planted) =>
        "ptb-xl/" + Enumerable.Range(1, Options.Records).Select(number => $"{number}").Except(planted.Select(defect => defect.NativeId)).First();
}
