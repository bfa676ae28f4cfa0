using EcgData.Signals;
using EcgData.Sources;
using EcgData.Sources.Code15;

namespace EcgData.Tests.Code15;

/// <summary>Damaged parts end in the two exceptions that are expected, or in values; nothing else leaves the source.</summary>
public sealed class Code15HostileTests : IDisposable
{
    // The row, its stored bytes, the pages, an index: 0.8 MB a row at the most, 4 rows.
    private const long MostBytes = 64 << 20;

    private readonly Code15Tree _tree = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_PartCutOffAnywhere_IsTruncatedOrUnreadable(bool chunked)
    {
        var whole = WritePart(chunked);
        var entries = _tree.Catalogue();
        for (var sixteenth = 0; sixteenth < 16; sixteenth++)
        {
            File.WriteAllBytes(_tree["exams_part0.hdf5"], whole[..(whole.Length * sixteenth / 16)]);
            using var reader = new Code15Source().OpenReader(_tree.Folder, new SourceOptions());
            foreach (var entry in entries)
            {
                try
                {
                    using var record = reader.Read(entry.NativeId, entry);
                    Assert.Equal(Code15Tree.Value(long.Parse(entry.NativeId), 0, 0), record.Frames[0][0]);
                    Assert.Equal(2934, record.Frames.Count);   // its bytes are all before the cut
                }
                catch (RecordException e)
                {
                    Assert.True(e.Reason is RejectionReason.Truncated or RejectionReason.Unreadable, $"{e.Reason}: {e.Message}");
                    Assert.Contains("exams_part0.hdf5", e.Message, StringComparison.Ordinal);
                }
            }

            try
            {
                Assert.Equal(3, _tree.Catalogue().Count);
            }
            catch (SourceException e)
            {
                Assert.Contains("exams_part0.hdf5", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 3)]
    [InlineData(true, 4)]
    public void Read_FlippedBytes_EndInValuesOrARejection(bool chunked, ulong seed)
    {
        var whole = WritePart(chunked);
        var entries = _tree.Catalogue();
        var headers = chunked ? whole.Length : 2560;   // contiguous values are values whatever they are
        for (var round = 0; round < 150; round++)
        {
            var bytes = (byte[])whole.Clone();
            for (var flips = 1 + (int)(Next(ref seed) % 3); flips > 0; flips--)
            {
                // Half of them in the first 2,560 bytes and the last 1,024, where the headers are.
                var at = (Next(ref seed) & 3) switch
                {
                    0 => (int)(Next(ref seed) % (ulong)headers),
                    1 when chunked => bytes.Length - 1 - (int)(Next(ref seed) % 1024),
                    _ => (int)(Next(ref seed) % 2560),
                };
                bytes[at] = (Next(ref seed) & 1) == 0 ? (byte)(bytes[at] ^ 1 << (int)(Next(ref seed) % 8)) : (byte)Next(ref seed);
            }

            File.WriteAllBytes(_tree["exams_part0.hdf5"], bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            ReadAll(entries);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            // The library believes the stored size of a compressed chunk; see Hdf5Dataset.
            Assert.True(chunked || allocated < MostBytes, $"seed {seed}, round {round}: {allocated} bytes");
        }
    }

    [Fact]
    public void ReadCatalogue_TextInPlaceOfAPart_StopsTheSource()
    {
        _tree.Table(Code15Tree.Row(5, 0));
        File.WriteAllText(_tree["exams_part0.hdf5"], "<html>Too many requests</html>");
        var error = Assert.Throws<SourceException>(() => _tree.Catalogue());
        Assert.Contains("exams_part0.hdf5", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _tree.Dispose();

    private byte[] WritePart(bool chunked)
    {
        _tree.Table(Code15Tree.Row(5, 0), Code15Tree.Row(6, 0), Code15Tree.Row(7, 0));
        if (chunked) _tree.ChunkedPart(0, 5, 6, 7);
        else _tree.Part(0, 5, 6, 7);
        return File.ReadAllBytes(_tree["exams_part0.hdf5"]);
    }

    private void ReadAll(List<CatalogueEntry> entries)
    {
        try
        {
            _tree.Catalogue();
        }
        catch (SourceException)
        {
            // the part is refused as a whole
        }

        using var reader = new Code15Source().OpenReader(_tree.Folder, new SourceOptions());
        foreach (var entry in entries)
        {
            try
            {
                reader.Read(entry.NativeId, entry).Dispose();
            }
            catch (RecordException)
            {
                // the record is refused
            }
        }
    }

    // SplitMix64
    private static ulong Next(ref ulong state)
    {
        var z = state += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }
}
