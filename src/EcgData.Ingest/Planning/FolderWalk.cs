using System.Runtime.InteropServices;

namespace EcgData.Ingest;

/// <summary>
/// Asks for one folder after the other. The system walks to each name by name, and may have to fetch each from far; what neighbours have in
/// common of their way is walked once. For one thread at a time.
/// </summary>
internal sealed partial class FolderWalk : IDisposable
{
    private const int OwnNames = 2;              // that a folder does not share with its neighbours: MIMIC-IV-ECG's patient and study
    private const int PlaceOnly = 0x200000;      // O_PATH: nothing is read, so no right to read is needed
    private const int NotForChildren = 0x80000;  // O_CLOEXEC
    private const int Nowhere = -1;

    private byte[] _way = [];   // UTF-8, ended by a zero in place of its last slash
    private int _from = Nowhere;   // the open folder, or none

    /// <param name="path">UTF-8, absolute, ended by a zero.</param>
    /// <param name="answer">byte[<see cref="Statx.AnswerBytes"/>].</param>
    /// <returns>As <see cref="Statx.Ask(ReadOnlySpan{byte}, Span{byte})"/>.</returns>
    public bool? Ask(ReadOnlySpan<byte> path, Span<byte> answer)
    {
        var shared = path.Length;
        for (var name = 0; name < OwnNames && shared > 0; name++) shared = path[..shared].LastIndexOf((byte)'/');
        if (shared <= 0 || path[shared + 1] == (byte)'/') return Statx.Ask(path, answer);   // what begins with a slash would be another way
        if (_way.Length != shared + 1 || !path[..shared].SequenceEqual(_way.AsSpan(0, shared))) Turn(path[..shared]);
        return _from == Nowhere ? Statx.Ask(path, answer) : Statx.Ask(_from, path[(shared + 1)..], answer);
    }

    public void Dispose()
    {
        if (_from != Nowhere) _ = Close(_from);   // nothing was written
        _from = Nowhere;
    }

    private void Turn(ReadOnlySpan<byte> way)
    {
        Dispose();
        _way = [.. way, 0];
        if (OperatingSystem.IsLinux()) _from = Open(in _way[0], PlaceOnly | NotForChildren);
    }

    [LibraryImport("libc", EntryPoint = "open")]
    private static partial int Open(in byte path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int folder);
}
