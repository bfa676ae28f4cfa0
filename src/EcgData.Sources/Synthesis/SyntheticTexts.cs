using System.Security.Cryptography;
using System.Text;

namespace EcgData.Sources.Synthesis;

/// <summary>Texts that every synthetic tree carries.</summary>
internal static class SyntheticTexts
{
    /// <summary>Says that no person was recorded, whatever the layout suggests.</summary>
    public static string Licence(string release) =>
        $"""
        SYNTHETIC DATA

        The files of this folder lie in the layout of {release}, but they are not that release and hold none of its recordings.
        Signals, tables, dates and identifiers were computed from a seed. Nobody was recorded, and no resemblance to a patient is meant.

        Whoever receives this folder may use it for any purpose, without conditions and without warranty (CC0-1.0).

        """;

    /// <summary>A line of SHA256SUMS.txt for a file that has been written: digest, one blank, path.</summary>
    public static string ChecksumLine(TreeJob job, string name)
    {
        using var file = File.OpenRead(job.PathOf(name));
        return $"{Convert.ToHexStringLower(SHA256.HashData(file))} {name}\n";
    }

    /// <summary>A text file of the tree, UTF-8 without a mark.</summary>
    public static StreamWriter Open(TreeJob job, string name) =>
        new(job.PathOf(name), append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16);
}
