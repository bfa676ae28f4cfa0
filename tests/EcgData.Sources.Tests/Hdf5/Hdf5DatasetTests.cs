using EcgData.Signals;
using EcgData.Sources;
using EcgData.Sources.Hdf5;
using PureHDF;
using PureHDF.Filters;
using PureHDF.VOL.Native;

namespace EcgData.Tests.Hdf5;

public sealed class Hdf5DatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> StoragesAndTypes => [.. new MatrixTheoryData<string, string>(
        ["contiguous", "chunk per row", "deflate", "shuffle and deflate", "fletcher and deflate"], ["float16", "float32", "float64"])];

    [Theory]
    [MemberData(nameof(StoragesAndTypes))]
    public void ReadRow_EveryStorageAndType_GivesTheRow(string storage, string type)
    {
        const int rows = 7, samples = 640, leads = 12;
        Array values = type switch
        {
            "float16" => Filled(rows, samples, leads, v => (Half)v),
            "float32" => Filled(rows, samples, leads, v => v),
            _ => Filled(rows, samples, leads, v => (double)v),
        };
        uint[]? chunks = storage switch { "contiguous" => null, "chunk per row" => [1, samples, leads], _ => [3, 256, 5] };
        List<H5Filter> filters = storage switch
        {
            "deflate" => [DeflateFilter.Id],
            "shuffle and deflate" => [ShuffleFilter.Id, DeflateFilter.Id],
            "fletcher and deflate" => [Fletcher32Filter.Id, DeflateFilter.Id],
            _ => [],
        };
        Write(new H5File { ["x"] = new H5Dataset(values, chunks: chunks, datasetCreation: new H5DatasetCreation(Filters: filters)) });

        using var file = Open();
        var dataset = file.Dataset("x");
        Assert.Equal(storage == "contiguous", dataset.IsDirect);
        Assert.Equal([rows, samples, leads], dataset.Shape.ToArray());
        var row = new float[dataset.RowElements];
        foreach (var index in (int[])[6, 0, 3, 2])
        {
            dataset.ReadRow(index, row);
            for (var i = 0; i < row.Length; i++) Assert.Equal(Value(index, i / leads, i % leads), row[i]);
        }
    }

    [Fact]
    public void ReadRow_FileOfTheCLibrary_IsReadDirectly()
    {
        float[] values = [1, 2, 3, 4, 5, 6];
        WriteBytes(Hdf5Bytes.File([new("x", Hdf5Bytes.Float32, [3, 2], Hdf5Bytes.Of(values))]));
        using var file = Open();
        var dataset = file.Dataset("x");
        Assert.True(dataset.IsDirect);
        var row = new float[2];
        dataset.ReadRow(2, row);
        Assert.Equal([5f, 6f], row);
    }

    [Fact]
    public void ReadIntegers_BothWidths_GivesTheValues()
    {
        WriteBytes(Hdf5Bytes.File(
        [
            new("i", Hdf5Bytes.Int32, [3], Hdf5Bytes.Of(7, -1, int.MaxValue)), new("l", Hdf5Bytes.Int64, [2], Hdf5Bytes.Of(long.MaxValue, 0)),
        ]));
        using var file = Open();
        Assert.Equal([7, -1, int.MaxValue], file.Dataset("i").ReadIntegers(3));
        Assert.Equal([long.MaxValue, 0], file.Dataset("l").ReadIntegers(2));
        Assert.Equal(RejectionReason.UnsupportedFormat, Rejected(() => file.Dataset("i").ReadIntegers(2)).Reason);
    }

    [Fact]
    public void Dataset_NotThere_SaysWhichOne()
    {
        WriteBytes(Hdf5Bytes.File([new("x", Hdf5Bytes.Float32, [1], Hdf5Bytes.Of(1f))]));
        using var file = Open();
        var error = Rejected(() => file.Dataset("tracings"));
        Assert.Equal(RejectionReason.UnsupportedFormat, error.Reason);
        Assert.Contains("x.hdf5, dataset 'tracings'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dataset_Text_IsUnsupported()
    {
        Write(new H5File { ["x"] = new string[] { "a", "b" } });
        using var file = Open();
        Assert.Equal(RejectionReason.UnsupportedFormat, Rejected(() => file.Dataset("x")).Reason);
    }

    [Fact]
    public void Dataset_GroupInItsPlace_IsUnsupported()
    {
        Write(new H5File { ["x"] = new H5Group { ["y"] = new float[] { 1 } } });
        using var file = Open();
        Assert.Equal(RejectionReason.UnsupportedFormat, Rejected(() => file.Dataset("x")).Reason);
    }

    [Theory]
    [InlineData(1_000_000_000_000, 4096, 12)]
    [InlineData(2, 1_000_000_000_000, 12)]
    [InlineData(2, 1L << 62, 1L << 62)]
    [InlineData(-1, 4096, 12)]
    [InlineData(0, 4096, 12)]
    public void Dataset_AbsurdShape_IsRefusedBeforeMemoryIsTaken(long rows, long samples, long leads)
    {
        WriteBytes(Hdf5Bytes.File([new("x", Hdf5Bytes.Float32, [(ulong)rows, (ulong)samples, (ulong)leads], new byte[64])]));
        using var file = Open();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Rejected(() => file.Dataset("x"));
        Assert.True(error.Reason is RejectionReason.UnsupportedFormat or RejectionReason.Unreadable, error.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void Dataset_ChunksBeyondTheBudget_AreRefused()
    {
        var values = new float[2, 4096, 2100];   // 69 MB in one chunk
        Write(new H5File { ["x"] = new H5Dataset(values, chunks: [2, 4096, 2100], datasetCreation: new H5DatasetCreation(Filters: [DeflateFilter.Id])) });
        using var file = Open();
        var error = Rejected(() => file.Dataset("x"));
        Assert.Equal(RejectionReason.UnsupportedFormat, error.Reason);
        Assert.Contains("chunks", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadRow_ValuesBehindTheEnd_AreTruncated()
    {
        var data = Hdf5Bytes.Of<float>(1, 2, 3, 4);
        WriteBytes(Hdf5Bytes.File([new("x", Hdf5Bytes.Float32, [3, 2], data)]));   // the third row is missing
        using var file = Open();
        var dataset = file.Dataset("x");
        var row = new float[2];
        dataset.ReadRow(1, row);
        Assert.Equal([3f, 4f], row);
        Assert.Equal(RejectionReason.Truncated, Rejected(() => dataset.ReadRow(2, row)).Reason);
        Assert.Equal(RejectionReason.Truncated, Rejected(() => dataset.ReadRow(3, row)).Reason);
    }

    [Fact]
    public void Dataset_ValuesNowhere_AreRefused()
    {
        WriteBytes(Hdf5Bytes.File([new("x", Hdf5Bytes.Float32, [3, 2], [], At: ulong.MaxValue)]));
        using var file = Open();
        var error = Rejected(() => file.Dataset("x"));
        Assert.Equal(RejectionReason.UnsupportedFormat, error.Reason);
        Assert.Contains("not in this file", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Open_TreeThatPointsAtItself_Ends(byte level)
    {
        WriteBytes(Hdf5Bytes.File([new("x", Hdf5Bytes.Float32, [1], Hdf5Bytes.Of(1f))], Hdf5Bytes.Tree, level));
        Assert.Equal(
            RejectionReason.Unreadable,
            Rejected(() =>
            {
                using var file = Open();
                file.Dataset("x");
            }).Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("exam_id,age\n1,2\n")]
    [InlineData("\u0089HDF")]
    public void Open_NotHdf5_IsRejected(string text)
    {
        File.WriteAllText(_folder["x.hdf5"], text);
        var error = Rejected(() => Open().Dispose());
        Assert.True(error.Reason is RejectionReason.Unreadable or RejectionReason.Truncated, error.Message);
        Assert.StartsWith("x.hdf5: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NoFile_IsMissing() =>
        Assert.Equal(RejectionReason.MissingFile, Rejected(() => Open().Dispose()).Reason);

    [Fact]
    public void Open_Elsewhere_IsOutsideTheFolder() =>
        Assert.Equal(
            RejectionReason.OutsideFolder, Rejected(() => Hdf5File.Open(new SourceFolder(_folder.Path), "../x.hdf5").Dispose()).Reason);

    [Fact]
    public void ReadRow_ChunkThatInflatesBeyondItsSize_IsRejected()
    {
        // The chunk of 64 KiB is replaced by a deflate stream of as many bytes as the stored chunk that inflates to 32 MiB.
        var random = new ulong[8192];
        var state = 1UL;
        foreach (ref var value in random.AsSpan()) value = state = state * 6364136223846793005 + 1442695040888963407;
        Write(new H5File
        {
            ["x"] = new H5Dataset(
                random.Select(value => (float)value).ToArray(), chunks: [8192], datasetCreation: new H5DatasetCreation(Filters: [DeflateFilter.Id])),
        });
        var bytes = File.ReadAllBytes(_folder["x.hdf5"]);
        using var bomb = new MemoryStream();
        using (var deflate = new System.IO.Compression.ZLibStream(bomb, System.IO.Compression.CompressionLevel.SmallestSize, leaveOpen: true))
            for (var i = 0; i < 16; i++) deflate.Write(new byte[1 << 20]);
        var at = Enumerable.Range(0, bytes.Length - 2).First(i => bytes[i] == 0x78 && bytes.Length - i > bomb.Length && (bytes[i] * 256 + bytes[i + 1]) % 31 == 0);
        bomb.ToArray().CopyTo(bytes, at);
        WriteBytes(bytes);

        using var file = Open();
        var dataset = file.Dataset("x");
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Rejected(() => dataset.ReadRow(0, new float[1]));
        Assert.Equal(RejectionReason.Unreadable, error.Reason);
        Assert.Contains("inflates to more", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    public void Dispose() => _folder.Dispose();

    private static RecordException Rejected(Action read) => Assert.Throws<RecordException>(read);

    // Exact in float16: multiples of 1/8 up to 250.
    private static float Value(int row, int sample, int lead) => (row * 31 + sample * 7 + lead * 13) % 2000 / 8f - 100;

    private static T[,,] Filled<T>(int rows, int samples, int leads, Func<float, T> convert)
    {
        var values = new T[rows, samples, leads];
        for (var row = 0; row < rows; row++)
            for (var sample = 0; sample < samples; sample++)
                for (var lead = 0; lead < leads; lead++)
                    values[row, sample, lead] = convert(Value(row, sample, lead));
        return values;
    }

    private Hdf5File Open() => Hdf5File.Open(new SourceFolder(_folder.Path), "x.hdf5");

    private void Write(H5File file) => file.Write(_folder["x.hdf5"], new H5WriteOptions(PreferCompactDatasetLayout: false));

    private void WriteBytes(byte[] bytes) => File.WriteAllBytes(_folder["x.hdf5"], bytes);
}
