using System.Numerics;
using EcgData.Tests;

namespace EcgData.Sources.Tests.Synthesis;

/// <summary>The records of one clean tree, measured by simple detectors.</summary>
public sealed class SyntheticRecords : IDisposable
{
    private readonly TemporaryFolder _tree = TreeFiles.Write("ptb-xl", 600, seed: 11);

    public SyntheticRecords() => All = [.. TreeFiles.Rows(_tree["ptbxl_database.csv"]).Select(row => Measured.Of(_tree.Path, row))];

    internal IReadOnlyList<Measured> All { get; }

    internal IEnumerable<Measured> With(params string[] codes) => All.Where(record => record.Codes.Intersect(codes).Any());

    public void Dispose() => _tree.Dispose();
}

internal sealed record Measured(
    HashSet<string> Codes, double BeatsPerMinute, double RrSpread, double QrsMs, double[] TAtV5, int[][] Leads, double High, double Low)
{
    public static Measured Of(string root, List<string> row)
    {
        var frames = TreeFiles.Format16(Path.Join(root, row[27] + ".dat"));
        var leads = Enumerable.Range(0, 12).Select(lead => TreeFiles.Column(frames, lead)).ToArray();
        var velocity = new double[leads[0].Length];
        for (var at = 4; at < velocity.Length - 4; at++)
            foreach (var lead in leads) velocity[at] += Math.Abs(lead[at + 4] - lead[at - 4]);
        var beats = Beats(velocity);
        var intervals = beats.Zip(beats.Skip(1), (one, next) => (next - one) / 500.0).ToArray();
        var median = Median(intervals);
        return new Measured(
            [.. row[11].Trim('{', '}').Split(", ").Select(code => code.Split(':')[0].Trim('\''))],
            60 / median,
            Math.Sqrt(intervals.Average(interval => (interval - median) * (interval - median))) / median,
            Median([.. beats.Select(beat => Width(velocity, beat))]),
            [.. beats.Where(beat => beat > 60 && beat < 4800).Select(beat => T(leads[10], beat, median))],
            leads, DeltaSize.AtHalfTheRate(frames), DeltaSize.Of(TreeFiles.Format16(Path.Join(root, row[26] + ".dat"))));
    }

    public static double Median(double[] values)
    {
        Array.Sort(values);
        return values.Length == 0 ? double.NaN : values[values.Length / 2];
    }

    /// <summary>Where the twelve leads move fastest, at least a quarter of a second apart.</summary>
    private static List<int> Beats(double[] velocity)
    {
        var threshold = 0.4 * velocity.Max();
        var beats = new List<int>();
        for (var at = 0; at < velocity.Length; at++)
        {
            if (velocity[at] < threshold) continue;
            var end = Math.Min(velocity.Length, at + 100);
            var best = at;
            for (var near = at; near < end; near++) if (velocity[near] > velocity[best]) best = near;
            beats.Add(best);
            at = best + 125;
        }

        return beats;
    }

    /// <summary>Milliseconds around the beat in which the leads move faster than a sixth of their fastest.</summary>
    private static double Width(double[] velocity, int beat)
    {
        var slow = velocity[beat] / 6;
        int start = beat, end = beat;
        for (var at = beat; at > Math.Max(0, beat - 80); at--) if (velocity[at] > slow) start = at;
        for (var at = beat; at < Math.Min(velocity.Length, beat + 80); at++) if (velocity[at] > slow) end = at;
        return (end - start) * 2;
    }

    /// <summary>The largest departure in the T window from the level ahead of the beat.</summary>
    private static double T(int[] lead, int beat, double rr)
    {
        var (from, to) = (beat + 80, Math.Min(lead.Length, beat + (int)Math.Min(230, rr * 300)));
        double level = lead[beat - 40], best = 0;
        for (var at = from; at < to; at++) if (Math.Abs(lead[at] - level) > Math.Abs(best)) best = lead[at] - level;
        return best;
    }
}

