using System.Security.Cryptography;
using System.Text.Json;
using EcgData.Shards;

namespace EcgData.Pipelines.Tests;

/// <summary>A corpus as it lies on disk.</summary>
internal sealed class CorpusFolder(string path)
{
    public string Path => path;

    public string Head => File.ReadAllText(System.IO.Path.Join(path, "HEAD")).Trim();

    public string Version => System.IO.Path.Join(path, "versions", Head);

    public VersionManifest Manifest => JsonSerializer.Deserialize<VersionManifest>(
        File.ReadAllText(System.IO.Path.Join(Version, "manifest.json")), CorpusJson.Readable)!;

    public IReadOnlyList<string> Receipts => Files("receipts");

    public IReadOnlyList<string> Shards => Files("shards");

    /// <summary>Name and SHA-256 of every file but the history, which is for people: equal corpora have equal lists.</summary>
    public IReadOnlyList<string> Contents =>
        [.. Files("").Select(file => System.IO.Path.GetRelativePath(path, file))
            .Where(name => !name.StartsWith("history/", StringComparison.Ordinal) && !name.StartsWith(".tmp/", StringComparison.Ordinal))
            .Select(name => $"{name} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(System.IO.Path.Join(path, name))))}")];

    /// <summary>A copy that a test may damage.</summary>
    public CorpusFolder CopyTo(string other)
    {
        foreach (var file in Files(""))
        {
            var target = System.IO.Path.Join(other, System.IO.Path.GetRelativePath(path, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return new CorpusFolder(other);
    }

    private List<string> Files(string folder)
    {
        var root = System.IO.Path.Join(path, folder);
        return Directory.Exists(root)
            ? [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)]
            : [];
    }
}
