using System.Text.Json;

namespace EcgData.Signals.Tests;

/// <summary>The procedure of golden/resample_quality.json: tones and edges with known answers, for every ratio in it.</summary>
public sealed class ResamplingQualityTests
{
    private const double Seconds = 20;
    private const double CutSeconds = 2;

    public static TheoryData<int, int> Ratios => [.. Golden().Select(ratio => (ratio.FromHz, ratio.ToHz))];

    [Theory]
    [MemberData(nameof(Ratios))]
    public void Resample_TonesToNineTenthsOfNyquist_KeepGainAndPhase(int fromHz, int toHz)
    {
        var nyquist = Math.Min(fromHz, toHz) / 2d;
        var tones = Golden().Single(ratio => (ratio.FromHz, ratio.ToHz) == (fromHz, toHz)).PassHz
            .Concat(Enumerable.Range(1, 40).Select(k => k * nyquist * 0.9 / 40))
            .Where(hertz => hertz <= 0.9 * nyquist + 1e-9).ToArray();
        foreach (var some in tones.Chunk(Frames.Lanes))
        {
            using var output = Tones(some, fromHz, toHz);
            for (var lane = 0; lane < some.Length; lane++)
            {
                var (gain, phase, residual) = Fit(output, lane, some[lane], toHz);
                Assert.True(Math.Abs(20 * Math.Log10(gain)) <= 0.01, $"{some[lane]} Hz: gain {20 * Math.Log10(gain)} dB");
                Assert.True(Math.Abs(phase - 0.7) * 180 / Math.PI <= 0.01, $"{some[lane]} Hz: phase {phase - 0.7} rad");
                Assert.True(20 * Math.Log10(residual) <= -90, $"{some[lane]} Hz: residual {20 * Math.Log10(residual)} dB");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ratios))]
    public void Resample_TonesFromElevenTenthsOfNyquist_AreGone(int fromHz, int toHz)
    {
        var nyquist = Math.Min(fromHz, toHz) / 2d;
        var tones = Golden().Single(ratio => (ratio.FromHz, ratio.ToHz) == (fromHz, toHz)).StopHz
            .Concat(Enumerable.Range(0, 64).Select(k => 1.1 * nyquist + k * (fromHz / 2d - 1.1 * nyquist) / 64))
            .Where(hertz => hertz >= 1.1 * nyquist - 1e-9 && hertz < fromHz / 2d).ToArray();
        Assert.Equal(fromHz / 2d > 1.1 * nyquist, tones.Length > 0);   // 257 and 250 Hz hold no such tone
        foreach (var some in tones.Chunk(Frames.Lanes))
        {
            using var output = Tones(some, fromHz, toHz);
            for (var lane = 0; lane < some.Length; lane++)
            {
                var cut = (int)(CutSeconds * toHz);
                var square = 0d;
                for (var k = cut; k < output.Count - cut; k++) square += (double)output[k][lane] * output[k][lane];
                var attenuation = 20 * Math.Log10(Math.Sqrt(0.5) / Math.Sqrt(square / (output.Count - 2 * cut)));
                Assert.True(attenuation >= 90, $"{some[lane]} Hz: {attenuation} dB");
            }
        }
    }

    /// <summary>Float sums of 60 to 300 terms: 3e-6 of the largest value; the target is 1e-4.</summary>
    [Theory]
    [MemberData(nameof(Ratios))]
    public void Resample_ConstantAndRamp_GoOnStraightToTheEdges(int fromHz, int toHz)
    {
        using var input = Some.Frames((int)(Seconds * fromHz), (lane, index) => lane switch
        {
            0 => 1,
            1 => (double)index / fromHz - 10,
            2 => -8,
            _ => 0,
        });
        using var output = Resample(input, fromHz, toHz);
        for (var k = 0; k < output.Count; k++)
        {
            Assert.Equal(1, output[k][0], 3e-6f);
            Assert.Equal((float)((double)k / toHz - 10), output[k][1], 3e-5f);
            Assert.Equal(-8, output[k][2], 2.4e-5f);
            Assert.Equal(0, output[k][3]);
        }
    }

    private static Frames Tones(double[] hertz, int fromHz, int toHz)
    {
        using var input = Some.Frames(
            (int)(Seconds * fromHz), (lane, index) => Math.Cos(2 * Math.PI * hertz[lane] * index / fromHz + 0.7), hertz.Length);
        return Resample(input, fromHz, toHz);
    }

    private static Frames Resample(Frames input, int fromHz, int toHz)
    {
        Assert.True(SamplingRatio.TryCreate(fromHz, toHz, out var ratio));
        return PolyphaseResampler.For(ratio).Resample(input);
    }

    /// <summary>Least squares fit of a cosine and a sine in the interior: amplitude, phase, RMS of the rest against the tone's.</summary>
    private static (double Gain, double Phase, double Residual) Fit(Frames output, int lane, double hertz, int toHz)
    {
        double cc = 0, ss = 0, cs = 0, yc = 0, ys = 0, yy = 0;
        var cut = (int)(CutSeconds * toHz);
        for (var k = cut; k < output.Count - cut; k++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * hertz * k / toHz);
            var y = (double)output[k][lane];
            (cc, ss, cs) = (cc + cos * cos, ss + sin * sin, cs + cos * sin);
            (yc, ys, yy) = (yc + y * cos, ys + y * sin, yy + y * y);
        }

        var determinant = cc * ss - cs * cs;
        var (a, b) = ((yc * ss - ys * cs) / determinant, (ys * cc - yc * cs) / determinant);
        var rest = Math.Max(0, yy - a * yc - b * ys) / (output.Count - 2 * cut);
        return (Math.Sqrt(a * a + b * b), Math.Atan2(-b, a), Math.Sqrt(rest * 2));
    }

    private static List<Ratio> Golden() =>
        JsonSerializer.Deserialize<Measurements>(File.ReadAllText(Path.Join(AppContext.BaseDirectory, "golden/resample_quality.json")), JsonSerializerOptions.Web)!.Ratios;

    private sealed record Measurements(List<Ratio> Ratios);

    private sealed record Ratio(int FromHz, int ToHz, double[] PassHz, double[] StopHz);
}
