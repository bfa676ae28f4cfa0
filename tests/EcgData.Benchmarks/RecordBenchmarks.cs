using BenchmarkDotNet.Attributes;
using EcgData.Shards;
using EcgData.Signals;

namespace EcgData.Benchmarks;

/// <summary>The two stages that a build spends its time in, on one record of 12 leads, 10 s at 500 Hz.</summary>
[MemoryDiagnoser]
[InProcess] // a generated project of its own would have to repeat what Directory.Build.props sets
public class RecordBenchmarks : IDisposable
{
    private const int FrequencyHz = 500;
    private const int Samples = 10 * FrequencyHz;

    private readonly ConditioningOptions _options = new();
    private EcgRecord? _record;
    private ConditionedRecord? _conditioned;

    [GlobalSetup]
    public void Prepare()
    {
        var frames = Frames.Rent(Samples);
        for (var i = 0; i < Samples; i++)
        {
            var beat = Math.Exp(-0.5 * Math.Pow(((i / (double)FrequencyHz) % 0.8 - 0.3) / 0.012, 2));
            var wander = 0.1 * Math.Sin(2 * Math.PI * 0.3 * i / FrequencyHz);
            for (var lead = 0; lead < Frames.Lanes; lead++) frames[i][lead] = (float)((0.5 + 0.1 * lead) * beat + wander);
        }

        _record = new EcgRecord { RecordId = "bench/1", Frames = frames, SamplingFrequencyHz = FrequencyHz, Leads = LeadSet.All };
        _conditioned = Conditioning.Condition(_record, clipMillivolt: 8.191, _options);
        if (_conditioned.Rejection is { } rejection) throw new InvalidOperationException($"The benchmark's record is rejected: {rejection}");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _conditioned?.Dispose();
        _record?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public int Condition()
    {
        using var conditioned = Conditioning.Condition(_record!, clipMillivolt: 8.191, _options);
        return conditioned.Segments.Count;
    }

    [Benchmark]
    public long Encode()
    {
        using var encoded = EncodedSegment.Encode(_conditioned!, _conditioned!.Segments[0]);
        return encoded.SizeBytes;
    }
}
