namespace EcgData.Ingest;

/// <summary>What one call of the system tells of a file, for planning asks it of every file of a source.</summary>
internal readonly record struct PlainFile(PlainFileState State, long SizeBytes, long WriteTicks)
{
    /// <summary>Whether a path leads into the folder for certain, and means the same to the system and to .NET.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> path) =>
        !path.IsEmpty && path[0] != (byte)'/' && path[^1] != (byte)'/' && !path.ContainsAny((byte)0, (byte)'\\') && path.IndexOf(".."u8) < 0;

    /// <param name="path">UTF-8, absolute, ended by a zero.</param>
    public static PlainFile Ask(ReadOnlySpan<byte> path)
    {
        Span<byte> bytes = stackalloc byte[Statx.AnswerBytes];
        if (Statx.Ask(path, bytes) is not { } answered) return default;
        if (!answered) return new PlainFile(PlainFileState.Missing, 0, 0);
        var answer = new Statx(bytes);
        return answer.IsFile ? new PlainFile(PlainFileState.There, answer.SizeBytes, answer.WriteTicks) : default;
    }
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
