using CsCheck;
using EcgData.Shards.Reading;

namespace EcgData.Shards.Tests.Reading;

/// <summary>What the reading order promises, on random small corpora, against what a look at every row says.</summary>
public sealed class ReadingOrderTests
{
    private const int CropSamples = 250;

    private static readonly Gen<OrderOptions> Options = Gen.Select(
        Gen.ULong, Gen.Int[0, 3], Gen.Enum<ItemUnit>(), Gen.Enum<CropPlacement>(), Gen.Bool, Gen.Int[1, 20],
        (seed, epoch, unit, crops, ordered, open) => new OrderOptions
        {
            Seed = seed,
            Epoch = epoch,
            Unit = unit,
            Crops = crops,
            Ordered = ordered,
            OpenRowGroups = open,
            CropSeconds = CropSamples / (double)SmallCorpus.Hz,
        });

    private static readonly Gen<(SmallCorpus Corpus, OrderOptions Options)> Cases = Gen.Select(SmallCorpus.Any, Options);

    [Fact]
    public void Order_OfAnything_HasEveryItemOnce() => Cases.Sample(
        (corpus, options) =>
        {
            var order = new ReadingOrder(corpus.Index, corpus.Selection, options);
            var places = All(order);
            var eligible = corpus.Rows.Where(row => row.Selected && row.Samples >= CropSamples).ToDictionary(row => row.Place);

            Assert.Equal(order.Items, places.Count);
            Assert.Equal(corpus.Rows.Count(row => row.Selected && row.Samples < CropSamples), order.TooShort);
            Assert.Equal(0, order.LeftOut);
            Assert.Equal(places.Count, places.Distinct().Count());
            Assert.All(places, place => Assert.InRange(place.Start, 0, eligible[(place.Group, place.Row)].Samples - CropSamples));

            var read = places.Select(place => eligible[(place.Group, place.Row)]).Distinct().ToArray();
            if (options.Unit == ItemUnit.Segment) Assert.Equal(eligible.Count, read.Length);
            Assert.Equal(eligible.Values.Select(row => row.Record).Distinct().Order(), read.Select(row => row.Record).Distinct().Order());
            if (options.Unit == ItemUnit.Record) Assert.Equal(read.Length, read.Select(row => row.Record).Distinct().Count());
            var crops = options.Crops == CropPlacement.Random
                ? read.Select(row => (row.Place, 1))
                : read.Select(row => (row.Place, row.Samples / CropSamples));
            Assert.Equal(crops.Order(), places.GroupBy(place => (place.Group, place.Row)).Select(group => (group.Key, group.Count())).Order());
            if (options.Crops == CropPlacement.Consecutive) Assert.All(places, place => Assert.Equal(0, place.Start % CropSamples));
        },
        iter: 500);

    [Fact]
    public void Locate_AndSeekToAnyPosition_GiveWhatTheWholeOrderHasThere() => Cases.Sample(
        (corpus, options) => AssertSeeks(new ReadingOrder(corpus.Index, corpus.Selection, options)), iter: 150);

    [Fact]
    public void Order_MadeAgain_IsTheSame() => Cases.Sample(
        (corpus, options) => Assert.Equal(
            All(new ReadingOrder(corpus.Index, corpus.Selection, options)),
            All(new ReadingOrder(corpus.Index, corpus.Selection, options with { }))),
        iter: 100);

    [Fact]
    public void Ordered_IsTheStoredOrder() => Cases.Sample(
        (corpus, options) =>
        {
            var places = All(new ReadingOrder(corpus.Index, corpus.Selection, options with { Ordered = true }));

            Assert.Equal(places.OrderBy(place => place.Group).ThenBy(place => place.Row).ThenBy(place => options.Crops == CropPlacement.Random ? 0 : place.Start), places);
        },
        iter: 200);

    [Fact]
    public void Cursor_InARound_TakesOneItemOfEverySlot() => Cases.Sample(
        (corpus, options) =>
        {
            var order = new ReadingOrder(corpus.Index, corpus.Selection, options);
            var (cursor, slots, open) = (order.Seek(0), new List<int>(), new Dictionary<int, int>());
            while (cursor.MoveNext(out var place))
            {
                slots.Add(cursor.Slot);
                if (open.TryGetValue(cursor.Slot, out var group)) Assert.Equal(group, place.Group);
                open[cursor.Slot] = place.Group;
                if (cursor.LeavesGroup) open.Remove(cursor.Slot);
            }

            Assert.Empty(open);
            Assert.InRange(order.Slots, 0, options.OpenRowGroups);
            Assert.All(slots.Chunk(Math.Max(1, order.Slots)), round => Assert.Equal(round.Length, round.Distinct().Count()));
        },
        iter: 150);

