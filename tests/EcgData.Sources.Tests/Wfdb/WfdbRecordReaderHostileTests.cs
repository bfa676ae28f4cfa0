using System.Text;
using EcgData.Signals;
using EcgData.Sources;
using EcgData.Sources.Wfdb;

namespace EcgData.Tests.Wfdb;

public sealed class WfdbRecordReaderHostileTests : IDisposable
{
    private const long MostBytesPerRead = 4 << 20;

    private readonly WfdbTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData(3, RejectionReason.Truncated, "7 bytes hold 3 frames")]
    [InlineData(4, RejectionReason.Truncated, "expected 4")]
    [InlineData(2147483648, RejectionReason.Truncated, "expected 2147483648")]
    [InlineData(1000000000000000000, RejectionReason.Truncated, "expected 1000000000000000000")]
    [InlineData(9223372036854775807, RejectionReason.Truncated, "expected 9223372036854775807")]
    public void Read_FewerBytesThanPromised_IsTruncatedWithNumbers(long samples, RejectionReason reason, string expected)
    {
        var bytes = samples == 3 ? 5 : 7;
        var rejection = _tree.Reject($"r 1 500 {samples}\nr.dat 16 100 16 0 0 0 0 I", ("r.dat", new byte[bytes]));
        Assert.Equal(reason, rejection.Reason);
        Assert.Contains(samples == 3 ? "5 bytes hold 2 frames" : expected, rejection.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("r 1 500 3\nr.dat 212 100 12 0 0 0 0 I", 4)]
    [InlineData("r 1 500 3\nr.dat 16+3 100 12 0 0 0 0 I", 8)]
    [InlineData("r 1 500 3\nr.dat 16+9223372036854775807 100 12 0 0 0 0 I", 8)]
    [InlineData("r 1 500 3\nr.dat 16x65536 100 12 0 0 0 0 I", 8)]
    [InlineData("r 1 500 1\nr.dat 16 100 12 0 0 0 0 I", 0)]
    [InlineData("r 1 500\nr.dat 16 100 12 0 0 0 0 I", 0)]
    [InlineData("r 1 500\nr.dat 16 100 12 0 0 0 0 I", 7)]
    [InlineData("r 1 500\nr.dat 212x2 100 12 0 0 0 0 I", 5)]
    public void Read_FileThatEndsEarly_IsTruncated(string header, int bytes) =>
        Assert.Equal(RejectionReason.Truncated, _tree.Reject(header, ("r.dat", new byte[bytes])).Reason);

    [Fact]
    public void Read_FilesOfDifferentLengths_AreTruncated()
    {
        var rejection = _tree.Reject(
            "r 2 500\na.dat 16 100 16 0 0 0 0 I\nb.dat 16 100 16 0 0 0 0 II", ("a.dat", new byte[8]), ("b.dat", new byte[6]));
        Assert.Equal(RejectionReason.Truncated, rejection.Reason);
        Assert.Contains("b.dat: 3 frames; the record's first file has 4", rejection.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("r.dat 16 100 16 0 0 0 0 MLII", RejectionReason.UnknownLead, "'MLII'")]
    [InlineData("r.dat 16 100 16 0 0 0 0", RejectionReason.UnknownLead, "''")]
    [InlineData("r.dat 16 100/mmHg 16 0 0 0 0 I", RejectionReason.UnsupportedFormat, "'mmHg'")]
    [InlineData("r.dat 16 1e-300 16 0 0 0 0 I", RejectionReason.Header, "1E-300")]
    [InlineData("r.dat 16 1e300 16 0 0 0 0 I", RejectionReason.Header, "1E+300")]
    [InlineData("r.dat 80 100 16 0 0 0 0 I", RejectionReason.UnsupportedFormat, "signal format 80; readable are 16 and 212")]
    [InlineData("~ 0 100 16 0 0 0 0 I", RejectionReason.UnsupportedFormat, "signal format 0")]
    [InlineData("r.dat 16 100 16 0 0 0 0 vx", RejectionReason.NoSignal, "none of them a standard lead")]
    public void Read_SignalThatCannotBeALead_IsRejectedWithItsReason(string line, RejectionReason reason, string expected)
    {
        var rejection = _tree.Reject($"r 1 500 2\n{line}", ("r.dat", new byte[4]));
        Assert.Equal(reason, rejection.Reason);
        Assert.Contains(expected, rejection.Message, StringComparison.Ordinal);
        Assert.StartsWith("r.hea", rejection.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("r.dat 16 1 16 0 0 0 0 I", "r.dat 16 1 16 0 0 0 0 i", RejectionReason.Header)]
    [InlineData("r.dat 16 1 16 0 0 0 0 I", "r.dat 212 1 16 0 0 0 0 II", RejectionReason.Header)]
    [InlineData("r.dat 16 1 16 0 0 0 0 I", "r.dat 16+2 1 16 0 0 0 0 II", RejectionReason.Header)]
    [InlineData("r.dat 16 1 16 0 0 0 0 I", "r.dat 16x2 1 16 0 0 0 0 II", RejectionReason.UnsupportedFormat)]
    public void Read_LinesThatContradictEachOther_AreRejected(string first, string second, RejectionReason reason)
    {
        var rejection = _tree.Reject($"r 2 500 2\n{first}\n{second}", ("r.dat", new byte[64]));
        Assert.Equal(reason, rejection.Reason);
        Assert.Contains("line 3", rejection.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SignalsOfAFileApart_AreRejected()
    {
        var rejection = _tree.Reject(
            "r 3 500 2\na 16 1 16 0 0 0 0 I\nb 16 1 16 0 0 0 0 II\na 16 1 16 0 0 0 0 III", ("a", new byte[64]), ("b", new byte[64]));
        Assert.Equal(RejectionReason.Header, rejection.Reason);
        Assert.Contains("consecutive", rejection.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoSignals_IsRejected() => Assert.Equal(RejectionReason.NoSignal, _tree.Reject("r 0 500 10\n").Reason);

    [Fact]
    public void Read_SegmentedRecord_IsNotSupported() =>
        Assert.Equal(RejectionReason.UnsupportedFormat, _tree.Reject("r/1 1 500 10\nr_1 10\n").Reason);

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("../r.dat")]
    [InlineData("/etc/passwd")]
    [InlineData("sub/../../r.dat")]
    [InlineData("..\\r.dat")]
    public void Read_SignalFileOutsideTheFolder_IsRejectedAsSuch(string file) =>
        Assert.Equal(RejectionReason.OutsideFolder, _tree.Reject($"r 1 500 2\n{file} 16 100 16 0 0 0 0 I", ("r.dat", new byte[4])).Reason);

    [Theory]
    [InlineData("other.dat")]
    [InlineData("R.DAT")]
    [InlineData("dat")]
    [InlineData(".")]
    public void Read_SignalFileThatIsNotListed_IsRejected(string file)
    {
        _tree.Write("other.dat", new byte[4]);
        var rejection = _tree.Reject($"r 1 500 2\n{file} 16 100 16 0 0 0 0 I", ("r.dat", new byte[4]));
        Assert.Equal(RejectionReason.Header, rejection.Reason);
        Assert.Contains($"'{file}'", rejection.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1, 30, 0, "val", "16+24", 3, "type is 0")]
    [InlineData(1, 3, 30, 0, "val", "16+24", 3, "rows is 1")]
    [InlineData(2, 4, 30, 0, "val", "16+24", 3, "4 columns")]
    [InlineData(2, -1, 30, 0, "val", "16+24", 3, "columns is -1")]
    [InlineData(2, 3, 50, 0, "val", "16+24", 3, "type is 50")]
    [InlineData(2, 3, 30, 1, "val", "16+24", 3, "imaginary part is 1")]
    [InlineData(2, 3, 30, 0, "vals", "16+24", 3, "length of the name is 5")]
    [InlineData(2, 3, 30, 0, "var", "16+24", 3, "not called 'val'")]
    [InlineData(2, 3, 30, 0, "val", "16", 3, "byte offset of the WFDB header is 0")]
    [InlineData(2, 3, 30, 0, "val", "16+26", 3, "byte offset of the WFDB header is 26")]
    [InlineData(2, 3, 30, 0, "val", "212+24", 3, "signal format of the WFDB header is 212")]
    public void Read_MatlabFileThatIsNotTheHeadersMatrix_IsRejected(
        int rows, int columns, int type, int imaginary, string name, string format, int samples, string expected)
    {
        var bytes = rows == 0 ? new byte[36] : WfdbTree.Matlab(rows, columns, new byte[12], type, imaginary, name);
        var rejection = _tree.Reject($"r 2 500 {samples}\nr.mat {format} 1 16 0 0 0 0 I\nr.mat {format} 1 16 0 0 0 0 II", ("r.mat", bytes));
        Assert.Equal(RejectionReason.Header, rejection.Reason);
        Assert.Contains(expected, rejection.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(23, 3)]
    [InlineData(35, 3)]
    [InlineData(36, 1_000_000_000)]
    public void Read_MatlabFileThatEndsEarly_IsTruncated(int bytes, int columns)
    {
        var file = WfdbTree.Matlab(2, columns, new byte[12]);
        var rejection = _tree.Reject("r 2 500\nr.mat 16+24 1 16 0 0 0 0 I\nr.mat 16+24 1 16 0 0 0 0 II", ("r.mat", file[..bytes]));
        Assert.Equal(RejectionReason.Truncated, rejection.Reason);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x72, 0x00 })]
    [InlineData(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x20, 0xC3, 0x28 })]
    public void Read_HeaderThatIsNone_IsRejected(byte[] header)
    {
        var rejection = Assert.Throws<RecordException>(() => _tree.Read(header, ("r.dat", new byte[4])));
        Assert.Equal(RejectionReason.Header, rejection.Reason);
    }

    /// <summary>Whatever the header says: the record or a rejection, and memory in proportion to the files.</summary>
    [Fact]
    public void Read_MutatedHeader_IsReadOrRejected()
    {
        var header = Encoding.UTF8.GetBytes(
            "r 3 500/500(1) 8 05-Feb-2020 11:39:16\r\nr.dat 16x1:1+2 200.5(-3)/mV 16 0 -1 6 0 I\nr.dat 16x1+2 1e3/uV 12 1 1 2 0 aVR\n" +
            "b.mat 16+24 100 16 0 0 0 0 vx\n#Age: 74\n");
        var data = WfdbTree.Int16([.. Enumerable.Range(0, 17)]);
        var matrix = WfdbTree.Matlab(1, 8, WfdbTree.Int16([.. Enumerable.Range(0, 8)]));
        string[] hostile =
        [
            "-1", "0", "2147483648", "4294967295", "1000000000000000000", "9223372036854775807", "NaN", "1e308", "1e-308", "../", "/", "\0", "\n",
            " ", "x", ":", "+", "(", ")", "~", "212", "16", "80", "\u00E9", "\uFFFD", "#", "\t", "9999", "x65536", ":2147483647",
        ];
        var read = Fuzz(random =>
        {
            var mutant = header.ToList();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var at = random.Next(mutant.Count);
                switch (random.Next(4))
                {
                    case 0: mutant[at] = (byte)random.Next(256); break;
                    case 1: mutant.RemoveRange(at, random.Next(Math.Min(12, mutant.Count - at))); break;
                    case 2: mutant.InsertRange(at, Encoding.UTF8.GetBytes(hostile[random.Next(hostile.Length)])); break;
                    default: mutant.InsertRange(at, mutant.GetRange(0, at)); break;
                }
            }

            return ([.. mutant], data, matrix);
        });
        Assert.InRange(read, 100, 1900);
    }

    [Fact]
    public void Read_MutatedSignalFiles_AreReadOrRejected()
    {
        var header = Encoding.UTF8.GetBytes("r 2 500\nr.dat 212 200 12 0 0 0 0 I\nb.mat 16+24 100 16 0 0 0 0 II\n");
        var data = WfdbTree.Packed212([.. Enumerable.Range(0, 8)]);
        var matrix = WfdbTree.Matlab(1, 8, WfdbTree.Int16([.. Enumerable.Range(0, 8)]));
        var read = Fuzz(random =>
        {
            var (mutant, other) = (data.ToList(), matrix.ToList());
            if (random.Next(2) == 0) mutant[random.Next(mutant.Count)] = (byte)random.Next(256);
            if (random.Next(2) == 0) other[random.Next(other.Count)] = (byte)random.Next(256);
            if (random.Next(4) == 0) mutant.RemoveRange(random.Next(mutant.Count), 1);
            if (random.Next(4) == 0) other.RemoveRange(0, random.Next(other.Count));
            return (header, [.. mutant], [.. other]);
        });
        Assert.InRange(read, 100, 1900);
    }

    /// <returns>How many of 2,000 mutants could still be read.</returns>
    private int Fuzz(Func<Random, (byte[] Header, byte[] Data, byte[] Matrix)> mutate)
    {
        var random = new Random(20);
        var read = 0;
        using var reader = new WfdbRecordReader(_tree.Source);
        var entry = new CatalogueEntry { NativeId = "r", Files = [new("r.dat"), new("b.mat"), new("r.hea")] };
        var last = (Header: Array.Empty<byte>(), Data: Array.Empty<byte>(), Matrix: Array.Empty<byte>());
        for (var mutant = 0; mutant < 2000; mutant++)
        {
            var (header, data, matrix) = mutate(random);
            if (header != last.Header) _tree.Write("r.hea", header);
            if (data != last.Data) _tree.Write("r.dat", data);
            if (matrix != last.Matrix) _tree.Write("b.mat", matrix);
            last = (header, data, matrix);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var record = reader.Read("test/r", entry);
                Assert.InRange(record.Frames.Count, 1, data.Length);
                Assert.DoesNotContain(float.PositiveInfinity, record.Frames.Values.ToArray());
                read++;
            }
            catch (RecordException e)
            {
                Assert.NotEqual(RejectionReason.Unreadable, e.Reason);
                Assert.NotEmpty(e.Message);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytesPerRead);
        }

        return read;
    }
}
