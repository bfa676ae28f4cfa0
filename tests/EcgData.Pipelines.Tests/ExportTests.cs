using System.Text;
using System.Text.Json;
using EcgData.Pipelines.Tests.Streaming;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>A subset as files of its own, read by DuckDB and by NumPy.</summary>
public sealed class ExportTests(SyntheticCorpus synthetic) : IDisposable
{
    private const string Leads = "i, ii, iii, avr, avl, avf, v1, v2, v3, v4, v5, v6";

    private readonly TemporaryFolder _folder = new();

    private string To => _folder["export"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("20")]
    [InlineData("all")]
    public void Export_Parquet_IsTheRowsOfTheSubsetBitByBit(string size)
    {
        var subset = Subset(size);
        var manifest = Export("--subset", subset, "--format", "parquet");
        using var duck = new Duck(synthetic.Corpus);
        var exported = $"read_parquet('{To}/shards/*/*.parquet')";
        var records = size == "all"
            ? duck.Query("SELECT DISTINCT record_id FROM $shards")
            // by the default seed a subset is the first records in the order of rank, patient and id: plain SQL knows it
            : duck.Query($"SELECT DISTINCT record_id, rank, patient FROM $shards ORDER BY rank, patient, record_id LIMIT {size}");
        Assert.Equal(records.Select(row => (string)row[0]!).Order(), duck.Query($"SELECT DISTINCT record_id FROM {exported}").Select(row => (string)row[0]!).Order());
        // every column, the signals too, of every row
        var columns = "* EXCLUDE (filename, file_row_number)";
        var expected = $"SELECT {columns} FROM $shards WHERE record_id IN (SELECT DISTINCT record_id FROM {exported})";
        Assert.Equal(0, duck.Count($"SELECT count(*) FROM ({expected} EXCEPT SELECT * FROM {exported})"));
        Assert.Equal(0, duck.Count($"SELECT count(*) FROM (SELECT * FROM {exported} EXCEPT {expected})"));
        Assert.Equal(manifest.GetProperty("rows").GetInt64(), duck.Count($"SELECT count(*) FROM {exported}"));
        Assert.Single(Directory.EnumerateFiles(To, "*.parquet", SearchOption.AllDirectories));   // 80 rows of several shards fill one
    }

    [Theory]
    [InlineData("int16", "<i2", 1)]
    [InlineData("float32", "<f4", 1000)]
    public async Task Export_Npy_IsReadByNumpy(string values, string type, int scale)
    {
        Child.RequireDebian("numpy");
        Export("--subset", Subset("all"), "--format", "npy", "--values", values);
        using var python = Child.Python("-c", $$"""
            import json, numpy as np
            signals, mask, samples = (np.load(f"{{To}}/{name}.npy", mmap_mode="r") for name in ("signals", "lead_mask", "samples"))
            assert signals.dtype == "{{type}}" and mask.dtype == np.uint8 and samples.dtype == np.int32, (signals.dtype, mask.dtype)
            rows = [json.loads(line) for line in open("{{To}}/rows.jsonl", encoding="utf-8")]
            assert signals.shape == (len(rows), 12, 2400) and mask.shape == (len(rows), 12) and samples.shape == (len(rows),)
            for row, signal, leads, length in zip(rows, signals, mask, samples):
                microvolt = np.rint(signal.astype(np.float64) * {{scale}}).astype(int)
                assert not signal[:, length:].any()
                print(row["record_id"], row["segment"], length, *leads, *microvolt.sum(axis=1), *(microvolt[:, :length] * np.arange(length)).sum(axis=1), ",".join(row["labels"]), sep="|")
            """);
        var found = Encoding.UTF8.GetString(await python.ReadAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await python.EndsWithAsync(0);
        using var duck = new Duck(synthetic.Corpus);
        var expected = duck.Query($"SELECT record_id, segment, samples, [{Leads}], labels FROM $shards").Select(row =>
        {
            var leads = ((IEnumerable<List<short>?>)row[3]!).ToList();
            var sums = leads.Select(lead => lead?.Sum(value => (long)value) ?? 0);
            var moments = leads.Select(lead => lead?.Select((value, sample) => (long)value * sample).Sum() ?? 0);
            return $"{row[0]}|{row[1]}|{row[2]}|{string.Join('|', leads.Select(lead => lead is null ? 0 : 1))}|{string.Join('|', sums)}|{string.Join('|', moments)}|" +
                string.Join(',', (IEnumerable<string>)row[4]!);
        });
        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("--format parquet", "parquet")]
    [InlineData("--format npy", "npy")]
    public void Export_Twice_IsTheSameBytesAndWhatTheManifestSays(string options, string format)
    {
        var first = Export(["--subset", Subset("20"), .. options.Split(' ')]);
        var bytes = Files(To);
        Assert.Equal(format, first.GetProperty("format").GetString());
        Assert.Equal(
            first.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString()!).Append("export.json").Order(StringComparer.Ordinal),
            bytes.Keys.Order(StringComparer.Ordinal));
        Directory.Delete(To, recursive: true);
        Export(["--subset", Subset("20"), .. options.Split(' ')]);
        Assert.Equal(bytes, Files(To));
    }

    [Fact]
    public void Export_SegmentLongerThanTheArray_LeavesNothing()
    {
        var complaint = synthetic.Program.Run("export", synthetic.Corpus.Path, "--to", To, "--format", "npy", "--samples", "1000").EndsWith(3).Complaint;
        Assert.Contains("2400 samples; the array has room for 1000", complaint, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path, "export*"));
    }

    [Fact]
    public void Export_DamagedShard_LeavesNothingAndNamesIt()
    {
        var damaged = synthetic.Corpus.CopyTo(_folder["corpus"]);
        var shard = damaged.Shards[0];
        var bytes = File.ReadAllBytes(shard);
        bytes[bytes.Length / 3] ^= 4;
        File.WriteAllBytes(shard, bytes);
        var complaint = synthetic.Program.Run("export", damaged.Path, "--to", To, "--format", "parquet").EndsWith(3).Complaint;
        Assert.Contains(Path.GetFileName(shard), complaint, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path, "export*"));
    }

    [Theory]
    [InlineData("--to THERE --format npy", "is there already")]
    [InlineData("--to NEW --format csv", "csv")]
    [InlineData("--to NEW --format npy --samples 0", "--samples 0: expected 1 or more")]
    [InlineData("--to NEW --format npy --subset nothing.json", "nothing.json: no such file")]
    public void Export_BadUsage_EndsWith2(string options, string said)
    {
        var arguments = options.Replace("THERE", _folder.Path, StringComparison.Ordinal).Replace("NEW", To, StringComparison.Ordinal).Split(' ');
        Assert.Contains(said, synthetic.Program.Run(["export", synthetic.Corpus.Path, .. arguments]).EndsWith(2).Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(To));
    }

    private static Dictionary<string, string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetRelativePath(folder, file), file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));

    private string Subset(string size)
    {
        synthetic.Program.Run("subset", synthetic.Corpus.Path, "--sizes", size, "--out", _folder["ladder"]).EndsWith(0);
        return Path.Join(_folder["ladder"], $"{size}.json");
    }

    private JsonElement Export(params string[] options)
    {
        synthetic.Program.Run(["export", synthetic.Corpus.Path, "--to", To, .. options]).EndsWith(0);
        return JsonDocument.Parse(File.ReadAllBytes(Path.Join(To, "export.json"))).RootElement;
    }
}
