using System.Runtime.InteropServices;
using EcgData.Signals;
using EcgData.Sources;
using EcgData.Sources.Code15;

namespace EcgData.Tests.Code15;

/// <summary>The seven genuine exams at hand, against the same exams as MATLAB files and against sums computed from those in Python.</summary>
public sealed class Code15GenuineTests
{
    private static string FolderPath => Genuine.Folder("data/real/code-15");

    [Fact]
    public void ReadCatalogue_GenuineTable_ListsTheSevenExams()
    {
        var entries = Catalogue();
        Assert.Equal(["438277", "358121", "1594286", "975093", "795649", "1238362", "2657522"], entries.Select(entry => entry.NativeId));
        Assert.All(entries, entry => Assert.Null(entry.Rejection));
        // Part 14 holds 975093 first, the table 1594286.
        Assert.Equal([0, 0, 1, 0, 0, 0, 0], entries.Select(entry => entry.Position));
        var (first, last) = (entries[0], entries[2]);
        Assert.Equal(("185323", 46f, "male", "exams_part11"), (first.PatientId, first.AgeYears!.Value, first.Sex, first.Folder));
        Assert.Equal([new Label("code15:1dAVb")], first.Labels);
        Assert.Equal(("1599228", 68f, "female"), (last.PatientId, last.AgeYears!.Value, last.Sex));
        Assert.Equal([new Label("code15:RBBB")], last.Labels);
    }

    [Theory]
    [InlineData("438277", 2934, -0.1172620952129364f, -0.03128331899642944f, 580.120232997655, 31602.565812177043)]
    [InlineData("358121", 2934, -0.5081357359886169f, -0.05272591859102249f, -652.9889940149747, 9545.107850128774)]
    [InlineData("1594286", 4096, -0.49543237686157227f, 1.4120874404907227f, -111413.51129537656, 832551.6440694295)]
    [InlineData("975093", 4096, -0.3582357168197632f, 0.13924060761928558f, -12466.271962034374, 33226.74624597019)]
    [InlineData("795649", 2934, 1.4034021752805563e-18f, 2.9350954719120637e-05f, 2.0091783059522186, 3291.2946806957907)]
    [InlineData("1238362", 2934, -0.0879465714097023f, -0.004714719019830227f, 27.22584125093016, 4508.198190191311)]
    [InlineData("2657522", 2934, -0.03908736631274223f, -0.025296730920672417f, 110.19858237082906, 4805.671487088965)]
    public void Read_GenuineExam_HasTheValuesOfAnIndependentReader(
        string examId, int samples, float firstOfI, float lastOfV6, double sum, double sumOfSquares)
    {
        using var record = Read(examId);
        Assert.Equal(samples, record.Frames.Count);
        Assert.Equal(firstOfI, record.Frames[0][(int)Lead.I]);
        Assert.Equal(lastOfV6, record.Frames[samples - 1][(int)Lead.V6]);
        var values = record.Frames.Values.ToArray();
        Assert.Equal(sum, values.Sum(value => (double)value), 1e-6);
        Assert.Equal(sumOfSquares, values.Sum(value => (double)value * value), 1e-6);
    }

    [Theory]
    [InlineData("438277")]
    [InlineData("358121")]
    [InlineData("1594286")]
    [InlineData("975093")]
    [InlineData("795649")]
    [InlineData("1238362")]
    [InlineData("2657522")]
    public void Read_GenuineExam_IsBitForBitTheMatlabFile(string examId)
    {
        var expected = MatlabFeats(Path.Join(FolderPath, "as-found/org", $"code_15_{examId}.mat"));
        using var record = Read(examId);
        Assert.Equal(expected.Length, record.Frames.Count * 12);
        for (var i = 0; i < expected.Length; i++)
            if (record.Frames[i / 12][i % 12] != expected[i]) Assert.Fail($"value {i}: {record.Frames[i / 12][i % 12]}, not {expected[i]}");
    }

    [Theory]
    [InlineData("438277")]
    [InlineData("358121")]
    [InlineData("1594286")]
    [InlineData("975093")]
    [InlineData("795649")]
    [InlineData("1238362")]
    [InlineData("2657522")]
    public void Read_GenuineExam_ObeysTheIdentitiesOfTheLimbLeads(string examId)
    {
        // Between 3e-8 and 0.046 in the seven exams; the order of CODE-test (aVL aVF aVR) is off by more than 1.
        using var record = Read(examId);
        Assert.InRange(Residual(record, Lead.AVR, Lead.AVL, Lead.AVF), 0, 0.05);
        Assert.InRange(Residual(record, Lead.AVF, Lead.AVR, Lead.AVL), 0.5, double.MaxValue);
    }

    private static double Residual(EcgRecord record, Lead avr, Lead avl, Lead avf)
    {
        double error = 0, power = 0;
        for (var i = 0; i < record.Frames.Count; i++)
        {
            var f = record.Frames[i];
            var (one, two) = (f[(int)Lead.I], f[(int)Lead.II]);
            Add(f[(int)Lead.III], two - one);
            Add(f[(int)avr], -(one + two) / 2);
            Add(f[(int)avl], one - two / 2);
            Add(f[(int)avf], two - one / 2);
        }

        return Math.Sqrt(error / power);

        void Add(double lead, double derived) => (error, power) = (error + (lead - derived) * (lead - derived), power + lead * lead);
    }

    private static List<CatalogueEntry> Catalogue() =>
        [.. new Code15Source().ReadCatalogue(new SourceFolder(FolderPath), new SourceOptions(), CancellationToken.None)];

    private static EcgRecord Read(string examId)
    {
        using var reader = new Code15Source().OpenReader(new SourceFolder(FolderPath), new SourceOptions());
        return reader.Read(examId, Catalogue().Single(entry => entry.NativeId == examId));
    }

    /// <summary>The variable <c>feats</c>, float32 (12, n) column by column: sample by sample, the leads side by side.</summary>
    private static float[] MatlabFeats(string path)
    {
        ReadOnlySpan<byte> file = File.ReadAllBytes(path);
        var name = file.IndexOf("feats\0\0\0"u8);
        var data = file[(name + 8)..];   // element type 7 (single), length in bytes, values
        Assert.Equal(7, MemoryMarshal.Read<int>(data));
        return MemoryMarshal.Cast<byte, float>(data.Slice(8, MemoryMarshal.Read<int>(data[4..]))).ToArray();
    }
}