/// <summary>Bytes that Parquet's DELTA_BINARY_PACKED needs, by its definition: blocks of 128 deltas, four widths each.</summary>
internal static class DeltaSize
{
    /// <returns>KiB of twelve leads.</returns>
    public static double Of(ReadOnlySpan<short> frames)
    {
        var bytes = 0;
        for (var lead = 0; lead < 12; lead++) bytes += Lead(TreeFiles.Column(frames, lead));
        return bytes / 1024.0;
    }

    /// <summary>The same behind a (1 2 1)/4 filter that keeps every second sample: 250 Hz out of 500.</summary>
    public static double AtHalfTheRate(ReadOnlySpan<short> frames)
    {
        var bytes = 0;
        for (var lead = 0; lead < 12; lead++)
        {
            var column = TreeFiles.Column(frames, lead);
            var half = new int[column.Length / 2];
            for (var index = 0; index < half.Length; index++)
                half[index] = column[Math.Max(0, 2 * index - 1)] + 2 * column[2 * index] + column[2 * index + 1] + 2 >> 2;
            bytes += Lead(half);
        }

        return bytes / 1024.0;
    }

    private static int Lead(int[] values)
    {
        var deltas = values.Zip(values.Skip(1), (one, next) => next - one).ToArray();
        var bytes = 8;
        foreach (var block in deltas.Chunk(128))
        {
            var least = block.Min();
            bytes += 4 + (least is >= -64 and < 64 ? 1 : 2);
            foreach (var mini in block.Chunk(32)) bytes += 4 * (32 - BitOperations.LeadingZeroCount((uint)(mini.Max() - least)));
        }

        return bytes;
    }
}

public class SyntheticSignalTests(SyntheticRecords records) : IClassFixture<SyntheticRecords>
{
    // Means of 64 genuine PTB-XL records under DeltaSize (see the test of the genuine ones), KiB per 10 s record.
    private const double GenuineHalf = 30.815;
    private const double GenuineLow = 15.769;

    [Fact]
    public void Signal_CodedSize_IsWithinATenthOfGenuine()
    {
        Assert.InRange(records.All.Average(record => record.High), 0.9 * GenuineHalf, 1.1 * GenuineHalf);
        Assert.InRange(records.All.Average(record => record.Low), 0.9 * GenuineLow, 1.1 * GenuineLow);
    }

    [Fact]
    public void DeltaSize_GenuineRecords_AreTheConstants()
    {
        var root = Genuine.Folder("data/real/ptb-xl");
        var files = Directory.GetFiles(Path.Join(root, "records500/00000"), "*.dat");
        Assert.Equal(GenuineHalf, files.Average(file => DeltaSize.AtHalfTheRate(TreeFiles.Format16(file))), 0.01);
        files = Directory.GetFiles(Path.Join(root, "records100/00000"), "*.dat");
        Assert.Equal(GenuineLow, files.Average(file => DeltaSize.Of(TreeFiles.Format16(file))), 0.01);
    }

    [Fact]
    public void Signal_LimbLeads_ObeyEinthovenAndGoldbergerToRounding()
    {
        foreach (var leads in records.All.Select(record => record.Leads))
        {
            for (var at = 0; at < leads[0].Length; at++)
            {
                Assert.Equal(leads[1][at] - leads[0][at], leads[2][at]);
                Assert.InRange(2 * leads[3][at] + leads[0][at] + leads[1][at], -1, 1);
                Assert.InRange(2 * leads[4][at] - 2 * leads[0][at] + leads[1][at], -1, 1);
                Assert.InRange(2 * leads[5][at] - 2 * leads[1][at] + leads[0][at], -1, 1);
            }
        }
    }

