using CsCheck;
using EcgData.Shards.Reading;

namespace EcgData.Shards.Tests.Reading;

/// <summary>Runs of one source, and sources in given proportions.</summary>
public sealed class MixedSourcesTests
{
    private const double CropSeconds = 2.5;

    private static readonly Gen<OrderOptions> Options = Gen.Select(
        Gen.ULong, Gen.Int[0, 3], Gen.Enum<ItemUnit>(), Gen.Int[1, 20],
        (seed, epoch, unit, open) => new OrderOptions { Seed = seed, Epoch = epoch, Unit = unit, OpenRowGroups = open, CropSeconds = CropSeconds });

    private static readonly Gen<double> Weight = Gen.OneOf(Gen.Int[1, 9].Select(weight => (double)weight), Gen.Int[1, 99].Select(weight => weight / 100.0));

    [Fact]
    public void Runs_OfAnything_AreOfOneSourceAndLeaveOutOnlyWhatFillsNone() => Gen.Select(SmallCorpus.Any, Options, Gen.Int[1, 12]).Sample(
        (corpus, options, run) =>
        {
            var order = new ReadingOrder(corpus.Index, corpus.Selection, options with { SourceRun = run });
            var places = ReadingOrderTests.All(order);
            var expected = ReadingOrderTests.All(new ReadingOrder(corpus.Index, corpus.Selection, options)).GroupBy(place => corpus.Index.SourceOf(place.Group)).ToArray();

            Assert.All(places.Chunk(run), chunk => Assert.Single(chunk.Select(place => corpus.Index.SourceOf(place.Group)).Distinct()));
            Assert.All(places.Chunk(run), chunk => Assert.Equal(run, chunk.Length));
            Assert.Equal(places.Count, places.Select(place => (place.Group, place.Row)).Distinct().Count());
            Assert.Equal(expected.Sum(source => source.Count() % run), order.LeftOut);
            Assert.Equal(expected.Sum(source => source.Count()), order.Items + order.LeftOut);
            Assert.Equal(
                expected.Select(source => (source.Key, source.Count() / run * run)).Where(source => source.Item2 > 0).Order(),
                places.GroupBy(place => corpus.Index.SourceOf(place.Group)).Select(source => (source.Key, source.Count())).Order());
            Assert.InRange(order.Slots, 0, Math.Max(options.OpenRowGroups, corpus.Index.Sources.Count));
        },
        iter: 150);

    [Fact]
    public void Runs_LocateAndSeek_GiveWhatTheWholeOrderHas() => Gen.Select(SmallCorpus.Any, Options, Gen.Int[1, 12]).Sample(
        (corpus, options, run) => ReadingOrderTests.AssertSeeks(new ReadingOrder(corpus.Index, corpus.Selection, options with { SourceRun = run })), iter: 200);

    [Fact]
    public void Runs_OfOtherEpochs_LeaveOutOtherItems()
    {
        var index = Plain(103, 57);

        var left = Enumerable.Range(0, 4).Select(epoch =>
        {
            var order = new ReadingOrder(index, null, new OrderOptions { Epoch = epoch, SourceRun = 10 });
            var read = ReadingOrderTests.All(order).Select(place => (place.Group, place.Row)).ToHashSet();
            Assert.Equal(10, order.LeftOut);
            return string.Join(' ', Rows(index).Where(row => !read.Contains(row)));
        });

        Assert.Equal(4, left.Distinct().Count());
    }

    [Fact]
    public void Runs_OfTwoSources_FollowEachOtherInKeyedOrder()
    {
        var index = Plain(1000, 1000);

        var sources = Enumerable.Range(0, 2).Select(seed => string.Concat(ReadingOrderTests
            .All(new ReadingOrder(index, null, new OrderOptions { Seed = (ulong)seed, SourceRun = 10 })).Chunk(10).Select(run => index.SourceOf(run[0].Group)))).ToArray();

        Assert.NotEqual(sources[0], sources[1]);
        Assert.All(sources, order => Assert.InRange(order.Zip(order.Skip(1)).Count(pair => pair.First != pair.Second), 70, 130));   // 100, standard deviation 7
    }

    [Fact]
    public void Weights_OfAnything_AreKeptAtEveryPrefix() => Gen.Select(SmallCorpus.Any, Options, Weight.Array[5], Gen.Int[0, 5]).Sample(
        (corpus, options, weights, run) =>
        {
            if (Order(corpus, options, weights, run) is not { } order) return;
            var shares = corpus.Index.Sources.Select((_, source) => (decimal)weights[source]).ToArray();
            var counts = new int[shares.Length];
            var (units, length) = (0, Math.Max(1, run));
            foreach (var unit in ReadingOrderTests.All(order).Chunk(length))
            {
                counts[Assert.Single(unit.Select(place => corpus.Index.SourceOf(place.Group)).Distinct())]++;
                units++;
                for (var source = 0; source < shares.Length; source++)
                {
                    var exact = units * shares[source] / shares.Sum();
                    Assert.InRange(counts[source], Math.Floor(exact), Math.Ceiling(exact));
                }
            }
        },
        iter: 150);

