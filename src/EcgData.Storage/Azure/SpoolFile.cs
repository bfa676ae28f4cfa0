namespace EcgData.Storage;

/// <summary>A file without a name: it goes when its process does.</summary>
internal static class SpoolFile
{
    private static int _counter;

    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static FileStream Create(string folder)
    {
        while (true)
        {
            var path = Path.Join(folder, $"ecgdata-{Environment.ProcessId}-{Interlocked.Increment(ref _counter)}");
            if (File.Exists(path)) continue;   // left by a process that died between the two calls below, or of another container
            var file = new FileStream(
                path, new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.ReadWrite | FileShare.Delete,
                    Options = FileOptions.Asynchronous,
                });
            File.Delete(path);
            return file;
        }
    }
}
