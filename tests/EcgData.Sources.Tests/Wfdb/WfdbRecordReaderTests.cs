using EcgData.Signals;
using EcgData.Sources;
using EcgData.Sources.Wfdb;

namespace EcgData.Tests.Wfdb;

public sealed class WfdbRecordReaderTests : IDisposable
{
    private const string TwoLeads = "r 2 500 3\nr.dat 16 100(10)/mV 16 0 0 6 0 I\nr.dat 16 200/mV 16 0 0 -9 0 V6\n";
    private static readonly byte[] TwoLeadsSamples = WfdbTree.Int16(1, -2, 2, -3, 3, -4);

    private readonly WfdbTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Read_TwoLeads_AreMillivoltInTheirLanes()
    {
        using var record = _tree.Read(TwoLeads, ("r.dat", TwoLeadsSamples));
        Assert.Equal("test/r", record.RecordId);
        Assert.Equal(500, record.SamplingFrequencyHz);
        Assert.Equal(LeadSet.None.With(Lead.I).With(Lead.V6), record.Leads);
        Assert.Equal([-9 / 100f, -8 / 100f, -7 / 100f], record.LeadValues(Lead.I));
        Assert.Equal([-2 / 200f, -3 / 200f, -4 / 200f], record.LeadValues(Lead.V6));
        Assert.Equal(LeadSet.None, record.HeaderChecksumMismatches);
        for (var lane = 1; lane < Frames.Lanes; lane++)
            if (lane != (int)Lead.V6) Assert.All(Enumerable.Range(0, 3), sample => Assert.Equal(0, record.Frames[sample][lane]));
    }

    [Theory]
    [InlineData("I II III aVR aVL aVF V1 V2 V3 V4 V5 V6")]
    [InlineData("I II III aVR aVF aVL V1 V2 V3 V4 V5 V6")]          // MIMIC-IV-ECG
    [InlineData("I II III AVR AVL AVF V1 V3 V5")]                   // ZZU
    [InlineData("vx i ii iii avr avl avf v1 vy v2 v3 v4 v5 v6 vz")]
    [InlineData("V6 V5 V4 V3 V2 V1 aVF aVL aVR III II I")]
    [InlineData("V1")]
    public void Read_LeadsInAnyOrder_AreWhatAPlainLoopReads(string order)
    {
        const int Samples = 37;
        var names = order.Split(' ');
        var random = new Random(7);
        var stored = new int[Samples * names.Length];
        for (var index = 0; index < stored.Length; index++) stored[index] = random.Next(10) == 0 ? -32768 : random.Next(-32768, 32768);
        var gains = names.Select((_, index) => 100 + 37.3 * index).ToArray();
        var lines = names.Select((name, index) => $"r.dat 16 {gains[index]}({index - 5})/mV 16 0 0 {Sum(stored, index, names.Length)} 0 {name}");
        var header = $"r {names.Length} 500 {Samples}\n{string.Join('\n', lines)}\n";

        using var record = _tree.Read(header, ("r.dat", WfdbTree.Int16(stored)));

        var lanes = new HashSet<int>();
        for (var signal = 0; signal < names.Length; signal++)
        {
            if (!Montage.TryParse(names[signal], out var lead)) continue;
            lanes.Add((int)lead);
            for (var sample = 0; sample < Samples; sample++)
            {
                var value = stored[sample * names.Length + signal];
                var expected = value == -32768 ? float.NaN : (value - (signal - 5)) / (float)gains[signal];
                Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(record.Frames[sample][(int)lead]));
            }
        }

