using System.Security.Cryptography;
using System.Text.Json;

namespace EcgData.Pipelines.Tests;

/// <summary>The rules of the Croissant specification, as far as a document and the files beside it can show them.</summary>
public sealed class CroissantTests(SyntheticCorpus synthetic)
{
    private static readonly string[] DataTypes = ["sc:Boolean", "sc:Float", "sc:Integer", "sc:Text"];

    private JsonElement Document => JsonDocument.Parse(File.ReadAllBytes(Path.Join(synthetic.Corpus.Version, "croissant.json"))).RootElement;

    [Fact]
    public void Dataset_Properties_ThatAreRequired_AreThere()
    {
        Assert.Equal("sc:Dataset", Text(Document, "@type"));
        Assert.Equal("http://mlcommons.org/croissant/1.0", Text(Document, "conformsTo"));
        foreach (var name in (string[])["name", "description", "license", "url", "datePublished", "citeAs", "version"])
            Assert.NotEmpty(Text(Document, name));
        Assert.Equal("https://spdx.org/licenses/CC-BY-4.0.html", Text(Document, "license"));
        Assert.Equal("2022-11-09", Text(Document, "datePublished"));
        Assert.Equal(JsonValueKind.Object, Document.GetProperty("creator").ValueKind);
        Assert.Equal("http://mlcommons.org/croissant/", Text(Document.GetProperty("@context"), "cr"));
    }

    [Fact]
    public void Identifiers_AreUnique_AndEveryReferenceIsToOne()
    {
        var defined = Nodes(Document).Where(node => node.TryGetProperty("@type", out _) && node.TryGetProperty("@id", out _)).Select(node => Text(node, "@id")).ToList();
        Assert.Equal(defined.Count, defined.Distinct().Count());
        var references = Nodes(Document.GetProperty("recordSet")).Where(node => !node.TryGetProperty("@type", out _) && node.TryGetProperty("@id", out _)).ToList();
        Assert.NotEmpty(references);
        Assert.All(references, node => Assert.Contains(Text(node, "@id"), defined));
    }

    [Fact]
    public void FileObjects_AreTheFilesBesideIt_WithTheirHashes()
    {
        var files = Document.GetProperty("distribution").EnumerateArray().Where(node => Text(node, "@type") == "cr:FileObject").ToList();
        Assert.Equal(3, files.Count);
        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(Path.Join(synthetic.Corpus.Version, Text(file, "contentUrl")));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), Text(file, "sha256"));
            Assert.Equal($"{bytes.Length} B", Text(file, "contentSize"));
        }
    }

    [Fact]
    public void FileSet_Includes_TheShardsOfTheVersion()
    {
        var set = Assert.Single(Document.GetProperty("distribution").EnumerateArray(), node => Text(node, "@type") == "cr:FileSet");
        Assert.Equal(
            synthetic.Corpus.Shards.Select(path => Path.GetRelativePath(synthetic.Corpus.Path, path)).Order(StringComparer.Ordinal),
            set.GetProperty("includes").EnumerateArray().Select(path => path.GetString()!).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("segments", "shards/*/*.parquet")]
    [InlineData("records", "versions/*/catalogue.parquet")]
    public void Fields_OfARecordSet_AreTheColumnsOfItsFiles(string recordSet, string files)
    {
        var set = Assert.Single(Document.GetProperty("recordSet").EnumerateArray(), node => Text(node, "@id") == recordSet);
        using var duck = new Duck(synthetic.Corpus);
        var columns = duck.Query($"DESCRIBE SELECT * FROM '{synthetic.Corpus.Path}/{files}'").Select(row => ((string)row[0]!, (string)row[1]!)).ToList();
        var fields = set.GetProperty("field").EnumerateArray().ToList();
        Assert.Equal(columns.Select(column => column.Item1), fields.Select(field => Text(field.GetProperty("source").GetProperty("extract"), "column")));
        foreach (var (field, (_, type)) in fields.Zip(columns))
        {
            Assert.Contains(Text(field, "dataType"), DataTypes);
            Assert.Equal(type.EndsWith("[]", StringComparison.Ordinal), field.TryGetProperty("repeated", out var repeated) && repeated.GetBoolean());
            Assert.Equal(
                type.Replace("[]", "", StringComparison.Ordinal) switch
                {
                    "BOOLEAN" => "sc:Boolean",
                    "VARCHAR" => "sc:Text",
                    "FLOAT" or "DOUBLE" => "sc:Float",
                    _ => "sc:Integer",
                },
                Text(field, "dataType"));
        }
    }

    [Fact]
    public void DataCard_Tells_SourcesRejectionsAndLicence()
    {
        var card = File.ReadAllText(Path.Join(synthetic.Corpus.Version, "README.md"));
        Assert.Contains(synthetic.Corpus.Head, card, StringComparison.Ordinal);
        Assert.Contains("| ptb-xl@1.0.3 | 80 |", card, StringComparison.Ordinal);
        Assert.Contains("CC-BY-4.0", card, StringComparison.Ordinal);
        foreach (var (reason, count) in synthetic.Corpus.Manifest.Sources[0].Rejections)
            Assert.Contains($"- ptb-xl: {count} {reason}", card, StringComparison.Ordinal);
    }

    private static string Text(JsonElement node, string name) => node.GetProperty(name).GetString()!;

    private static IEnumerable<JsonElement> Nodes(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Nodes(property.Value)).Prepend(element),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Nodes),
        _ => [],
    };
}
