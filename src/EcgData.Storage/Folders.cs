using System.Runtime.InteropServices;

namespace EcgData.Storage;

/// <summary>Directories whose entries outlive a power cut.</summary>
internal static partial class Folders
{
    /// <summary>Creates a directory and those above it, durably.</summary>
    public static void Create(string path)
    {
        if (Directory.Exists(path)) return;
        var parent = Path.GetDirectoryName(path);
        if (parent is not null) Create(parent);
        Directory.CreateDirectory(path);
        if (parent is not null) MakeDurable(parent);
    }

    /// <summary>Removes directories that became empty, from <paramref name="path"/> up to and without <paramref name="root"/>.</summary>
    public static void RemoveEmpty(string path, string root)
    {
        while (path.Length > root.Length && !Directory.EnumerateFileSystemEntries(path).Any())
        {
            Directory.Delete(path);
            path = Path.GetDirectoryName(path)!;
        }

        MakeDurable(path);
    }

    /// <summary>Writes a directory's entries to the disk, where the platform and the file system can.</summary>
    /// <remarks>fsync(2): "Calling fsync() does not necessarily ensure that the entry in the directory has also reached disk".</remarks>
    public static void MakeDurable(string path)
    {
        if (!OperatingSystem.IsLinux()) return;   // .NET opens no directories, and the flags below are Linux's
        const int CloseOnExec = 0x80000;
        var descriptor = Open(path, CloseOnExec);
        if (descriptor < 0) return;
        _ = Synchronise(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Synchronise(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
