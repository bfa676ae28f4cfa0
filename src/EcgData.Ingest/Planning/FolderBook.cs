using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using EcgData.Shards;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>
/// Where the published files of a shard were all there, and in what state their folders were. A folder that has not changed holds the same
/// names, so the next night asks for folders, and for files only where one of these has changed. Kept in a local file of hints, sixteen bytes a
/// shard; never part of an output, and never what decides that something is built.
/// </summary>
/// <remarks>
/// A folder's state is its inode and the time of its last change (st_ctime, which cannot be set). Only file systems are trusted that keep this
/// time for folders as POSIX demands: those over object stores make it up. A folder that was changed a moment ago is not kept, for it might change
/// again within the same tick of the clock.
/// </remarks>
internal sealed partial class FolderBook : IDisposable
{
    private const int StateBytes = 2 * sizeof(ulong);
    private const long MostHintBytes = 1 << 24;   // a million shards: then it begins anew, and the night after asks for every file
    private const int LongestPath = 1024;
    private const int FileSystemAnswerBytes = 256;

    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);

    /// <summary>statfs(2) f_type: ext, XFS, Btrfs, ZFS, F2FS, tmpfs, overlay, NFS, Lustre, GPFS, CephFS, BeeGFS.</summary>
    private static readonly HashSet<long> TrustedFileSystems =
    [
        0xEF53, 0x58465342, 0x9123683E, 0x2FC12FC1, 0xF2F52010, 0x01021994, 0x794C7630, 0x6969, 0x0BD00BD0, 0x47504653, 0x00C36400, 0x19830326,
    ];

    private readonly TimeProvider _clock;
    private readonly HashSet<FolderState> _held = [];
    private readonly HashSet<FolderState> _kept = [];
    private readonly ConcurrentDictionary<string, ulong?> _devices = new(StringComparer.Ordinal);
    private readonly FileStream? _hints;
    private readonly Lock _lock = new();
    private bool _isForgotten;

    /// <param name="hintFile">Where hints are kept, or null to keep none.</param>
    /// <param name="forget">Forget what the file says.</param>
    /// <param name="clock">Tells whether a folder was changed a moment ago.</param>
    public FolderBook(string? hintFile, bool forget, TimeProvider clock)
    {
        _clock = clock;
        if (hintFile is null) return;
        _hints = new FileStream(hintFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (forget || _hints.Length > MostHintBytes) _hints.SetLength(0);
        var bytes = new byte[_hints.Length / StateBytes * StateBytes];
        var read = _hints.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        foreach (var state in MemoryMarshal.Cast<byte, FolderState>(bytes.AsSpan(0, read))) _held.Add(state);
    }

    /// <summary>The state of the folders that hold the files of some entries.</summary>
    /// <returns>
    /// null where it would vouch for nothing: a file without a published checksum or of many records, a folder that is missing, a link or on
    /// another device, a file system that is not known to keep time.
    /// </returns>
    public SeenFolders? Look(SourceFolder folder, EntryBlock entries, int count)
    {
        if (_devices.GetOrAdd(folder.Path, TrustedDevice) is not { } device) return null;
        Span<byte> path = stackalloc byte[LongestPath];
        if (!Encoding.UTF8.TryGetBytes(folder.Path, path, out var rootLength) || rootLength + 1 >= LongestPath) return null;
        if (path[rootLength - 1] != (byte)'/') path[rootLength++] = (byte)'/';

        using var walk = new FolderWalk();
        Span<byte> answer = stackalloc byte[Statx.AnswerBytes];
        Span<byte> inode = stackalloc byte[sizeof(ulong)];
        var hash = new RunningQuickHash();
        hash.Add(path[..rootLength]);
        ReadOnlySpan<byte> here = default;
        var (isFirst, newest) = (true, 0L);
        var filesOf = new int[count];
        for (var index = 0; index < count; index++)
        {
            for (var files = EntryCodec.FilesOf(entries[index]); files.Next();)
            {
                if (files.IsContainer || !files.IsPublished || !PlainFile.IsPlain(files.Path)) return null;
                var its = files.Path[..Math.Max(0, files.Path.LastIndexOf((byte)'/'))];
                if (isFirst || !its.SequenceEqual(here))
                {
                    if (rootLength + its.Length >= LongestPath) return null;
                    its.CopyTo(path[rootLength..]);
                    path[rootLength + its.Length] = 0;
                    if (walk.Ask(path[..(rootLength + its.Length + 1)], answer) != true) return null;
                    var status = new Statx(answer);
                    if (!status.IsDirectory || status.Device != device) return null;
                    BinaryPrimitives.WriteUInt64LittleEndian(inode, status.Inode);
                    hash.Add(inode);
                    hash.Add(status.Change);
                    newest = Math.Max(newest, status.ChangeTicks);
                    here = its;
                    isFirst = false;
                }

                hash.Add(files.Path);
                hash.Add("\0"u8);
                filesOf[index]++;
            }
        }

        Span<byte> state = stackalloc byte[StateBytes];
        hash.Write(state);
        return new SeenFolders(MemoryMarshal.Read<FolderState>(state), filesOf, IsSettled: newest < (_clock.GetUtcNow() - Moment).Ticks);
    }

    /// <summary>Whether all files were there when the folders were as they are. Safe for many threads.</summary>
    public bool Holds(SeenFolders folders) => !_isForgotten && _held.Contains(folders.State);

    /// <summary>Keeps for the next night that all files are there. Safe for many threads.</summary>
    /// <param name="folders">As they were before the files were asked for.</param>
    public void Keep(SeenFolders folders)
    {
        if (!folders.IsSettled || _held.Contains(folders.State)) return;
        lock (_lock) _kept.Add(folders.State);
    }

    /// <summary>A file was there and not what is published: a folder's state does not tell that, so every file is asked for again.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _isForgotten = true;
            _kept.Clear();
            _hints?.SetLength(0);
        }
    }

    /// <summary>Writes down what was kept.</summary>
    public void Dispose()
    {
        if (_hints is null) return;
        using (_hints)
        {
            if (_isForgotten || _kept.Count == 0) return;
            FolderState[] states = [.. _kept];
            _hints.Seek(_hints.Length / StateBytes * StateBytes, SeekOrigin.Begin);
            _hints.Write(MemoryMarshal.AsBytes<FolderState>(states));
        }
    }

    /// <returns>null where the file system is not one of those that are trusted.</returns>
    private static ulong? TrustedDevice(string folder)
    {
        if (!OperatingSystem.IsLinux()) return null;
        var path = Encoding.UTF8.GetBytes(folder + "/\0");
        Span<byte> answer = stackalloc byte[Math.Max(Statx.AnswerBytes, FileSystemAnswerBytes)];
        if (AskFileSystem(in path[0], ref MemoryMarshal.GetReference(answer)) != 0) return null;
        if (!TrustedFileSystems.Contains(BinaryPrimitives.ReadUInt32LittleEndian(answer))) return null;
        return Statx.Ask(path, answer) == true ? new Statx(answer).Device : null;
    }

    [LibraryImport("libc", EntryPoint = "statfs")]
    private static partial int AskFileSystem(in byte path, ref byte answer);
}

/// <summary>A hash of files' paths and of their folders' states.</summary>
internal readonly record struct FolderState(ulong First, ulong Second);

/// <param name="Files">How many files each entry has.</param>
/// <param name="IsSettled">Whether none of the folders was changed a moment ago.</param>
internal readonly record struct SeenFolders(FolderState State, int[] Files, bool IsSettled);