    [Fact]
    public void Weights_OfAnything_ReadEverySourceInWholePassesUntilTheLongestIsThrough() => Gen.Select(SmallCorpus.Any, Options, Weight.Array[5]).Sample(
        (corpus, options, weights) =>
        {
            if (Order(corpus, options, weights, 0) is not { } order) return;
            var record = corpus.Rows.ToDictionary(row => row.Place, row => options.Unit == ItemUnit.Record ? (row.Record, 0) : (row.Group, row.Row));
            var through = false;
            foreach (var source in ReadingOrderTests.All(order).GroupBy(place => corpus.Index.SourceOf(place.Group)))
            {
                var items = corpus.Rows.Where(row => row.Source == source.Key && row.Selected && row.Samples >= 250).Select(row => record[row.Place]).Distinct().Order().ToArray();
                var passes = source.Select(place => record[(place.Group, place.Row)]).Chunk(items.Length).ToArray();
                Assert.All(passes[..^1], pass => Assert.Equal(items, pass.Order()));
                Assert.Equal(passes[^1].Length, passes[^1].Distinct().Count());
                through |= passes.Length == 1 && passes[0].Length == items.Length;
            }

            Assert.True(through || order.Items == 0);
        },
        iter: 150);

    [Fact]
    public void Weights_LocateAndSeek_GiveWhatTheWholeOrderHas() => Gen.Select(SmallCorpus.Any, Options, Weight.Array[5], Gen.Int[0, 5]).Sample(
        (corpus, options, weights, run) =>
        {
            if (Order(corpus, options, weights, run) is { Items: < 3000 } order) ReadingOrderTests.AssertSeeks(order);
        },
        iter: 100);

    [Fact]
    public void Weights_SecondPassOverASource_HasAnotherOrderAndOtherCrops()
    {
        var index = Plain(400, 40);

        var small = ReadingOrderTests.All(new ReadingOrder(index, null, Weights(1, 1))).Where(place => index.SourceOf(place.Group) == 1).Chunk(40).ToArray();

        Assert.Equal(10, small.Length);
        Assert.Equal(10, small.Select(pass => string.Join(' ', pass.Select(place => (place.Group, place.Row)))).Distinct().Count());
        Assert.Equal(10, small.Select(pass => string.Join(' ', pass.OrderBy(place => (place.Group, place.Row)).Select(place => place.Start))).Distinct().Count());
    }

    [Fact]
    public void Weights_OfNought_LeaveTheSourceOut()
    {
        var index = Plain(30, 40, 50);

        var order = new ReadingOrder(index, null, Weights(1, 0, 0.5));

        Assert.Equal([0, 2], ReadingOrderTests.All(order).Select(place => index.SourceOf(place.Group)).Distinct().Order());
        Assert.InRange(order.Items, 148, 150);   // the third source, at one item in three, lasts longest: fifty items, and two of the first with each
    }

    [Theory]
    [InlineData("source-1", 1.0)]
    [InlineData("source-2", 1.0, 1.0, 1.0)]
    [InlineData("four decimals", 1.0, 0.12345)]
    [InlineData("four decimals", 1.0, -1.0)]
    [InlineData("four decimals", 1.0, double.NaN)]
    [InlineData("All weights are 0", 0.0, 0.0)]
    [InlineData("come out even after", 1000.0001, 999.9998)]
    public void Weights_ThatCannotBeKept_AreRefused(string named, params double[] weights)
    {
        var error = Assert.Throws<ArgumentException>(() => new ReadingOrder(Plain(30, 40), null, Weights(weights)));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_OfASourceWithoutItems_AreRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => new ReadingOrder(Plain(30, 40), null, Weights(1, 1) with { SourceRun = 35 }));

        Assert.Contains("source-0", error.Message, StringComparison.Ordinal);
    }

    private static OrderOptions Weights(params double[] weights) =>
        new() { Weights = weights.Select((weight, source) => (weight, source)).ToDictionary(pair => $"source-{pair.source}", pair => pair.weight) };

    /// <summary>The order, or null where a source has no item to give.</summary>
    private static ReadingOrder? Order(SmallCorpus corpus, OrderOptions options, double[] weights, int run)
    {
        var plain = new ReadingOrder(corpus.Index, corpus.Selection, options);
        var items = new int[corpus.Index.Sources.Count];
        foreach (var place in ReadingOrderTests.All(plain)) items[corpus.Index.SourceOf(place.Group)]++;
        return items.Min() < Math.Max(1, run) ? null : new ReadingOrder(
            corpus.Index, corpus.Selection, options with { Weights = Weights(weights[..items.Length]).Weights, SourceRun = run });
    }

    private static IEnumerable<(int, int)> Rows(RowGroupIndex index) =>
        Enumerable.Range(0, index.Groups).SelectMany(group => Enumerable.Range(0, index.RowsOf(group)).Select(row => (group, row)));

    /// <summary>Sources of so many rows of 10 s, a shard of one row group sequence each.</summary>
    private static RowGroupIndex Plain(params int[] rows)
    {
        var builder = new RowGroupIndex.Builder(240);
        for (var source = 0; source < rows.Length; source++)
        {
            builder.BeginShard($"shards/source-{source}/00.parquet", $"source-{source}");
            foreach (var count in ShardWriter.RowGroupSizes(rows[source])) builder.Add(count, 4, 1000, 0, [2400], [], []);
        }

        return builder.Build();
    }
}
