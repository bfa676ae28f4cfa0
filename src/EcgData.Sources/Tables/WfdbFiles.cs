using System.Text;
using EcgData.Signals;

namespace EcgData.Sources.Tables;

/// <summary>The two files of a WFDB record that a table names without extension.</summary>
internal static class WfdbFiles
{
    private const int LongestOnStack = 512;

    /// <param name="stem">UTF-8, relative to the source's folder, without extension: <c>records500/00000/00001_hr</c>.</param>
    /// <returns>The signal file, then the header.</returns>
    /// <exception cref="RecordException">The path leads out of the folder.</exception>
    public static WfdbFilePair Of(ReadOnlySpan<byte> stem, PublishedChecksums checksums)
    {
        if (!IsPlain(stem))
        {
            var text = Encoding.UTF8.GetString(stem);
            SourceFolder.RefuseOutside(text);
            stem = Encoding.UTF8.GetBytes(text);   // what is no UTF-8 in the table has become some
        }

        var length = stem.Length + WfdbFilePair.SignalExtension.Length;
        var path = length <= LongestOnStack ? stackalloc byte[length] : new byte[length];
        stem.CopyTo(path);
        return new WfdbFilePair(
            stem, Find(path, WfdbFilePair.SignalExtension, checksums), Find(path, WfdbFilePair.HeaderExtension, checksums));
    }

    private static Sha256Digest? Find(Span<byte> path, ReadOnlySpan<byte> extension, PublishedChecksums checksums)
    {
        extension.CopyTo(path[^extension.Length..]);
        return checksums.TryFind(path, out var digest) ? digest : null;
    }

    /// <summary>Whether a path is ASCII and leads into the folder for certain.</summary>
    private static bool IsPlain(ReadOnlySpan<byte> path) =>
        !path.IsEmpty && path[0] != (byte)'/' && Ascii.IsValid(path) && !path.ContainsAny((byte)0, (byte)'\\') && path.IndexOf(".."u8) < 0;
}
