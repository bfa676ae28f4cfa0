namespace EcgData.Pipelines;

/// <summary>Where this machine remembers the checksums of files whose source publishes none, and beside it the folders whose files are complete. May be deleted at any time.</summary>
internal static class LocalHints
{
    public static string File()
    {
        var caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(caches))
            caches = Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Join(caches, "ecgdata", "checksums");
    }
}
