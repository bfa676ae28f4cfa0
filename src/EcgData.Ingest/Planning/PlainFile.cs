using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace EcgData.Ingest;

/// <summary>What one call of the system tells of a path, for planning asks it of every file of a source.</summary>
/// <remarks>statx(2). A <see cref="FileInfo"/> makes three texts of the path first, and costs about three times as much.</remarks>
internal readonly partial record struct PlainFile(PlainFileState State, long SizeBytes, long WriteTicks)
{
    private const int NotFound = 2;             // ENOENT
    private const int NotADirectory = 20;       // ENOTDIR
    private const int CurrentDirectory = -100;  // AT_FDCWD
    private const int LinksAsTheyAre = 0x100;   // AT_SYMLINK_NOFOLLOW
    private const uint TypeTimeAndSize = 0x243; // STATX_TYPE | STATX_MODE | STATX_MTIME | STATX_SIZE

    private const int AnswerBytes = 256;
    private const int ModeAt = 28;
    private const int SizeAt = 40;
    private const int WriteSecondsAt = 112;
    private const int WriteNanosecondsAt = 120;
    private const int TypeBits = 0xF000;
    private const int RegularFile = 0x8000;

    /// <param name="path">UTF-8, absolute, ended by a zero.</param>
    public static PlainFile Ask(ReadOnlySpan<byte> path)
    {
        if (!OperatingSystem.IsLinux()) return default;
        Span<byte> answer = stackalloc byte[AnswerBytes];
        if (Statx(
            CurrentDirectory, in MemoryMarshal.GetReference(path), LinksAsTheyAre, TypeTimeAndSize, ref MemoryMarshal.GetReference(answer)) != 0)
            return Marshal.GetLastPInvokeError() is NotFound or NotADirectory ? new PlainFile(PlainFileState.Missing, 0, 0) : default;
        if ((BinaryPrimitives.ReadUInt16LittleEndian(answer[ModeAt..]) & TypeBits) != RegularFile) return default;
        var seconds = BinaryPrimitives.ReadInt64LittleEndian(answer[WriteSecondsAt..]);
        var nanoseconds = BinaryPrimitives.ReadUInt32LittleEndian(answer[WriteNanosecondsAt..]);
        return new PlainFile(
            PlainFileState.There, BinaryPrimitives.ReadInt64LittleEndian(answer[SizeAt..]),
            DateTime.UnixEpoch.Ticks + seconds * TimeSpan.TicksPerSecond + nanoseconds / TimeSpan.NanosecondsPerTick);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int Statx(int folder, in byte path, int flags, uint mask, ref byte answer);
}

internal enum PlainFileState
{
    /// <summary>A link, a folder, something that may not be asked for, another system: ask more thoroughly.</summary>
    Unsure,

    /// <summary>There is nothing of that name.</summary>
    Missing,

    /// <summary>It is a file.</summary>
    There,
}
