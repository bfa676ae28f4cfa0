namespace EcgData.Storage;

/// <summary>What a name of an object may be: the same in a folder and in a container, so that a corpus can move from one to the other.</summary>
internal static class ObjectName
{
    /// <summary>Part of a store's own bookkeeping, never an object.</summary>
    public const string TemporaryFolder = ".tmp";

    /// <exception cref="ArgumentException">The name leads out of the store.</exception>
    public static void Check(string name) => CheckParts(name, name.Split('/'));

    /// <summary>What comes before the last slash must be parts of a name; the rest may be the beginning of one.</summary>
    /// <exception cref="ArgumentException">The prefix leads out of the store.</exception>
    public static void CheckPrefix(string prefix)
    {
        var slash = prefix.LastIndexOf('/');
        CheckParts(prefix, slash < 0 ? [] : prefix[..slash].Split('/'));
    }

    private static void CheckParts(string name, ReadOnlySpan<string> parts)
    {
        var outside = name.AsSpan().ContainsAny('\0', '\\') || (parts.Length > 0 && parts[0] == TemporaryFolder);
        foreach (var part in parts) outside |= part is "" or "." or "..";
        if (outside)
            throw new ArgumentException(
                $"'{name}' is not the name of an object. Expected parts joined by '/', none of them empty, '.' or '..', the first not " +
                $"'{TemporaryFolder}', without backslash or NUL.",
                nameof(name));
    }
}
