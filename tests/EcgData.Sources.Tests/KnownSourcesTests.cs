using System.Text.Json;

namespace EcgData.Sources.Tests;

public sealed class KnownSourcesTests
{
    [Fact]
    public void All_IsInTheOrderOfNamesAndNamesAreUnique()
    {
        var names = KnownSources.All.Select(source => source.Manifest.Name).ToArray();
        Assert.Equal(names.Distinct().Order(StringComparer.Ordinal), names);
    }

    [Theory]
    [InlineData("ptb-xl", "ptb-xl")]
    [InlineData("ptb-xl#site-b", "ptb-xl")]
    [InlineData("mimic-iv-ecg", "mimic-iv-ecg")]
    public void Find_KnownName_GivesTheSource(string name, string found) => Assert.Equal(found, KnownSources.Find(name).Manifest.Name);

    [Theory]
    [InlineData("PTBXL", "Did you mean 'ptb-xl'?")]
    [InlineData("ptb-lx#b", "Did you mean 'ptb-xl'?")]
    [InlineData("mimic_iv_ecgs", "Did you mean 'mimic-iv-ecg'?")]
    public void Find_NearName_NamesTheNearest(string name, string said) =>
        Assert.Contains(said, Assert.Throws<SourceException>(() => KnownSources.Find(name)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("electroencephalograms-of-cats")]
    public void Find_NameLikeNone_ListsTheKnownOnes(string name)
    {
        var message = Assert.Throws<SourceException>(() => KnownSources.Find(name)).Message;
        Assert.DoesNotContain("Did you mean", message, StringComparison.Ordinal);
        Assert.Contains("Known are: ", message, StringComparison.Ordinal);
        Assert.Contains("ptb-xl", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Manifests_OfAllSources_AreCompleteAndNamedAsTheirFile()
    {
        foreach (var manifest in KnownSources.All.Select(source => source.Manifest))
        {
            Assert.Equal(manifest, SourceManifest.Load(manifest.Name) with { Files = manifest.Files });
            Assert.Contains(manifest.Access, new[] { "open", "credentialed", "restricted" });
            Assert.All([manifest.Title, manifest.Licence, manifest.Citation, manifest.Download], text => Assert.NotEmpty(text));
            Assert.All(manifest.Files, file => Assert.Matches("^[0-9a-f]{64}$", file.Sha256 ?? new string('0', 64)));
            Assert.Equal(manifest.Files.Select(file => file.Path).Distinct(), manifest.Files.Select(file => file.Path));
        }
    }

    [Fact]
    public void Schema_OfTheSourceManifest_NamesExactlyItsFields()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(RepositoryFile("schemas/source-manifest.schema.json")));
        var properties = schema.RootElement.GetProperty("properties");
        Assert.Equal(
            Fields(typeof(SourceManifest)).Where(name => name != "release"),
            properties.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            Fields(typeof(ManifestFile)),
            properties.GetProperty("files").GetProperty("items").GetProperty("properties").EnumerateObject()
                .Select(p => p.Name).Order(StringComparer.Ordinal));
    }

    private static string RepositoryFile(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Join(folder.FullName, "EcgData.sln"))) folder = folder.Parent!;
        return Path.Join(folder.FullName, path);
    }

    private static IEnumerable<string> Fields(Type type) =>
        type.GetProperties().Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)).Order(StringComparer.Ordinal);
}
