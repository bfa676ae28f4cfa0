using System.Text;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>Hostile input: every record has its own reason, the others are kept, the program stays small and says one thing.</summary>
public sealed class BadInputTests : IDisposable
{
    /// <summary>The runtime and the work of a few records take a quarter of it; a length that was believed would take gigabytes.</summary>
    private const long Small = 700L << 20;

    private readonly TemporaryFolder _folder = new();

    private Ecgdata Program => new(_folder["caches"]);

    private string Corpus => _folder["corpus"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void PtbXl_DamagedByHand_GivesEachRecordItsReason()
    {
        Synthesise("ptb-xl", 24);
        File.Delete(_folder["ptb-xl/SHA256SUMS.txt"]);   // else every damage would be a wrong checksum
        File.WriteAllText(_folder["secret.dat"], new string('x', 120_000));
        var damages = new Dictionary<int, (string Reason, Action Make)>
        {
            [1] = ("missing-file", () => File.Delete(Signal(1))),
            [2] = ("missing-file", () => File.Delete(Header(2))),
            [3] = ("truncated", () => File.WriteAllBytes(Signal(3), File.ReadAllBytes(Signal(3))[..60_001])),
            [4] = ("truncated", () => File.WriteAllBytes(Signal(4), [])),
            [5] = ("truncated", () => EditHeader(5, "00005_hr 12 500 5000", "00005_hr 12 500 2147483648")),
            [6] = ("truncated", () => EditHeader(6, "00006_hr 12 500 5000", "00006_hr 12 500 9223372036854775807")),
            [7] = ("header", () => EditHeader(7, "00007_hr 12 500 5000", "00007_hr 2147483648 500 5000")),
            [8] = ("header", () => EditHeader(8, "00008_hr 12 500 5000", "00008_hr 15 500 5000")),
            [9] = ("unsupported-format", () => EditHeader(9, " 16 1000.0(0)/mV", " 999 1000.0(0)/mV")),
            [10] = ("outside-folder", () => EditHeader(10, "00010_hr.dat", "../../../secret.dat")),
            [11] = ("outside-folder", () => EditHeader(11, "00011_hr.dat", _folder["secret.dat"])),
            [12] = ("no-signal", () => { Overwrite(12, (_, _) => short.MinValue); RenewChecksums(12); }),
            [13] = ("header-checksum", () => Overwrite(13, (at, value) => at == 40_000 ? (short)(value + 1) : value)),
            [14] = ("header", () => File.WriteAllBytes(Header(14), [0x89, 0x50, 0x4E, 0x47, 0x00, 0x0A])),
            [15] = ("unknown-lead", () => EditHeader(15, " 0 V6", " 0 V16")),
            [16] = ("header", () => EditHeader(16, "00016_hr 12 500 5000", "00016_hr/3 12 500 5000")),
            [17] = ("too-short", () => { EditHeader(17, "00017_hr 12 500 5000", "00017_hr 12 500 100"); RenewChecksums(17); }),
        };
        foreach (var (_, make) in damages.Values) make();

        var outcome = Build("ptb-xl");
        Assert.Equal(0, outcome.ExitCode);
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
        Assert.True(outcome.PeakMemoryBytes < Small, $"{outcome.PeakMemoryBytes >> 20} MiB");
        var reasons = Reasons();
        Assert.Equal(24, reasons.Count);
        foreach (var (id, (reason, _)) in damages)
        {
            var (state, said) = reasons[$"ptb-xl/{id}"];
            Assert.Equal((id, "rejected"), (id, state));
            Assert.StartsWith(reason + ": ", said, StringComparison.Ordinal);
            Assert.DoesNotContain(_folder["ptb-xl"], said, StringComparison.Ordinal);   // a version is the same wherever it is built
            Assert.DoesNotContain("xxxx", said, StringComparison.Ordinal);
        }

        var sound = reasons.Where(record => !damages.ContainsKey(int.Parse(record.Key["ptb-xl/".Length..]))).ToList();
        Assert.Equal(24 - damages.Count, sound.Count);
        Assert.All(sound, record => Assert.Equal("kept", record.Value.State));
        Program.Run("verify", Corpus, "--deep").EndsWith(0);
    }

    [Theory]
    [InlineData("list", "--limit", "1")]
    [InlineData("subset", "--sizes", "3")]
    [InlineData("report", "--out", "report.html")]
    public void Catalogue_CutShort_IsNamedWithItsCorpus(string verb, string option, string value)
    {
        Synthesise("ptb-xl", 6);
        Assert.Equal(0, Build("ptb-xl").ExitCode);
        var name = $"versions/{new CorpusFolder(Corpus).Head}/catalogue.parquet";
        using (var catalogue = File.OpenWrite(Path.Join(Corpus, name))) catalogue.SetLength(catalogue.Length - 40);
        string[] arguments = verb == "subset" ? [verb, Corpus, option, value, "--out", _folder["subsets"]] : [verb, Corpus, option, value];
        var complaint = Program.Run(arguments).EndsWith(3).Complaint;
        Assert.Contains($"{Corpus}: {name}: ", complaint, StringComparison.Ordinal);
        Assert.Contains("cut short", complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void PtbXl_OneLeadMissingThroughout_IsStoredAsNull()
    {
        Synthesise("ptb-xl", 4);
        File.Delete(_folder["ptb-xl/SHA256SUMS.txt"]);
        Overwrite(2, (at, value) => at % 12 == 7 ? short.MinValue : value);
        RenewChecksums(2);
        Build("ptb-xl").EndsWith(0);
        Assert.Equal(("kept with flags", ""), Reasons()["ptb-xl/2"]);
        using var duck = new Duck(new CorpusFolder(Corpus));
        Assert.Equal(1, duck.Count(
            "SELECT count(*) FROM $shards WHERE record_id = 'ptb-xl/2' AND v2 IS NULL AND v3 IS NOT NULL AND flags & 1 <> 0"));
    }

    [Fact]
    public void PtbXl_GainOfZero_IsTheFormatsDefault()
    {
        Synthesise("ptb-xl", 4);
        File.Delete(_folder["ptb-xl/SHA256SUMS.txt"]);
        EditHeader(2, "1000.0(0)/mV", "0(0)/mV");   // WFDB: unknown, to be taken as 200 per mV
        var before = Largest("before");
        EditHeader(2, "0(0)/mV", "1000.0(0)/mV");
        Assert.Equal(5, before / Largest("after"), 0.05);

        double Largest(string corpus)
        {
            Program.Run("build", "--corpus", _folder[corpus], "--source", $"ptb-xl={_folder["ptb-xl"]}").EndsWith(0);
            using var duck = new Duck(new CorpusFolder(_folder[corpus]));
            return duck.Count("SELECT list_max(ii) - list_min(ii) FROM $shards WHERE record_id = 'ptb-xl/2'");
        }
    }

    [Theory]
    [InlineData("strat_fold,", "folds,", "no column 'strat_fold'")]
    [InlineData("ecg_id,patient_id", "ecg_id,ecg_id", "column 'ecg_id' is there twice")]
    [InlineData(",records500/00000/00004_hr", ",\"records500/00000/00004_hr", "a quoted field is not closed")]
    public void PtbXl_TableThatCannotBeRead_EndsWith2(string text, string other, string said)
    {
        Synthesise("ptb-xl", 4);
        Edit(_folder["ptb-xl/ptbxl_database.csv"], text, other);
        var complaint = Build("ptb-xl").EndsWith(2).Complaint;
        Assert.Contains("ptbxl_database.csv", complaint, StringComparison.Ordinal);
        Assert.Contains(said, complaint, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Corpus));
    }

    [Fact]
    public void PtbXl_RaggedRowAndBadPath_AreRejectedAlone()
    {
        Synthesise("ptb-xl", 6);
        var lines = File.ReadAllLines(_folder["ptb-xl/ptbxl_database.csv"]);
        lines[2] += ",one,more";
        lines[4] = lines[4].Replace("records500/00000/00004_hr", "../secret/00004_hr", StringComparison.Ordinal);
        File.WriteAllLines(_folder["ptb-xl/ptbxl_database.csv"], lines);
        File.Delete(_folder["ptb-xl/RECORDS"]);
        Build("ptb-xl").EndsWith(0);
        var reasons = Reasons();
        Assert.StartsWith("catalogue-row: ", reasons["ptb-xl/line 3"].Reason, StringComparison.Ordinal);
        Assert.StartsWith("outside-folder: ", reasons["ptb-xl/4"].Reason, StringComparison.Ordinal);
        Assert.Equal(4, reasons.Values.Count(record => record.State == "kept"));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.02)]
    [InlineData(0)]
    public void Code15_PartCutOff_NamesThePart(double share)
    {
        Synthesise("code-15", 12);
        var part = Directory.EnumerateFiles(_folder["code-15"], "*.hdf5").Order(StringComparer.Ordinal).First();
        var content = File.ReadAllBytes(part);
        File.WriteAllBytes(part, content[..(int)(content.Length * share)]);
        var outcome = Build("code-15");
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
        Assert.True(outcome.PeakMemoryBytes < Small, $"{outcome.PeakMemoryBytes >> 20} MiB");
        if (outcome.ExitCode == 2)
        {
            Assert.Contains(Path.GetFileName(part), outcome.Complaint, StringComparison.Ordinal);
            return;
        }

        outcome.EndsWith(0);
        var rejected = Reasons().Values.Where(record => record.State == "rejected").ToList();
        Assert.NotEmpty(rejected);
        Assert.All(rejected, record => Assert.Contains(Path.GetFileName(part), record.Reason, StringComparison.Ordinal));
    }

    private void Synthesise(string source, int records) => Program.Run(
        "synth", _folder[source], "--source", source, "--records", $"{records}", "--seed", "11", "--defects", "0").EndsWith(0);

    private Outcome Build(string source) => Program.Run(
        "build", "--corpus", Corpus, "--source", $"{source}={_folder[source]}", "--set", SyntheticCorpus.Lenient);

    /// <summary>State and reason by record.</summary>
    private Dictionary<string, (string State, string Reason)> Reasons() =>
        Program.Run("list", Corpus, "--json", "--limit", "1000").EndsWith(0).Json.GetProperty("records").EnumerateArray().ToDictionary(
            record => record.GetProperty("record_id").GetString()!,
            record => (record.GetProperty("state").GetString()!, record.GetProperty("reason").GetString() ?? ""));

    private string Signal(int id) => _folder[$"ptb-xl/records500/00000/{id:D5}_hr.dat"];

    private string Header(int id) => _folder[$"ptb-xl/records500/00000/{id:D5}_hr.hea"];

    private void EditHeader(int id, string text, string other) => Edit(Header(id), text, other);

    private static void Edit(string file, string text, string other)
    {
        var content = File.ReadAllText(file);
        Assert.Contains(text, content, StringComparison.Ordinal);
        File.WriteAllText(file, content.Replace(text, other, StringComparison.Ordinal));
    }

    private void Overwrite(int id, Func<int, short, short> change)
    {
        var content = File.ReadAllBytes(Signal(id));
        for (var at = 0; at < content.Length / 2; at++)
            BitConverter.TryWriteBytes(content.AsSpan(2 * at), change(at, BitConverter.ToInt16(content, 2 * at)));
        File.WriteAllBytes(Signal(id), content);
    }

    /// <summary>Makes the checksums of a header right again, so that another damage is what is found.</summary>
    private void RenewChecksums(int id)
    {
        var content = File.ReadAllBytes(Signal(id));
        var lines = File.ReadAllLines(Header(id));
        var frames = int.Parse(lines[0].Split(' ')[3]);
        for (var lead = 0; lead < 12; lead++)
        {
            var sum = 0;
            for (var frame = 0; frame < frames; frame++) sum += BitConverter.ToInt16(content, 2 * (12 * frame + lead));
            var fields = lines[1 + lead].Split(' ');
            fields[6] = $"{sum & 0xFFFF}";
            lines[1 + lead] = string.Join(' ', fields);
        }

        File.WriteAllLines(Header(id), lines, new UTF8Encoding(false));
    }
}
