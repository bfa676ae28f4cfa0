using System.Text.Json;
using EcgData.Signals;

namespace EcgData.Shards.Tests;

/// <summary>The published schema, the code and what other readers see are the same.</summary>
public sealed class ShardSchemaTests
{
    private static readonly string Folder = Path.Join(AppContext.BaseDirectory, "schemas");
    private static readonly JsonElement Schema = JsonDocument.Parse(File.ReadAllText(Path.Join(Folder, "shard.schema.json"))).RootElement;

    private static readonly Dictionary<string, string> DuckDbTypes = new()
    {
        ["string"] = "VARCHAR",
        ["int32"] = "INTEGER",
        ["int64"] = "BIGINT",
        ["double"] = "DOUBLE",
        ["float"] = "FLOAT",
        ["bool"] = "BOOLEAN",
        ["list<int16>"] = "SMALLINT[]",
        ["list<int32>"] = "INTEGER[]",
        ["list<string>"] = "VARCHAR[]",
        ["list<float>"] = "FLOAT[]",
    };

    [Fact]
    public void PublishedColumns_AreThoseThatDuckDbSees()
    {
        var (file, _, _) = Some.Shard(1);

        var seen = DuckDb.Query(file, "DESCRIBE SELECT * FROM read_parquet($file)").Select(row => $"{row[0]} {row[1]}");

        Assert.Equal(Columns(column => $"{Text(column, "name")} {DuckDbTypes[Text(column, "type")]}"), seen);
    }

    [Fact]
    public void PublishedNullability_IsThatOfTheFile()
    {
        var (file, _, _) = Some.Shard(1);

        var nullable = DuckDb.Query(file, "SELECT name FROM parquet_schema($file) WHERE repetition_type = 'OPTIONAL'").Select(row => (string)row[0]!);

        Assert.Equal(Columns(column => column.GetProperty("nullable").GetBoolean() ? Text(column, "name") : null).OfType<string>(), nullable);
    }

    [Fact]
    public void PublishedEncodings_AreThoseOfTheFile()
    {
        var (file, _, _) = Some.Shard(9);

        var encodings = DuckDb.Query(file, "SELECT path_in_schema, encodings FROM parquet_metadata($file) WHERE row_group_id = 0 ORDER BY column_id");

        Assert.Equal(35, encodings.Count);
        foreach (var (column, seen) in Schema.GetProperty("columns").EnumerateArray().Zip(encodings))
        {
            Assert.StartsWith(Text(column, "name"), (string)seen[0]!, StringComparison.Ordinal);
            Assert.Contains(Text(column, "encoding"), DuckDb.Text(seen[1]), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void PublishedFlags_AreThoseOfTheCode()
    {
        var published = Schema.GetProperty("flags").EnumerateObject().Select(flag => $"{flag.Name} {1 << flag.Value.GetInt32()}");

        Assert.Equal(Enum.GetValues<RecordFlags>().Where(flag => flag != 0).Select(flag => $"{flag} {(int)flag}"), published);
    }

    [Fact]
    public void Document_NamesEveryColumnAndFlag()
    {
        var document = File.ReadAllText(Path.Join(Folder, "shard.md"));

        foreach (var name in Columns(column => Text(column, "name"))) Assert.Contains($"`{name}`", document, StringComparison.Ordinal);
        foreach (var flag in Schema.GetProperty("flags").EnumerateObject())
            Assert.Contains($"| {flag.Value} | {1 << flag.Value.GetInt32()} | `{flag.Name}` |", document, StringComparison.Ordinal);
    }

    [Fact]
    public void PublishedVersion_IsThatOfTheCode() => Assert.Equal(ShardSchema.Version, Schema.GetProperty("schemaVersion").GetInt32());

    private static IEnumerable<T> Columns<T>(Func<JsonElement, T> value) => Schema.GetProperty("columns").EnumerateArray().Select(value);

    private static string Text(JsonElement column, string property) => column.GetProperty(property).GetString()!;
}
