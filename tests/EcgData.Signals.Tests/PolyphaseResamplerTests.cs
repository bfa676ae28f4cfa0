using EcgData.Tests;

namespace EcgData.Signals.Tests;

public sealed class PolyphaseResamplerTests
{
    public static TheoryData<int, int> Ratios =>
        [(500, 240), (400, 240), (1000, 240), (257, 240), (250, 240), (360, 240), (500, 100)];

    /// <summary>
    /// The reference filter stops from 1.00 of Nyquist, ours from 1.10: they agree where the whole of the longer filter, 64
    /// crossings to each side, sees frequencies below 0.90 only. Its own ripple and the sweep's start leave 1e-4.
    /// </summary>
    [Theory]
    [MemberData(nameof(Ratios))]
    public void Resample_Chirp_FollowsTheReferenceInThePassBandAndVanishesInTheStopBand(int fromHz, int toHz)
    {
        var expected = Golden($"chirp_{fromHz}to{toHz}_hq");
        using var input = Some.Frames(4 * fromHz, (_, index) =>
        {
            var seconds = (double)index / fromHz;
            return Math.Cos(2 * Math.PI * (fromHz / 2d) / (2 * 4) * seconds * seconds);
        });
        using var output = Resample(input, fromHz, toHz);
        Assert.Equal(expected.Length, output.Count);
        for (var k = toHz / 2; k < expected.Length - toHz / 2; k++)
        {
            var nyquist = Math.Min(fromHz, toHz) / 2d;
            var place = (double)k / toHz * fromHz / 8 / nyquist;              // momentary frequency / Nyquist
            var crossing = 1 / (2 * nyquist) * fromHz / 8 / nyquist;          // how far it moves in one zero crossing
            if (place < 0.9 - 64 * crossing) Assert.Equal(expected[k], output[k][0], 1e-4f);
            if (place > 1.1 + 31 * crossing) Assert.Equal(0, output[k][0], 1e-4f);
        }
    }

    /// <summary>What two filters make of an impulse may differ in the transition band only: their spectra agree below it.</summary>
    [Theory]
    [MemberData(nameof(Ratios))]
    public void Resample_Impulse_HasTheReferencesSpectrumBelowTheTransitionBand(int fromHz, int toHz)
    {
        var expected = Golden($"impulse_{fromHz}to{toHz}_hq");
        using var input = Some.Frames(4 * fromHz, (_, index) => index == 2 * fromHz ? 1 : 0);
        using var output = Resample(input, fromHz, toHz);
        var actual = Enumerable.Range(0, output.Count).Select(k => (double)output[k][5]).ToArray();
        var nyquist = Math.Min(fromHz, toHz) / 2d;
        for (var hertz = 0d; hertz <= 0.9 * nyquist; hertz += nyquist / 50)
        {
            var (re, im) = (0d, 0d);
            for (var k = 0; k < actual.Length; k++)
            {
                var (sin, cos) = Math.SinCos(2 * Math.PI * hertz * (k - 2 * toHz) / toHz);
                (re, im) = (re + (actual[k] - expected[k]) * cos, im + (actual[k] - expected[k]) * sin);
            }

            Assert.True(Math.Sqrt(re * re + im * im) * fromHz / toHz < 1e-4, $"{hertz} Hz: {re}, {im}");
        }

        Assert.Equal(1, actual.Sum() * fromHz / toHz, 1e-4);
        for (var k = 1; k < toHz; k++) Assert.Equal(actual[2 * toHz - k], actual[2 * toHz + k], 1e-7);
    }

    [Theory]
    [MemberData(nameof(Ratios))]
    public void Resample_Step_SettlesAsTheReferenceDoes(int fromHz, int toHz)
    {
        var expected = Golden($"step_{fromHz}to{toHz}_hq");
        using var input = Some.Frames(4 * fromHz, (_, index) => index >= 2 * fromHz ? 1 : 0);
        using var output = Resample(input, fromHz, toHz);
        var reach = 31 * toHz / Math.Min(fromHz, toHz) + 1;   // half the filter, in output samples
        for (var k = 0; k < expected.Length; k++)
        {
            if (Math.Abs(k - 2 * toHz) > reach) Assert.Equal(k > 2 * toHz ? 1 : 0, output[k][11], 2e-6f);
            Assert.InRange(output[k][11], -0.1f, 1.1f);   // Gibbs: 9 %
        }
    }

    /// <summary>
    /// Genuine signals, 0.5 s from each end. Noise within the transition band sets the two filters 5 µV apart; below it, seen
    /// through a Hann window, they agree to 0.1 µV.
    /// </summary>
    [Theory]
    [InlineData("mitdb100_360", "mitdb100_360to240_hq", 2, 360, 240)]
    [InlineData("ptb_s0010_1000", "ptb_s0010_1000to240_hq", 3, 1000, 240)]
    [InlineData("ptb_ii_500", "ptb_ii_500to240_hq", 1, 500, 240)]
    [InlineData("ptb_ii_400", "ptb_ii_400to240_hq", 1, 400, 240)]
    [InlineData("ptb_ii_257", "ptb_ii_257to240_hq", 1, 257, 240)]
    [InlineData("ptb_ii_250", "ptb_ii_250to240_hq", 1, 250, 240)]
    [InlineData("ptb_ii_500", "ptb_ii_500to100_hq", 1, 500, 100)]
    public void Resample_GenuineRecording_FollowsTheReference(string inputName, string outputName, int leads, int fromHz, int toHz)
    {
        var file = new SafeTensors(Path.Join(Genuine.Folder("golden/signal"), "resample_real.safetensors"));
        var (samples, expected) = (file[inputName], file[outputName]);
        using var input = Some.Frames(samples.Length / leads, (lane, index) => samples[index * leads + lane], leads);
        using var output = Resample(input, fromHz, toHz);
        Assert.Equal(expected.Length / leads, output.Count);
        for (var lane = 0; lane < leads; lane++)
        {
            var difference = Enumerable.Range(toHz / 2, output.Count - toHz)
                .Select(k => (double)expected[k * leads + lane] - output[k][lane]).ToArray();
            Assert.True(difference.Max(Math.Abs) < 0.005, $"{difference.Max(Math.Abs)} mV");
            for (var hertz = 0d; hertz < 0.88 * Math.Min(fromHz, toHz) / 2; hertz += 0.5)
                Assert.True(Amplitude(difference, hertz / toHz) < 1e-4, $"{hertz} Hz: {Amplitude(difference, hertz / toHz)} mV");
        }
    }

