using System.Runtime.InteropServices;
using System.Security.Cryptography;
using EcgData.Sources.Synthesis;
using EcgData.Tests;

namespace EcgData.Sources.Tests.Synthesis;

/// <summary>Reads trees with code of its own: nothing here is shared with the writers.</summary>
internal static class TreeFiles
{
    public static TemporaryFolder Write(string source, int records, double defectShare = 0, ulong seed = 7, int workers = 0)
    {
        var folder = new TemporaryFolder();
        SyntheticTree.Write(
            source, folder.Path, new SynthesisOptions { Records = records, Seed = seed, DefectShare = defectShare, Workers = workers },
            null, CancellationToken.None);
        return folder;
    }

    /// <summary>Path and SHA-256 of every file, in ordinal order.</summary>
    public static SortedDictionary<string, string> Hashes(string root)
    {
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
            hashes[Path.GetRelativePath(root, file).Replace('\\', '/')] = Hash(file);
        return hashes;
    }

    public static string Hash(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))).ToLowerInvariant();

    public static short[] Format16(string file) => MemoryMarshal.Cast<byte, short>(File.ReadAllBytes(file)).ToArray();

    /// <summary>One lead of frames of twelve.</summary>
    public static int[] Column(ReadOnlySpan<short> frames, int lead)
    {
        var column = new int[frames.Length / 12];
        for (var index = 0; index < column.Length; index++) column[index] = frames[index * 12 + lead];
        return column;
    }

    public static HeaderLines Header(string file)
    {
        var lines = File.ReadAllText(file).TrimEnd('\n').Split('\n');
        return new HeaderLines(
            lines[0].Split(' '),
            [.. lines[1..].Where(line => line[0] != '#').Select(line => line.Split(' '))],
            [.. lines.Where(line => line[0] == '#')]);
    }

    /// <summary>Cells of the rows below the header; quotes taken off, commas inside them kept.</summary>
    public static List<List<string>> Rows(string file)
    {
        var rows = new List<List<string>>();
        foreach (var line in File.ReadAllLines(file).Skip(1))
        {
            List<string> cells = [""];
            var quoted = false;
            foreach (var letter in line)
            {
                if (letter == '"') quoted = !quoted;
                else if (letter == ',' && !quoted) cells.Add("");
                else cells[^1] += letter;
            }

            rows.Add(cells);
        }

        return rows;
    }
}

/// <summary>A header split at blanks: record line, signal lines (file format gain bits zero initial checksum block lead), comments.</summary>
internal sealed record HeaderLines(string[] Record, string[][] Signals, string[] Comments);
