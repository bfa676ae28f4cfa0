using EcgData.Shards;
using EcgData.Signals;

namespace EcgData.Ingest.Tests;

public sealed class DriftTests
{
    [Theory]
    [InlineData("a 5,b 5", "a 50,b 50", 0)]
    [InlineData("a 5", "b 7", 1)]                       // nothing in common: one bit
    [InlineData("a 1,b 1", "a 9", 0.311278124459)]      // 3/4 log2(4/3), by hand
    public void Divergence_OfCounts_IsThatOfTheTextbook(string before, string after, double bits) =>
        Assert.Equal(bits, Drift.Divergence(Counts(before), Counts(after))!.Value.Bits, 10);

    [Fact]
    public void Divergence_OfOneDistributionDrawnTwice_IsWithinChance()
    {
        var random = new Random(11);
        var beyond = 0;
        for (var trial = 0; trial < 1000; trial++)
        {
            var divergence = Drift.Divergence(Draw(200), Draw(2000))!.Value;
            if (divergence.Bits > divergence.ChanceBits) beyond++;
        }

        Assert.InRange(beyond, 0, 20);   // three standard deviations of a skewed sum: 0.5 to 1 %

        Dictionary<string, long> Draw(int count)
        {
            var counts = new Dictionary<string, long>();
            for (var draw = 0; draw < count; draw++)
            {
                var label = $"{(int)Math.Sqrt(random.Next(400))}";   // twenty labels, the last a hundred times as frequent as the first
                counts[label] = counts.GetValueOrDefault(label) + 1;
            }

            return counts;
        }
    }

    [Fact]
    public void Measure_NothingButMore_IsWithinItsLimits()
    {
        var measures = Measure(Source(1000, 10), Source(1200, 12), added: 200);
        Assert.DoesNotContain(measures, measure => measure.Drifted);
        Assert.Contains(measures, measure => measure is { Population: DriftPopulation.Added, Kind: DriftKind.LeadMean, Value: 0 });
    }

    [Theory]
    [InlineData(DriftKind.RejectedShare, "truncated", 1000, 1200, 60, 300)]
    [InlineData(DriftKind.LeadDeviation, "ii", 1000, 1200, 12, 600)]
    public void Measure_AdditionsThatDiffer_AreSeenThoughTheWholeHardlyMoves(DriftKind kind, string subject, int before, int after, int rejected, int deviation)
    {
        var old = Source(before, 10);
        var now = Source(after, rejected);
        // the added kept records have another deviation: sums add up exactly
        var extra = (long)(after - before - (rejected - 10)) * 1000;
        var lead = old.Statistics["ii"];
        now = now with
        {
            Statistics = new Dictionary<string, LeadStatistics>
            {
                ["ii"] = new(lead.Count + extra, lead.Sum, lead.SumOfSquares + extra * deviation * deviation, -3000, 3000),
            },
        };
        var measures = Measure(old, now, added: after - before);
        var drifted = Assert.Single(measures, measure => measure.Kind == kind && measure.Subject == subject && measure.Drifted && measure.Population == DriftPopulation.Added);
        Assert.True(drifted.Value > drifted.Limit);
        if (kind == DriftKind.LeadDeviation) Assert.Equal((300, 600), (drifted.Before, drifted.After));
    }

    [Fact]
    public void Measure_SourceWithFewRecords_IsNotJudged() => Assert.Empty(Measure(Source(20, 0), Source(40, 20), added: 20));

    [Fact]
    public void Measure_RecordsThatChangedOtherwise_HaveNoAdditionsOfTheirOwn() =>
        Assert.DoesNotContain(
            Measure(Source(1000, 10), Source(1200, 12), added: 200, RecordChange.Labels), measure => measure.Population == DriftPopulation.Added);

    [Fact]
    public void Measure_OtherLabels_NamesThoseThatMoved()
    {
        var measures = Measure(Source(1000, 10, "scp:NORM"), Source(1000, 10, "scp:AFIB"), added: 0, RecordChange.Labels);
        var labels = Assert.Single(measures, measure => measure.Kind == DriftKind.Labels);
        Assert.True(labels.Drifted);
        Assert.Equal(1, labels.Value);
        Assert.Contains("scp:AFIB", labels.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public void Slowest_OfMany_AreKeptInOrderAndNoMore()
    {
        var slowest = new SlowestRecords(3);
        foreach (var milliseconds in (int[])[5, 1, 9, 7, 2, 9, 3])
            slowest.Add($"{milliseconds}", new RecordTimes(TimeSpan.FromMilliseconds(milliseconds - 1), TimeSpan.FromMilliseconds(1), TimeSpan.Zero));
        Assert.Equal([9.0, 9, 7], slowest.ToList().Select(record => record.Milliseconds));
        Assert.Equal(8, slowest.ToList()[0].ReadMilliseconds);
    }

    private static IReadOnlyList<DriftMeasure> Measure(SourceSummary before, SourceSummary after, int added, params RecordChange[] also)
    {
        var records = also.ToDictionary(change => change, _ => 1L);
        if (added > 0) records[RecordChange.Added] = added;
        var difference = new VersionDifference(
            "a", "b", [], [new SourceDifference("bytes", [], records, also.Length, new Dictionary<RecordChange, IReadOnlyList<string>>(), 1, 1, 1)]);
        return Drift.Measure(Version(before), Version(after), Labels(before), Labels(after), difference, new DriftOptions());
    }

    /// <summary>A thousand values a kept record, around 0; the options field carries the one label that all kept records have.</summary>
    private static SourceSummary Source(long read, long rejected, string label = "scp:NORM") => new()
    {
        Name = "bytes",
        Release = "bytes@1",
        Licence = "CC0-1.0",
        ReaderVersion = 1,
        Options = label,
        Records = new RecordCounts(read, read - rejected, 0, rejected),
        Segments = read - rejected,
        Seconds = 10 * (read - rejected),
        Rejections = new Dictionary<string, long> { ["truncated"] = rejected },
        Flags = new Dictionary<string, long>(),
        Statistics = new Dictionary<string, LeadStatistics> { ["ii"] = new((read - rejected) * 1000, 0, (read - rejected) * 1000 * 300 * 300, -3000, 3000) },
    };

    private static LabelTally Labels(SourceSummary source)
    {
        var tally = new LabelTally();
        for (var record = 0; record < source.Records.Kept; record++)
        {
            tally.Add(new CatalogueRow
            {
                RecordId = $"bytes/{record}",
                Source = source.Release,
                NativeId = $"{record}",
                Patient = "p",
                PatientKnown = true,
                Fold = 1,
                Licence = source.Licence,
                State = "kept",
                Flags = 0,
                Segments = 1,
                Labels = [source.Options],
            });
        }

        return tally;
    }

    private static VersionManifest Version(SourceSummary source) => new()
    {
        Id = "",
        Recipe = new ConditioningOptions(),
        RecipeHash = "",
        ProcessingVersion = 1,
        WriterVersion = 1,
        Sources = [source],
        Totals = new VersionTotals(source.Records, source.Segments, source.Seconds, 1, 1),
        Catalogue = new ManifestTable("", 1, source.Records.Read),
        RowGroups = new ManifestTable("", 1, 1),
        Shards = [],
    };

    private static Dictionary<string, long> Counts(string text) =>
        text.Split(',').Select(pair => pair.Split(' ')).ToDictionary(pair => pair[0], pair => long.Parse(pair[1]));
}
