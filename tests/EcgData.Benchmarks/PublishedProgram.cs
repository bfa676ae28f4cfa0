namespace EcgData.Benchmarks;

/// <summary>The program as `make build` leaves it: what a user runs, compiled ahead of time.</summary>
internal static class PublishedProgram
{
    /// <exception cref="FileNotFoundException">It has not been built yet.</exception>
    public static string Path => Find();

    private static string Find()
    {
        var path = System.IO.Path.Join(IngestBenchmark.Root(), "bin", "ecgdata");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not there; expected is the published program. Run: make build");
    }
}
