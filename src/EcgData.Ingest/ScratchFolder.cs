namespace EcgData.Ingest;

/// <summary>
/// A folder below the system's own for what is thrown away, gone with its owner. What a process left that was killed, the next one
/// removes: the owner holds a locked file in it, and the system lets go of that when a process dies.
/// </summary>
public sealed class ScratchFolder : IDisposable
{
    private const string Prefix = "ecgdata-scratch-";
    private const string LockName = ".owner";
    private const int Attempts = 10;

    private readonly FileStream _owner;

    private ScratchFolder(string path, FileStream owner) => (Path, _owner) = (path, owner);

    public string Path { get; }

    /// <exception cref="IOException">The system's folder for temporary files cannot be written.</exception>
    public static ScratchFolder Create()
    {
        foreach (var left in Directory.EnumerateDirectories(System.IO.Path.GetTempPath(), Prefix + "*")) RemoveIfDead(left);
        for (var attempt = 1; ; attempt++)
        {
            var path = Directory.CreateTempSubdirectory(Prefix).FullName;
            try
            {
                var owner = new FileStream(System.IO.Path.Join(path, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
                if (File.Exists(owner.Name)) return new ScratchFolder(path, owner);
                owner.Dispose();
            }
            catch (IOException) when (attempt < Attempts)
            {
                // Another process took it for dead in the moment before it was locked.
            }
        }
    }

    public void Dispose()
    {
        Directory.Delete(Path, recursive: true);
        _owner.Dispose();
    }

    private static void RemoveIfDead(string path)
    {
        try
        {
            using (new FileStream(System.IO.Path.Join(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
                Directory.Delete(path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In use, somebody else's, or gone.
        }
    }
}
