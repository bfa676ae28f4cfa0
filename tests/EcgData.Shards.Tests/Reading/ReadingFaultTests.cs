using EcgData.Shards.Reading;
using EcgData.Signals;

namespace EcgData.Shards.Tests.Reading;

public sealed class ReadingFaultTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Read_FlippedBit_IsFoundWithShardAndRowGroupNamed(int threads)
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, ("a", 40), ("a", 40));
        var (shard, entry) = corpus.Table[6];
        Damage(corpus, shard, entry.OffsetBytes + entry.SizeBytes / 2);
        using var reader = await corpus.OpenAsync(new ReadingOptions { Order = new OrderOptions { CropSeconds = 0.5 }, Threads = threads });
        using var batch = reader.CreateBatch();

        var refusal = Assert.Throws<InvalidDataException>(() => ReadAll(reader, batch));

        Assert.Contains($"{shard}, row group {entry.Index}: Its bytes hash to", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(entry.Digest, refusal.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => ReadAll(reader, batch));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Read_MissingShard_IsNamed(int threads)
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, ("a", 40), ("a", 40));
        File.Delete(corpus.PathOf(corpus.Table[^1].Shard));
        using var reader = await corpus.OpenAsync(new ReadingOptions { Order = new OrderOptions { CropSeconds = 0.5 }, Threads = threads });
        using var batch = reader.CreateBatch();

        Assert.Contains(corpus.Table[^1].Shard, Assert.Throws<FileNotFoundException>(() => ReadAll(reader, batch)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_ShardCutShort_IsNamed()
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, ("a", 40));
        using (var file = File.OpenWrite(corpus.PathOf(corpus.Table[0].Shard))) file.SetLength(corpus.Table[^1].RowGroup.OffsetBytes + 10);
        using var reader = await corpus.OpenAsync(new ReadingOptions { Order = new OrderOptions { CropSeconds = 0.5 } });
        using var batch = reader.CreateBatch();

        Assert.Contains("The shard ends 10 bytes into a row group", Assert.Throws<InvalidDataException>(() => ReadAll(reader, batch)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_AnotherSamplingFrequency_NamesTheRecord()
    {
        var rows = WrittenCorpus.Rows(0, 20, 200);
        using var corpus = await WrittenCorpus.CreateAsync([("a", [.. rows.Select((row, index) => index == 9 ? row with { SamplingFrequencyHz = 500 } : row)])]);
        using var reader = await corpus.OpenAsync(new ReadingOptions { Order = new OrderOptions { CropSeconds = 0.5 } });
        using var batch = reader.CreateBatch();

        var refusal = Assert.Throws<InvalidDataException>(() => ReadAll(reader, batch));

        Assert.Contains($"{rows[9].RecordId}, segment {rows[9].Segment}, at 500 Hz; expected 240 Hz", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Read_Cancelled_Ends(int threads)
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, ("a", 40));
        using var all = new CancellationTokenSource();
        using var one = new CancellationTokenSource();
        var options = new ReadingOptions { Order = new OrderOptions { CropSeconds = 0.5 }, Batch = 2, Threads = threads, Prefetch = 1 };
        using var reader = await corpus.OpenAsync(options, source: new Endless(), cancel: all.Token);
        using var batch = reader.CreateBatch();

        one.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => reader.Read(batch, one.Token));
        var waiting = Task.Run(() => reader.Read(batch));
        all.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Theory]
    [InlineData("batch is 5", "24")]
    [InlineData("rank is 3", "0 to 1")]
    [InlineData("threads is -1", "0 (the caller's own) to 256")]
    [InlineData("prefetch is 0", "at least 1 batch")]
    [InlineData("leads is 0", "one to twelve")]
    public async Task Open_OptionsThatContradict_SaysWhich(string found, string expected)
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, ("a", 4));
        var order = new OrderOptions { CropSeconds = 0.5 };
        var options = found.Split(' ')[0] switch
        {
            "batch" => new ReadingOptions { Order = order with { SourceRun = 24 }, Batch = 5 },
            "rank" => new ReadingOptions { Order = order, Rank = 3, World = 2 },
            "threads" => new ReadingOptions { Order = order, Threads = -1 },
            "prefetch" => new ReadingOptions { Order = order, Prefetch = 0 },
            _ => new ReadingOptions { Order = order, Leads = LeadSet.None },
        };

        var refusal = await Assert.ThrowsAnyAsync<ArgumentException>(() => corpus.OpenAsync(options));

        Assert.Contains(found, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Index_RowGroupsWithChangedBytes_EndsOrThrowsInvalidData()
    {
        using var corpus = await WrittenCorpus.CreateAsync(90, ("a", 20));
        var index = await RowGroupIndex.LoadAsync(corpus.Corpus, corpus.Version);
        var file = File.ReadAllBytes(corpus.PathOf(corpus.Table[0].Shard));
        var state = 5ul;
        var (whole, refused) = (0, 0);
        using var open = new OpenRowGroup(corpus.Table.Max(row => (int)row.RowGroup.SizeBytes));
        var target = new float[90];
        for (var round = 0; round < 4000; round++)
        {
            var group = round % index.Groups;
            var extent = index.ExtentOf(group);
            var bytes = open.Begin(index, group, extent);
            file.AsSpan((int)extent.OffsetBytes, extent.SizeBytes).CopyTo(bytes);
            for (var change = 1 + Some.Next(ref state) % 3; change > 0; change--)
                bytes[(int)(Some.Next(ref state) % (ulong)bytes.Length)] = (byte)Some.Next(ref state);
            try
            {
                open.Index(LeadSet.All, withMetadata: round % 2 == 0);
                for (var row = 0; row < open.Rows; row++)
                {
                    _ = open.RecordId(row);
                    for (var lead = 0; lead < 12; lead++)
                    {
                        if (open.Has((Lead)lead, row)) open.Decode((Lead)lead, row, 0, target.AsSpan(0, Math.Clamp(open.Samples(row), 0, 90)));
                    }
                }

                whole++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.True(whole > 100 && refused > 100, $"{whole} read, {refused} refused: both must occur.");
    }

    private static void ReadAll(CropReader reader, CropBatch batch)
    {
        while (reader.Read(batch))
        {
        }
    }

    private static void Damage(WrittenCorpus corpus, string shard, long at)
    {
        using var file = File.Open(corpus.PathOf(shard), FileMode.Open);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 16));
    }

    /// <summary>Gives nothing until it is told to stop.</summary>
    private sealed class Endless : IRowGroupSource
    {
        public bool IsVerified => true;

        public void Read(in RowGroupExtent extent, Span<byte> destination, CancellationToken cancel)
        {
            cancel.WaitHandle.WaitOne();
            cancel.ThrowIfCancellationRequested();
        }
    }
}
