using System.Text.Json;
using EcgData.Signals;
using EcgData.Sources;
using EcgData.Sources.Wfdb;

namespace EcgData.Tests.Wfdb;

public sealed class WfdbRecordReaderGenuineTests
{
    [Theory]
    [InlineData("data/real/ptb-xl", 128)]
    [InlineData("data/real/challenge-2021", 33)]
    [InlineData("data/real/challenge-2020-early", 24)]
    [InlineData("data/real/ecg-arrhythmia", 1)]
    [InlineData("data/real/ptbdb", 1)]
    public void Read_GenuineRecords_AgreeWithTheirHeaders(string folder, int leastRecords)
    {
        var root = Genuine.Folder(folder);
        using var reader = new WfdbRecordReader(new SourceFolder(root));
        var read = 0;
        foreach (var path in Directory.GetFiles(root, "*.hea", SearchOption.AllDirectories))
        {
            var header = WfdbHeader.Parse(File.ReadAllBytes(path), path);
            var entry = Entry(root, path, header);
            if (!entry.Files.All(file => File.Exists(Path.Join(root, file.Path)))) continue;
            using var record = reader.Read(entry.NativeId, entry);
            Assert.Equal(LeadSet.All, record.Leads);
            Assert.Equal(LeadSet.None, record.HeaderChecksumMismatches);
            Assert.Equal(header.FrameCount, record.Frames.Count);
            foreach (var signal in header.Signals)
            {
                if (!Montage.TryParse(signal.Description, out var lead)) continue;
                Assert.Equal((float)((signal.InitialValue - signal.Baseline) / signal.Gain), record.Frames[0][(int)lead]);
            }

            read++;
        }

        Assert.True(read >= leastRecords, $"{read} records");
    }

    [Fact]
    public void Read_PtbdbRecord_HasFrankLeadsUnstored()
    {
        var root = Genuine.Folder("data/real/ptbdb");
        var path = Path.Join(root, "patient001/s0010_re.hea");
        var header = WfdbHeader.Parse(File.ReadAllBytes(path), path);
        using var reader = new WfdbRecordReader(new SourceFolder(root));
        using var record = reader.Read("ptbdb/s0010_re", Entry(root, path, header));
        Assert.Equal(["vx", "vy", "vz"], record.UnstoredLeads);
        Assert.Equal(1000, record.SamplingFrequencyHz);
        Assert.Contains("Reason for admission: Myocardial infarction", header.Comments);
    }

    /// <summary>The reference reader's millivolts. Signals that are no standard leads get the names of such, nothing else changes.</summary>
    [Theory]
    [InlineData("100")]
    [InlineData("100_3chan")]
    [InlineData("test01_00s")]
    [InlineData("test01_00s_skew")]
    [InlineData("a103l")]
    [InlineData("a103l-no-len")]
    public void Read_GenuineRecordWithLeadNames_HasTheReferenceReadersMillivolts(string name)
    {
        var root = Genuine.Folder("data/real/wfdb-formats");
        using var golden = JsonDocument.Parse(File.ReadAllText(Genuine.Folder("golden/wfdb/catalogue.json")));
        var expected = golden.RootElement.GetProperty("records").EnumerateArray()
            .First(entry => entry.GetProperty("record").GetString() == name && !entry.TryGetProperty("range", out _));
        var header = WfdbHeader.Parse(File.ReadAllBytes(Path.Join(root, name + ".hea")), name);
        var text = string.Join('\n', RenameLeads(File.ReadAllLines(Path.Join(root, name + ".hea"))));

        using var tree = new WfdbTree();
        var signalFile = header.Signals[0].File;
        using var record = tree.Read(text, (signalFile, File.ReadAllBytes(Path.Join(root, signalFile))));

        Assert.Equal(LeadSet.None, record.HeaderChecksumMismatches);
        var physical = expected.GetProperty("physical").EnumerateArray().ToArray();
        for (var signal = 0; signal < physical.Length; signal++)
        {
            var values = record.LeadValues((Lead)signal);
            var present = values.Where(value => !float.IsNaN(value)).ToArray();
            Assert.Equal(physical[signal].GetProperty("nan_count").GetInt32(), values.Length - present.Length);
            Assert.Equal(physical[signal].GetProperty("min").GetDouble(), present.Min(), 1e-6);
            Assert.Equal(physical[signal].GetProperty("max").GetDouble(), present.Max(), 1e-6);
            Assert.Equal(physical[signal].GetProperty("mean").GetDouble(), present.Average(value => (double)value), 1e-6);
            var first = physical[signal].GetProperty("first5").EnumerateArray().Select(value => value.GetDouble()).ToArray();
            for (var sample = 0; sample < first.Length; sample++) Assert.Equal(first[sample], values[sample], 1e-6);
        }
    }

    /// <summary>The signals become I, II, III ... in their order; the unit NU becomes mV.</summary>
    private static IEnumerable<string> RenameLeads(string[] lines)
    {
        var signal = 0;
        foreach (var line in lines)
        {
            var fields = line.Split(' ');
            yield return fields.Length >= 9 && line[0] != '#'
                ? string.Join(' ', [.. fields[..8], Montage.Names[signal++]]).Replace("/NU", "/mV", StringComparison.Ordinal)
                : line;
        }
    }

    private static CatalogueEntry Entry(string root, string headerPath, WfdbHeader header)
    {
        var folder = Path.GetDirectoryName(headerPath)!;
        var files = header.Signals.Select(signal => signal.File).Distinct().Select(file => Path.Join(folder, file)).Append(headerPath);
        return new CatalogueEntry
        {
            NativeId = Path.GetFileNameWithoutExtension(headerPath),
            Files = [.. files.Select(file => new RecordFile(Path.GetRelativePath(root, file)))],
        };
    }
}