    [Fact]
    public void Epochs_AndSeeds_DrawOtherOrdersCropsAndSegments()
    {
        var index = Segments(records: 200, segments: 3);
        OrderOptions[] options = [new(), new() { Epoch = 1 }, new() { Seed = 1 }, new() { Seed = 1, Epoch = 1 }];

        var orders = options.Select(option => All(new ReadingOrder(index, null, option))).ToArray();

        for (var first = 0; first < orders.Length; first++)
        {
            for (var second = 0; second < first; second++)
            {
                var (a, b) = (orders[first], orders[second]);
                Assert.InRange(a.Zip(b).Count(pair => (pair.First.Group, pair.First.Row) == (pair.Second.Group, pair.Second.Row)), 0, 10);
                var starts = b.ToDictionary(place => (place.Group, place.Row), place => place.Start);
                var both = a.Where(place => starts.ContainsKey((place.Group, place.Row))).ToArray();
                Assert.InRange(both.Length, 40, 95);    // a third of 200 records draws the same segment: 67, standard deviation 7
                Assert.InRange(both.Count(place => starts[(place.Group, place.Row)] == place.Start), 0, 4);   // 1 of 1,801 starts
            }
        }
    }

    [Fact]
    public void Crops_OfManyEpochs_StartEverywhereEquallyOften()
    {
        var index = Segments(records: 16, segments: 1);
        var counts = new int[8];
        for (var epoch = 0; epoch < 2000; epoch++)
        {
            foreach (var place in All(new ReadingOrder(index, null, new OrderOptions { Epoch = epoch }))) counts[place.Start * 8 / 1801]++;
        }

        Assert.Equal(32_000, counts.Sum());
        Assert.All(counts, count => Assert.InRange(count, 3750, 4250));   // 4,000, standard deviation 59
    }

    [Fact]
    public void Crop_OfAsManySamplesAsTheRow_BeginsAtItsFirst()
    {
        var order = new ReadingOrder(Segments(records: 5, segments: 1), null, new OrderOptions { CropSeconds = 10 });

        Assert.All(All(order), place => Assert.Equal(0, place.Start));
        Assert.Equal(5, order.Items);
    }

    [Fact]
    public void Order_OfNothing_IsEmpty()
    {
        var order = new ReadingOrder(Segments(records: 5, segments: 1), null, new OrderOptions { CropSeconds = 11 });

        Assert.Equal((0L, 5L), (order.Items, order.TooShort));
        Assert.Empty(All(order));
        Assert.Throws<ArgumentOutOfRangeException>(() => order.Locate(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => order.Seek(1));
    }

    [Fact]
    public void MoveNext_Steady_AllocatesNothing()
    {
        var cursor = new ReadingOrder(Segments(records: 2000, segments: 2), null, new OrderOptions { SourceRun = 8 }).Seek(0);
        for (var step = 0; step < 500; step++) cursor.MoveNext(out _);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var step = 0; step < 1000; step++) cursor.MoveNext(out _);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("openRowGroups", 0, 0, 2.5)]
    [InlineData("sourceRun", 64, -1, 2.5)]
    [InlineData("cropSeconds", 64, 0, 0.001)]
    [InlineData("cropSeconds", 64, 0, double.NaN)]
    public void Order_WithImpossibleOptions_NamesTheOption(string option, int openRowGroups, int sourceRun, double cropSeconds)
    {
        var options = new OrderOptions { OpenRowGroups = openRowGroups, SourceRun = sourceRun, CropSeconds = cropSeconds };

        var error = Assert.Throws<ArgumentException>(() => new ReadingOrder(Segments(1, 1), null, options));

        Assert.StartsWith(option, error.Message, StringComparison.Ordinal);
    }

    internal static List<ItemPlace> All(ReadingOrder order)
    {
        var (cursor, places) = (order.Seek(0), new List<ItemPlace>());
        while (cursor.MoveNext(out var place)) places.Add(place);
        Assert.Equal(order.Items, cursor.Position);
        return places;
    }

    internal static void AssertSeeks(ReadingOrder order)
    {
        var places = All(order);
        Assert.Equal(places, Enumerable.Range(0, places.Count).Select(position => order.Locate(position)));
        for (var position = 0; position < places.Count; position += 1 + places.Count / 12)
        {
            var cursor = order.Seek(position);
            for (var next = position; next < Math.Min(places.Count, position + 70); next++)
            {
                Assert.True(cursor.MoveNext(out var place));
                Assert.Equal(places[next], place);
            }
        }
    }

    /// <summary>Records of as many segments of 10 s each, in one shard.</summary>
    private static RowGroupIndex Segments(int records, int segments)
    {
        var builder = new RowGroupIndex.Builder(240);
        builder.BeginShard("shards/a/00.parquet", "a");
        var row = 0;
        foreach (var rows in ShardWriter.RowGroupSizes(records * segments))
        {
            builder.Add(
                rows, 4, 1000, 0, [2400],
                segments == 1 ? [] : [.. Enumerable.Range(row, rows).Select(index => index % segments)],
                segments == 1 ? [] : [.. Enumerable.Repeat(segments, rows)]);
            row += rows;
        }

        return builder.Build();
    }
}
