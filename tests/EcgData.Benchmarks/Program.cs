using BenchmarkDotNet.Running;
using EcgData.Benchmarks;

// `ingest` times whole processes against the peer, `encoder` an encoder against a matrix product; everything else goes to BenchmarkDotNet: --filter '*', --list flat.
if (args is ["ingest", .. var rest]) return IngestBenchmark.Run(rest);
if (args is ["encoder", .. var encoder]) return EncoderBenchmark.Run(encoder);
if (args is ["convolution", .. var convolution]) return ConvolutionBenchmark.Run(convolution);
BenchmarkSwitcher.FromAssembly(typeof(IngestBenchmark).Assembly).Run(args);
return 0;