    [Theory]
    [InlineData(500, 240, 5000, 2400)]
    [InlineData(500, 240, 4096, 1966)]
    [InlineData(500, 240, 999, 479)]
    [InlineData(500, 240, 1, 0)]
    [InlineData(400, 240, 4096, 2457)]
    [InlineData(1000, 240, 4096, 983)]
    [InlineData(257, 240, 2570, 2400)]
    [InlineData(257, 240, 4096, 3825)]
    [InlineData(257, 240, 999, 932)]
    [InlineData(250, 240, 4096, 3932)]
    [InlineData(360, 240, 2500, 1666)]
    [InlineData(500, 100, 4096, 819)]
    [InlineData(999.56, 240, 24989, 6000)]
    [InlineData(999.56, 240, 24988, 5999)]
    public void Resample_AnyLength_GivesTheWholePartOfTheExactLength(double fromHz, double toHz, int samples, int expected)
    {
        using var input = Some.Frames(samples, (_, _) => 1);
        using var output = Resample(input, fromHz, toHz);
        Assert.Equal(expected, output.Count);
        for (var k = 0; k < expected; k++) Assert.Equal(1, output[k][0], 3e-6f);
    }

    /// <summary>
    /// Against the definition in double: output k is the sum over all n of x[n] · h(k·down − n·up), the record going on by odd
    /// reflection for ever. Lengths around the filter's, where inner, edge and short-record paths meet.
    /// </summary>
    [Theory]
    [InlineData(500, 240)]
    [InlineData(100, 240)]
    [InlineData(360, 240)]
    [InlineData(500, 100)]
    [InlineData(257, 240)]
    [InlineData(128, 240)]
    public void Resample_ShortAndLongRecords_MatchTheDefinition(int fromHz, int toHz)
    {
        Assert.True(SamplingRatio.TryCreate(fromHz, toHz, out var ratio));
        foreach (var samples in new[] { 1, 2, 3, 17, 63, 64, 126, 127, 128, 129, 190, 260, 700 })
        {
            using var input = Some.Frames(samples, (lane, index) => Some.Noise((ulong)(lane * 1000 + index)));
            using var output = PolyphaseResampler.For(ratio).Resample(input);
            Assert.Equal(samples * toHz / fromHz, output.Count);
            var taps = new double[KaiserSinc.TapsPerBranch(ratio)];
            for (var k = 0; k < output.Count; k++)
            {
                KaiserSinc.Branch(ratio, (int)((long)k * ratio.Down % ratio.Up), taps);
                var expected = taps.Select((tap, j) =>
                    tap * Reflected(input, (int)((long)k * ratio.Down / ratio.Up) - KaiserSinc.Reach(ratio) + j)).Sum();
                Assert.Equal(expected, output[k][7], 2e-5);
            }
        }
    }

    [Fact]
    public void Resample_EqualFrequencies_LeavesEveryBitAlone()
    {
        using var input = Some.Frames(1000, (lane, index) => Some.Noise((ulong)(lane * 1000 + index)));
        using var output = Resample(input, 240, 240);
        Assert.Equal(input.Values.ToArray(), output.Values.ToArray());
    }

    /// <summary>Amplitude of a frequency, in turns per sample, under a Hann window.</summary>
    private static double Amplitude(double[] signal, double frequency)
    {
        var (re, im) = (0d, 0d);
        for (var k = 0; k < signal.Length; k++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * frequency * k);
            var weighted = (1 - Math.Cos(2 * Math.PI * k / signal.Length)) * signal[k];
            (re, im) = (re + weighted * cos, im + weighted * sin);
        }

        return 2 * Math.Sqrt(re * re + im * im) / signal.Length;
    }

    private static double Reflected(Frames frames, int index)
    {
        if (frames.Count == 1) return frames[0][7];
        if (index < 0) return 2d * frames[0][7] - Reflected(frames, -index);
        var last = frames.Count - 1;
        return index > last ? 2d * frames[last][7] - Reflected(frames, 2 * last - index) : frames[index][7];
    }

    private static Frames Resample(Frames input, double fromHz, double toHz)
    {
        Assert.True(SamplingRatio.TryCreate(fromHz, toHz, out var ratio));
        return PolyphaseResampler.For(ratio).Resample(input);
    }

    private static float[] Golden(string name) =>
        new SafeTensors(Path.Join(AppContext.BaseDirectory, "golden/resample_synthetic.safetensors"))[name];
}
