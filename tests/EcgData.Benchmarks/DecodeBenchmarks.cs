using BenchmarkDotNet.Attributes;
using EcgData.Shards.Parquet;
using EcgData.Shards.Reading.Pages;

namespace EcgData.Benchmarks;

/// <summary>One lead of 10 s at 240 Hz from its page, by each of the ways to decode; and a crop of 600 from its middle.</summary>
[InProcess]
public class DecodeBenchmarks
{
    private const int Samples = 2400;

    private readonly short[] _values = new short[Samples];
    private readonly float[] _crop = new float[600];
    private byte[] _page = [];

    [GlobalSetup]
    public void Prepare()
    {
        var random = new Random(1);
        var values = new short[Samples];
        for (var sample = 0; sample < Samples; sample++)
        {
            var beat = 900 * Math.Exp(-0.5 * Math.Pow((sample / 240.0 % 0.8 - 0.3) / 0.012, 2));
            values[sample] = (short)(beat + 24 * (random.NextDouble() + random.NextDouble() - 1));
        }

        var buffer = new byte[DeltaBinaryPacking.MaximumBytes(Samples)];
        _page = buffer[..DeltaBinaryPacking.Encode(values, buffer)];
    }

    [Benchmark]
    public void Vbmi()
    {
        if (VbmiMiniblock.IsSupported) DeltaDecoder.Decode<VbmiMiniblock, short>(_page, 0, _values);
    }

    [Benchmark]
    public void Bmi()
    {
        if (BmiMiniblock.IsSupported) DeltaDecoder.Decode<BmiMiniblock, short>(_page, 0, _values);
    }

    [Benchmark(Baseline = true)]
    public void Scalar() => DeltaDecoder.Decode<ScalarMiniblock, short>(_page, 0, _values);

    [Benchmark]
    public void CropOfThisMachine() => DeltaDecoder.DecodeCrop(_page, 900, _crop);

    /// <summary>The fastest of many stretches of a few microseconds: what a machine that others use as well would do alone.</summary>
    internal static int Fastest()
    {
        var clock = double.MaxValue;
        for (var stretch = 0; stretch < 20_000; stretch++)
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            for (var repeat = 0; repeat < 100; repeat++) _ = System.Diagnostics.Stopwatch.GetTimestamp();
            clock = Math.Min(clock, System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalNanoseconds / 100);
        }

        Console.WriteLine($"{"reading the clock",-20}: {clock:f1} ns, twice per crop");
        var benchmarks = new DecodeBenchmarks();
        benchmarks.Prepare();
        foreach (var (name, decode) in new (string, Action)[]
        {
            ("VBMI", benchmarks.Vbmi), ("BMI2", benchmarks.Bmi), ("scalar", benchmarks.Scalar), ("crop from the middle", benchmarks.CropOfThisMachine),
        })
        {
            var fastest = double.MaxValue;
            for (var stretch = 0; stretch < 20_000; stretch++)
            {
                var start = System.Diagnostics.Stopwatch.GetTimestamp();
                for (var repeat = 0; repeat < 8; repeat++) decode();
                fastest = Math.Min(fastest, System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMicroseconds / 8);
            }

            Console.WriteLine($"{name,-20}: {fastest:f2} µs per lead of {Samples} samples, {benchmarks._page.Length} bytes");
        }

        return 0;
    }
}
