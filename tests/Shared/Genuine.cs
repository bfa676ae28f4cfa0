namespace EcgData.Tests;

/// <summary>Genuine recordings, which are never part of the project: found through ECGDATA_SHARED, else the test skips.</summary>
internal static class Genuine
{
    /// <summary>The folder of a genuine source, <c>data/real/ptb-xl</c>, or a skipped test with one plain line.</summary>
    public static string Folder(string relativePath)
    {
        var shared = Environment.GetEnvironmentVariable("ECGDATA_SHARED");
        Assert.SkipWhen(string.IsNullOrEmpty(shared), $"ECGDATA_SHARED is not set: no genuine {relativePath} here.");
        var path = Path.GetFullPath(Path.Join(shared, relativePath));
        Assert.True(Directory.Exists(path) || File.Exists(path), $"ECGDATA_SHARED is set, but {path} is not there.");
        return path;
    }
}
