using BenchmarkDotNet.Running;
using EcgData.Benchmarks;

// `ingest` times whole processes against the peer, `order` counts how the reading order mixes and what it costs; everything else goes to BenchmarkDotNet: --filter '*', --list flat.
if (args is ["ingest", .. var rest]) return IngestBenchmark.Run(rest);
if (args is ["loader", .. var loader]) return LoaderBenchmark.Run(loader);   // crops from shards against the study's way
if (args is ["order"]) return OrderBenchmark.Run();
BenchmarkSwitcher.FromAssembly(typeof(IngestBenchmark).Assembly).Run(args);
return 0;
