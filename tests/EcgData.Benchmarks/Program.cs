using BenchmarkDotNet.Running;
using EcgData.Benchmarks;

// `ingest` times whole processes against the peer; everything else goes to BenchmarkDotNet: --filter '*', --list flat.
if (args is ["ingest", .. var rest]) return IngestBenchmark.Run(rest);
if (args is ["subset", .. var subset]) return await SubsetBenchmark.RunAsync(subset);
BenchmarkSwitcher.FromAssembly(typeof(IngestBenchmark).Assembly).Run(args);
return 0;