    [Theory]
    [InlineData("NORM", "CLBBB")]
    [InlineData("NORM", "CRBBB")]
    [InlineData("NORM", "IMI,ASMI")]
    [InlineData("NORM", "LVH")]
    [InlineData("CLBBB", "LVH")]
    [InlineData("IMI,ASMI", "CRBBB")]
    public void HeartRate_MorphologicalClasses_Overlap(string one, string other)
    {
        var (first, second) = (records.With(one.Split(',')).ToList(), records.With(other.Split(',')).ToList());
        Assert.InRange(first.Count, 15, 500);
        Assert.InRange(second.Count, 15, 500);
        var wins = first.Sum(a => second.Sum(b =>
            a.BeatsPerMinute > b.BeatsPerMinute ? 1.0 : a.BeatsPerMinute < b.BeatsPerMinute ? 0 : 0.5));
        Assert.InRange(wins / first.Count / second.Count, 0.3, 0.7);   // area under the ROC curve of the rate alone
    }

    [Fact]
    public void QrsWidth_BundleBranchBlocks_AreWiderThanNormal()
    {
        double Width(params string[] codes) => Measured.Median([.. records.With(codes).Select(record => record.QrsMs)]);
        Assert.InRange(Width("NORM"), 60, 115);
        Assert.True(Width("CLBBB") > 1.3 * Width("NORM"), $"{Width("CLBBB")} against {Width("NORM")} ms");
        Assert.True(Width("CRBBB") > 1.2 * Width("NORM"), $"{Width("CRBBB")} against {Width("NORM")} ms");
    }

    [Fact]
    public void Rhythm_Labels_AreBorneOut()
    {
        double Spread(string code) => Measured.Median([.. records.With(code).Select(record => record.RrSpread)]);
        Assert.True(Spread("AFIB") > 4 * Spread("SR"), $"{Spread("AFIB")} against {Spread("SR")}");
        Assert.All(records.With("STACH").Where(record => !record.Codes.Contains("PVC")), record => Assert.True(record.BeatsPerMinute > 96));
        Assert.All(records.With("SBRAD").Where(record => !record.Codes.Contains("PVC")), record => Assert.True(record.BeatsPerMinute < 63));
    }

    [Fact]
    public void Morphology_Labels_AreBorneOut()
    {
        // In V1 a left block looks down, a right block and a large right ventricle look up.
        double Balance(string code, int lead) => Measured.Median(
            [.. records.With(code).Select(record => (double)(record.Leads[lead].Max() + record.Leads[lead].Min()))]);
        Assert.True(Balance("CLBBB", 6) < -300, $"CLBBB {Balance("CLBBB", 6)} µV");
        Assert.True(Balance("CRBBB", 6) > 200, $"CRBBB {Balance("CRBBB", 6)} µV");
        Assert.True(Balance("RVH", 6) > 300, $"RVH {Balance("RVH", 6)} µV");
        Assert.True(Balance("LAFB", 5) < -200, $"LAFB {Balance("LAFB", 5)} µV");   // aVF: the axis points up
        double Height(string code, int lead) => Measured.Median([.. records.With(code).Select(record => (double)record.Leads[lead].Max())]);
        Assert.True(Height("LVH", 10) > 1.4 * Height("NORM", 10), $"LVH {Height("LVH", 10)} against {Height("NORM", 10)} µV");
        Assert.True(Height("LVOLT", 10) < 0.6 * Height("NORM", 10), $"LVOLT {Height("LVOLT", 10)} against {Height("NORM", 10)} µV");
        double T(string code) => Measured.Median([.. records.With(code).Select(record => Measured.Median(record.TAtV5))]);
        Assert.True(T("NORM") > 150, $"{T("NORM")}");
        Assert.True(T("INVT") < -100, $"{T("INVT")}");
        Assert.True(T("LVH") < -100, $"{T("LVH")}");
    }

    [Fact]
    public void Signal_Amplitude_IsAnEcgs() => Assert.All(records.All, record => Assert.All(record.Leads, lead =>
    {
        Assert.InRange(lead.Max(value => Math.Abs(value)), 50, 6000);
        Assert.True(lead.Max() - lead.Min() > 100);
    }));
}