        Assert.Equal(lanes.Count, record.Leads.Count);
        Assert.Equal(names.Where(name => name[0] == 'v' && name[1] is >= 'x'), record.UnstoredLeads);
        Assert.Equal(LeadSet.None, record.HeaderChecksumMismatches);
        for (var sample = 0; sample < Samples; sample++)
            for (var lane = 0; lane < Frames.Lanes; lane++)
                if (!lanes.Contains(lane)) Assert.Equal(0, BitConverter.SingleToInt32Bits(record.Frames[sample][lane]));
    }

    [Fact]
    public void Read_SameSamplesOnBothWays_HaveTheSameBits()
    {
        var random = new Random(3);
        var stored = Enumerable.Range(0, 12 * 5000).Select(_ => random.Next(-32768, 32768)).ToArray();
        string Header(string skewOfLast) => "r 12 500 5000\n" + string.Concat(Montage.Names.ToArray().Select((name, index) =>
            $"r.dat 16{(index == 11 ? skewOfLast : "")} {42444.15189873418 / (index + 1)}({index * 1000 - 13120})/mV 16 0 0 {index} 0 {name}\n"));

        using var plain = _tree.Read(Header(""), ("r.dat", WfdbTree.Int16(stored)));
        using var skewed = _tree.Read(Header(":1"), ("r.dat", WfdbTree.Int16(stored)));   // a skew takes the general way

        for (var lead = Lead.I; lead < Lead.V6; lead++)
            Assert.Equal(plain.LeadValues(lead).Select(BitConverter.SingleToInt32Bits), skewed.LeadValues(lead).Select(BitConverter.SingleToInt32Bits));
        Assert.Equal(plain.LeadValues(Lead.V6)[1..], skewed.LeadValues(Lead.V6)[..^1]);
        Assert.Equal(float.NaN, skewed.LeadValues(Lead.V6)[^1]);
        Assert.Equal(plain.HeaderChecksumMismatches, skewed.HeaderChecksumMismatches);
        Assert.NotEqual(LeadSet.None, plain.HeaderChecksumMismatches);
    }

    [Theory]
    [InlineData("mV", 1000)]
    [InlineData("mv", 1000)]
    [InlineData("uV", 1_000_000)]
    [InlineData("\u00B5V", 1_000_000)]
    [InlineData("\u03BCv", 1_000_000)]
    [InlineData("V", 1)]
    public void Read_Units_AreConvertedToMillivolt(string units, double gainPerMillivolt)
    {
        using var record = _tree.Read($"r 1 500 2\nr.dat 16 1000/{units} 16 0 0 0 0 II", ("r.dat", WfdbTree.Int16(250, -1)));
        Assert.Equal([(float)(250 / gainPerMillivolt), (float)(-1 / gainPerMillivolt)], record.LeadValues(Lead.II));
    }

    [Fact]
    public void Read_GainZero_IsTwoHundredPerMillivolt()
    {
        using var record = _tree.Read("r 1 500 1\nr.dat 16 0 12 1024 0 0 0 II", ("r.dat", WfdbTree.Int16(1224)));
        Assert.Equal([1f], record.LeadValues(Lead.II));
    }

    [Fact]
    public void Read_Format212WithAnOddNumberOfSamples_MissingIsNaN()
    {
        using var record = _tree.Read(
            "r 1 250 5\nr.dat 212 100 12 0 0 -2050 0 I", ("r.dat", WfdbTree.Packed212(2047, -2047, -2048, -1, -1)));
        Assert.Equal([20.47f, -20.47f, float.NaN, -0.01f, -0.01f], record.LeadValues(Lead.I));
        Assert.Equal(LeadSet.None, record.HeaderChecksumMismatches);   // missing values count as stored
    }

    [Fact]
    public void Read_SeveralSamplesPerFrame_FrequencyIsThatOfTheLeads()
    {
        using var record = _tree.Read(
            "r 3 100 2\nr.dat 16x2:1 100 16 0 0 10 0 I\nr.dat 16 1 16 0 0 0 0 vx\nr.dat 16x2 100 16 0 0 26 0 II\n",
            ("r.dat", WfdbTree.Int16(1, 2, 99, 5, 6, 3, 4, 99, 7, 8)));
        Assert.Equal(200, record.SamplingFrequencyHz);
        Assert.Equal([0.03f, 0.04f, float.NaN, float.NaN], record.LeadValues(Lead.I));   // a frame late, two samples each
        Assert.Equal([0.05f, 0.06f, 0.07f, 0.08f], record.LeadValues(Lead.II));
        Assert.Equal(["vx"], record.UnstoredLeads);
        Assert.Equal(LeadSet.None, record.HeaderChecksumMismatches);
    }

    [Fact]
    public void Read_LeadsInSeveralFiles_AreJoined()
    {
        using var record = _tree.Read(
            "r 2 500 2\na.dat 16 100 16 0 0 3 0 I\nsub/b.dat 212+1 100 16 0 0 7 0 II\n",
            ("a.dat", WfdbTree.Int16(1, 2)), ("sub/b.dat", [0xEE, .. WfdbTree.Packed212(3, 4)]));
        Assert.Equal([0.01f, 0.02f], record.LeadValues(Lead.I));
        Assert.Equal([0.03f, 0.04f], record.LeadValues(Lead.II));
        Assert.Equal(LeadSet.None, record.HeaderChecksumMismatches);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 0")]
    public void Read_NoNumberOfSamples_IsTakenFromTheFileAndChecksumsAreNot(string samples)
    {
        using var record = _tree.Read($"r 1 500{samples}\nr.dat 16 100 16 0 0 77 0 I", ("r.dat", WfdbTree.Int16(1, 2, 3)));
        Assert.Equal([0.01f, 0.02f, 0.03f], record.LeadValues(Lead.I));
        Assert.Equal(LeadSet.None, record.HeaderChecksumMismatches);
    }

    [Fact]
    public void Read_BytesBehindTheAnnouncedSamples_AreIgnored()
    {
        using var record = _tree.Read(TwoLeads, ("r.dat", [.. TwoLeadsSamples, 1, 2, 3]));
        Assert.Equal(3, record.Frames.Count);
        Assert.Equal(LeadSet.None, record.HeaderChecksumMismatches);
    }

    [Theory]
    [InlineData(6, -9)]
    [InlineData(6 + 65536, -9 + 65536)]
    [InlineData(6 - 65536, 65536 - 9 - 131072)]
    public void Read_ChecksumModulo65536_Agrees(int first, int second)
    {
        var header = TwoLeads.Replace(" 6 0 I", $" {first} 0 I", StringComparison.Ordinal).Replace(" -9 0", $" {second} 0", StringComparison.Ordinal);
        using var record = _tree.Read(header, ("r.dat", TwoLeadsSamples));
        Assert.Equal(LeadSet.None, record.HeaderChecksumMismatches);
    }

    [Fact]
    public void Read_WrongChecksum_IsReportedByLead()
    {
        using var record = _tree.Read(TwoLeads.Replace(" -9 0", " -8 0", StringComparison.Ordinal), ("r.dat", TwoLeadsSamples));
        Assert.Equal(LeadSet.None.With(Lead.V6), record.HeaderChecksumMismatches);
    }

    [Theory]
    [InlineData("16+24", 2, 3)]
    [InlineData("16x1+24", 2, 0)]
    public void Read_MatlabMatrix_IsFormat16Behind24Bytes(string format, int rows, int samples)
    {
        var header = $"r 2 500 {samples}\nr.mat {format} 100/mV 16 0 0 6 0 I\nr.mat {format} 100/mV 16 0 0 -9 0 II\n";
        using var record = _tree.Read(header, ("r.mat", WfdbTree.Matlab(rows, 3, TwoLeadsSamples)));
        Assert.Equal([0.01f, 0.02f, 0.03f], record.LeadValues(Lead.I));
        Assert.Equal([-0.02f, -0.03f, -0.04f], record.LeadValues(Lead.II));
    }

    [Fact]
    public void Read_SignalFileOfAnotherHash_IsRejected()
    {
        _tree.Write("r.dat", TwoLeadsSamples);
        _tree.Write("r.hea", System.Text.Encoding.UTF8.GetBytes(TwoLeads));
        using var reader = new WfdbRecordReader(_tree.Source);
        var entry = new CatalogueEntry { NativeId = "r", Files = [new RecordFile("r.dat", new string('0', 64)), new RecordFile("r.hea")] };
        Assert.Equal(RejectionReason.FileChecksum, Assert.Throws<RecordException>(() => reader.Read("test/r", entry)).Reason);
    }

    [Fact]
    public void Read_EntryWithoutHeader_IsRejected()
    {
        using var reader = new WfdbRecordReader(_tree.Source);
        var entry = new CatalogueEntry { NativeId = "r", Files = [new RecordFile("r.dat")] };
        Assert.Equal(RejectionReason.MissingFile, Assert.Throws<RecordException>(() => reader.Read("test/r", entry)).Reason);
    }

    private static int Sum(int[] stored, int signal, int signals)
    {
        var sum = 0;
        for (var index = signal; index < stored.Length; index += signals) sum += stored[index];
        return sum & 0xFFFF;
    }
}
