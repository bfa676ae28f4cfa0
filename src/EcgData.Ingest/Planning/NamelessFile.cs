using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace EcgData.Ingest;

/// <summary>A file in the system's folder for temporary ones that has no name, so that a process killed at any moment leaves none behind.</summary>
internal static partial class NamelessFile
{
    private const int ReadAndWrite = 0x2;
    private const int NeverNamed = 0x410000;     // O_TMPFILE
    private const int NotForChildren = 0x80000;  // O_CLOEXEC
    private const int OwnerOnly = 0x180;         // rw-------

    /// <summary>A stream without a buffer over a new one.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static FileStream Create()
    {
        var folder = Path.GetTempPath();
        if (OperatingSystem.IsLinux())
        {
            var file = Open(in Encoding.UTF8.GetBytes(folder + "\0")[0], ReadAndWrite | NeverNamed | NotForChildren, OwnerOnly);
            if (file >= 0) return new FileStream(new SafeFileHandle(file, ownsHandle: true), FileAccess.ReadWrite, bufferSize: 0);
        }

        // a file system that cannot: named for the moment until its name is taken away
        var path = Path.Join(folder, Path.GetRandomFileName());
        var named = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 0,
            });
        File.Delete(path);
        return named;
    }

    [LibraryImport("libc", EntryPoint = "open")]
    private static partial int Open(in byte path, int flags, int mode);
}
