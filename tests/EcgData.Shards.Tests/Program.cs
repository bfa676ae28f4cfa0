using EcgData.Shards.Tests.Reading;
using Xunit.Runner.InProc.SystemConsole;

// The test runner's own program, but where a test has begun it as a process that reads through a cache.
return CacheReader.IsAsked ? await CacheReader.RunAsync() : await ConsoleRunner.Run(args);
