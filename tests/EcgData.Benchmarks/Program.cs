using BenchmarkDotNet.Running;
using EcgData.Benchmarks;

// What is measured as a whole, beside a peer or a limit, has a name; everything else goes to BenchmarkDotNet: --filter '*', --list flat.
var harnesses = new Dictionary<string, Func<string[], Task<int>>>(StringComparer.Ordinal)
{
    ["azure"] = _ => Task.FromResult(AzureBenchmark.Run()),
    ["convolution"] = rest => Task.FromResult(ConvolutionBenchmark.Run(rest)),
    ["delta"] = rest => Task.FromResult(DeltaBenchmark.Run(rest)),
    ["encoder"] = rest => Task.FromResult(EncoderBenchmark.Run(rest)),
    ["ingest"] = rest => Task.FromResult(IngestBenchmark.Run(rest)),
    ["learning"] = LearningBenchmark.RunAsync,
    ["loader"] = rest => Task.FromResult(LoaderBenchmark.Run(rest)),
    ["nightly"] = rest => Task.FromResult(NightlyBenchmark.Run(rest)),
    ["order"] = _ => Task.FromResult(OrderBenchmark.Run()),
    ["pretrain"] = rest => Task.FromResult(PretrainBenchmark.Run(rest)),
    ["step"] = rest => Task.FromResult(StepBenchmark.Run(rest)),
    ["subset"] = SubsetBenchmark.RunAsync,
};
if (args is [var name, .. var rest] && harnesses.TryGetValue(name, out var harness)) return await harness(rest);
BenchmarkSwitcher.FromAssembly(typeof(IngestBenchmark).Assembly).Run(args);
return 0;
