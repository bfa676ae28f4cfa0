using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;
using EcgData.Signals;

namespace EcgData.Shards.Tests.Reading;

public sealed class CropReaderTests
{
    private static readonly (string, int)[] Shards = [("a", 90), ("a", 30), ("b", 5), ("c", 150), ("c", 61)];

    public static TheoryData<int, int, bool, CropPlacement, ItemUnit> Ways => new()
    {
        { 0, 16, false, CropPlacement.Random, ItemUnit.Record },
        { 1, 7, false, CropPlacement.Random, ItemUnit.Segment },
        { 2, 64, false, CropPlacement.Random, ItemUnit.Record },
        { 3, 16, true, CropPlacement.Consecutive, ItemUnit.Segment },
        { 2, 1000, false, CropPlacement.Consecutive, ItemUnit.Record },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Read_EveryBatch_HoldsWhatIsStoredAtEachPosition(int threads, int batch, bool ordered, CropPlacement crops, ItemUnit unit)
    {
        using var corpus = await WrittenCorpus.CreateAsync(700, Shards);
        var order = new OrderOptions { Seed = 5, CropSeconds = 1, Ordered = ordered, Crops = crops, Unit = unit, OpenRowGroups = 6 };
        using var reader = await corpus.OpenAsync(new ReadingOptions { Order = order, Batch = batch, Threads = threads, Metadata = true });
        using var crop = reader.CreateBatch();

        long position = 0;
        while (reader.Read(crop))
        {
            Assert.Equal(position, crop.FirstPosition);
            for (var index = 0; index < crop.Count; index++) CheckCrop(corpus, reader, crop, index);
            position += crop.Count;
            Assert.Equal(position, reader.Position);
        }

        Assert.Equal(reader.Items, position);
        Assert.True(position > 200);
        Assert.False(reader.Read(crop));
        var times = reader.Times.Total;
        Assert.Equal(position, times.Crops);
        Assert.True(times.Decode > TimeSpan.Zero && times.Read > TimeSpan.Zero);
    }

    [Fact]
    public async Task Read_SomeLeads_AreThoseLeadsInTheMontagesOrder()
    {
        using var corpus = await WrittenCorpus.CreateAsync(700, Shards);
        var leads = LeadSet.None.With(Lead.V6).With(Lead.II).With(Lead.V1);
        using var reader = await corpus.OpenAsync(new ReadingOptions { Order = new OrderOptions { CropSeconds = 1 }, Leads = leads });
        using var crop = reader.CreateBatch();

        while (reader.Read(crop))
        {
            Assert.Equal(3, crop.Leads);
            for (var index = 0; index < crop.Count; index++) CheckCrop(corpus, reader, crop, index);
        }
    }

    [Fact]
    public async Task Read_Ranks_GetThePiecesOfTheGlobalBatches()
    {
        using var corpus = await WrittenCorpus.CreateAsync(300, ("a", 70), ("b", 31));
        var options = new ReadingOptions { Order = new OrderOptions { CropSeconds = 0.5, OpenRowGroups = 4 }, Batch = 16, From = 3 };
        var alone = await ReadAsync(corpus, options);

        var readers = await Task.WhenAll(Enumerable.Range(0, 5).Select(rank => corpus.OpenAsync(options with { Rank = rank, World = 5, Threads = rank % 3 })));
        var batches = readers.Select(reader => reader.CreateBatch()).ToArray();
        var together = new List<string>();
        while (readers.Select((reader, rank) => reader.Read(batches[rank])).ToArray() is var more && more[0])
        {
            Assert.All(more, Assert.True);
            Assert.Single(readers.Select(reader => reader.Position).Distinct());
            together.AddRange(batches.SelectMany(Texts));
        }

        Assert.Equal(alone, together);
        foreach (var reader in readers) reader.Dispose();
        foreach (var batch in batches) batch.Dispose();
    }

    [Fact]
    public async Task Read_DropLast_LosesTheShortBatchAndSaysHowMuch()
    {
        using var corpus = await WrittenCorpus.CreateAsync(300, ("a", 70));
        var options = new ReadingOptions { Order = new OrderOptions { CropSeconds = 0.5 }, Batch = 32, DropLast = true, From = 1 };
        using var reader = await corpus.OpenAsync(options);
        using var batch = reader.CreateBatch();

        var batches = 0;
        for (; reader.Read(batch); batches++) Assert.Equal(32, batch.Count);

        Assert.Equal((reader.Items - 1) / 32, batches);
        Assert.Equal((reader.Items - 1) % 32, reader.Dropped);
        Assert.True(reader.Dropped > 0);
    }

    [Fact]
    public async Task Read_Subset_GivesItsRowsOnly()
    {
        using var corpus = await WrittenCorpus.CreateAsync(300, ("a", 70), ("b", 40));
        var builder = new RowSelection.Builder();
        for (var group = 0; group < corpus.Groups.Count; group++) builder.Add([group % 3 == 0 ? 0 : 0b1011_0110_0101UL << group & (1UL << corpus.Groups[group].Length) - 1]);
        var selection = builder.Build();
        var options = new ReadingOptions { Order = new OrderOptions { CropSeconds = 0.25, Unit = ItemUnit.Segment } };
        using var reader = await corpus.OpenAsync(options, selection);
        using var batch = reader.CreateBatch();

        var found = new List<string>();
        while (reader.Read(batch)) found.AddRange(Enumerable.Range(0, batch.Count).Select(index => $"{batch.RecordId(index)} {batch.Segment(index)}"));

        var expected = corpus.Groups.SelectMany((rows, group) => rows.Where((_, row) => selection.Contains(group, row))).Select(row => $"{row.RecordId} {row.Segment}");
        Assert.Equal(expected.Order(), found.Order());
    }

    internal static async Task<List<string>> ReadAsync(WrittenCorpus corpus, ReadingOptions options, RowSelection? selection = null, int batches = int.MaxValue)
    {
        using var reader = await corpus.OpenAsync(options, selection);
        using var batch = reader.CreateBatch();
        var crops = new List<string>();
        for (var number = 0; number < batches && await reader.ReadAsync(batch); number++) crops.AddRange(Texts(batch));
        return crops;
    }

    /// <summary>A line per crop: two crops are the same, bit by bit, where these are.</summary>
    internal static IEnumerable<string> Texts(CropBatch batch)
    {
        var (leads, samples) = (batch.Leads, batch.Samples);
        var lines = new List<string>();
        for (var index = 0; index < batch.Count; index++)
        {
            var hash = new System.IO.Hashing.XxHash64();
            hash.Append(System.Runtime.InteropServices.MemoryMarshal.AsBytes(batch.Millivolt.Slice(index * leads * samples, leads * samples)));
            hash.Append(System.Runtime.InteropServices.MemoryMarshal.AsBytes(batch.LeadMask.Slice(index * leads, leads)));
            hash.Append(batch.GapMask.Slice(index * leads * samples, leads * samples));
            lines.Add($"{batch.Position(index)} {batch.RecordId(index)} {batch.Segment(index)} {batch.StartSample(index)} {hash.GetCurrentHashAsUInt64():x}");
        }

        return lines;
    }

    private static void CheckCrop(WrittenCorpus corpus, CropReader reader, CropBatch batch, int index)
    {
        var place = reader.Order.Locate(batch.Position(index));
        var row = corpus.Groups[place.Group][place.Row];
        Assert.Equal((row.RecordId, row.Segment, place.Start), (batch.RecordId(index), batch.Segment(index), batch.StartSample(index)));
        var (leads, samples) = (batch.Leads, batch.Samples);
        var lead = 0;
        for (var number = 0; number < 12; number++)
        {
            if (!batch.LeadSet.Contains((Lead)number)) continue;
            var found = batch.Millivolt.Slice((index * leads + lead) * samples, samples);
            var stored = row.Leads[number];
            Assert.Equal(stored is null ? 0 : 1, batch.LeadMask[index * leads + lead]);
            var expected = stored is null ? new float[samples] : stored.Skip(place.Start).Take(samples).Select(value => value * 0.001f).ToArray();
            Assert.True(found.SequenceEqual(expected), $"position {batch.Position(index)}, lead {number}");
            var gaps = batch.GapMask.Slice((index * leads + lead) * samples, samples).ToArray();
            var missing = Enumerable.Range(place.Start, samples).Select(
                sample => (byte)(row.Gaps.Any(gap => (int)gap.Lead == number && sample >= gap.Start && sample < gap.End) ? 1 : 0));
            Assert.Equal(missing, gaps);
            lead++;
        }

        if (batch.Metadata(index) is not { } metadata) return;
        Assert.Equal(row.RecordId, metadata.RecordId);
        Assert.Equal(row.Segment, metadata.Segment);
        Assert.Equal(row.StartSeconds, metadata.StartSeconds);
        Assert.Equal((row.Source, row.Site, row.Licence, row.Sex), (metadata.Source, metadata.Site, metadata.Licence, metadata.Sex));
        Assert.Equal((row.Patient, row.PatientKnown, row.AgeYears, row.Fold), (metadata.Patient, metadata.PatientKnown, metadata.AgeYears, metadata.Fold));
        Assert.Equal((row.DerivedLeads, row.Flags), (metadata.DerivedLeads, metadata.Flags));
        Assert.Equal(row.Labels, metadata.Labels);
        Assert.Equal(row.LabelWeights, metadata.LabelWeights);
    }
}
