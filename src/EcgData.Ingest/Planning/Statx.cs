using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace EcgData.Ingest;

/// <summary>What one call of the system tells of a path. A <see cref="FileInfo"/> makes three texts of the path first, and costs about three times as much.</summary>
/// <remarks>statx(2), the same on every Linux.</remarks>
internal readonly ref partial struct Statx(ReadOnlySpan<byte> answer)
{
    /// <summary>Bytes of an answer.</summary>
    public const int AnswerBytes = 256;

    private const int NotFound = 2;             // ENOENT
    private const int NotADirectory = 20;       // ENOTDIR
    private const int CurrentDirectory = -100;  // AT_FDCWD
    private const int LinksAsTheyAre = 0x100;   // AT_SYMLINK_NOFOLLOW
    private const uint Wanted = 0x3C3;          // STATX_TYPE | STATX_MODE | STATX_MTIME | STATX_CTIME | STATX_INO | STATX_SIZE

    private const int ModeAt = 28;
    private const int InodeAt = 32;
    private const int SizeAt = 40;
    private const int ChangeAt = 96;
    private const int WriteAt = 112;
    private const int DeviceAt = 136;
    private const int NanosecondsBehindSeconds = 8;
    private const int TypeBits = 0xF000;
    private const int RegularFile = 0x8000;
    private const int Directory = 0x4000;

    private readonly ReadOnlySpan<byte> _answer = answer;

    public bool IsFile => Type == RegularFile;

    public bool IsDirectory => Type == Directory;

    public long SizeBytes => BinaryPrimitives.ReadInt64LittleEndian(_answer[SizeAt..]);

    public ulong Inode => BinaryPrimitives.ReadUInt64LittleEndian(_answer[InodeAt..]);

    public ulong Device => BinaryPrimitives.ReadUInt64LittleEndian(_answer[DeviceAt..]);

    /// <summary>When the content was written last, in ticks of <see cref="DateTime"/>, UTC.</summary>
    public long WriteTicks => TicksAt(WriteAt);

    /// <summary>When anything of it was changed last, of a folder a name in it, as ticks: a time that nobody can set back.</summary>
    public long ChangeTicks => TicksAt(ChangeAt);

    /// <summary>As <see cref="ChangeTicks"/>, to the nanosecond, as the system has it.</summary>
    public ReadOnlySpan<byte> Change => _answer[ChangeAt..(ChangeAt + NanosecondsBehindSeconds + sizeof(uint))];

    private int Type => BinaryPrimitives.ReadUInt16LittleEndian(_answer[ModeAt..]) & TypeBits;

    /// <param name="path">UTF-8, absolute, ended by a zero. A link at its end is not followed.</param>
    /// <param name="answer">byte[<see cref="AnswerBytes"/>], what a <see cref="Statx"/> is made of.</param>
    /// <returns>Whether there is an answer: null where there is none, but perhaps something of that name (no right to ask, another system).</returns>
    public static bool? Ask(ReadOnlySpan<byte> path, Span<byte> answer) => Ask(CurrentDirectory, path, answer);

    /// <param name="folder">An open folder, which <paramref name="path"/> starts from if it is not absolute.</param>
    /// <inheritdoc cref="Ask(ReadOnlySpan{byte}, Span{byte})"/>
    public static bool? Ask(int folder, ReadOnlySpan<byte> path, Span<byte> answer)
    {
        if (!OperatingSystem.IsLinux()) return null;
        return Call(folder, in MemoryMarshal.GetReference(path), LinksAsTheyAre, Wanted, ref MemoryMarshal.GetReference(answer)) == 0
            ? true
            : Marshal.GetLastPInvokeError() is NotFound or NotADirectory ? false : null;
    }

    private long TicksAt(int place) => DateTime.UnixEpoch.Ticks
        + BinaryPrimitives.ReadInt64LittleEndian(_answer[place..]) * TimeSpan.TicksPerSecond
        + BinaryPrimitives.ReadUInt32LittleEndian(_answer[(place + NanosecondsBehindSeconds)..]) / TimeSpan.NanosecondsPerTick;

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int Call(int folder, in byte path, int flags, uint mask, ref byte answer);
}
