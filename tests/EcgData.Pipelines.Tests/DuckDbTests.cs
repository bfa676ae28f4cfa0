using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources.Synthesis;

namespace EcgData.Pipelines.Tests;

/// <summary>Anybody's Parquet reader finds in a corpus what its manifest says.</summary>
public sealed class DuckDbTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly Duck _duck = new(synthetic.Corpus);

    public void Dispose() => _duck.Dispose();

    [Fact]
    public void Counts_OfEveryTable_AreTheManifests()
    {
        var manifest = synthetic.Corpus.Manifest;
        Assert.Equal(manifest.Totals.Segments, _duck.Count("SELECT count(*) FROM $shards"));
        Assert.Equal(manifest.Catalogue.Rows, _duck.Count("SELECT count(*) FROM $catalogue"));
        Assert.Equal(manifest.RowGroups.Rows, _duck.Count("SELECT count(*) FROM $rowgroups"));
        Assert.Equal(manifest.Totals.Segments, _duck.Count("SELECT sum(rows) FROM $rowgroups"));
        Assert.Equal(manifest.Totals.Shards, _duck.Count("SELECT count(DISTINCT filename) FROM $shards"));
        var states = _duck.Query("SELECT state, count(*) FROM $catalogue GROUP BY state ORDER BY state");
        var records = manifest.Totals.Records;
        Assert.Equal(
            [("kept", records.Kept), ("kept with flags", records.KeptWithFlags), ("rejected", records.Rejected)],
            states.Select(row => ((string)row[0]!, (long)row[1]!)));
    }

    [Fact]
    public void Sums_OfEveryLead_AreTheManifests()
    {
        var statistics = Assert.Single(synthetic.Corpus.Manifest.Sources).Statistics;
        Assert.Equal(Montage.ColumnNames.ToArray(), statistics.Keys);
        foreach (var (lead, expected) in statistics)
        {
            var row = Assert.Single(_duck.Query(
                $"SELECT count(x), sum(x), sum(x * x), min(x), max(x) FROM (SELECT unnest({lead})::BIGINT AS x FROM $shards)"));
            Assert.Equal(expected, new LeadStatistics((long)row[0]!, Duck.Long(row[1]), Duck.Long(row[2]), (short)(long)row[3]!, (short)(long)row[4]!));
        }
    }

    [Fact]
    public void Statistics_OfEveryLead_AreWhatTheSignalsGive()
    {
        var listed = synthetic.Program.Run("list", synthetic.Corpus.Path, "--statistics", "--json").EndsWith(0).Json.GetProperty("statistics");
        Assert.Equal(Montage.LeadCount, listed.GetArrayLength());
        foreach (var row in listed.EnumerateArray())
        {
            var lead = row.GetProperty("lead").GetString();
            var found = Assert.Single(_duck.Query(
                $"SELECT count(x), avg(x), stddev_pop(x), min(x), max(x) FROM (SELECT unnest({lead})::DOUBLE AS x FROM $shards)"));
            Assert.Equal((long)found[0]!, row.GetProperty("values").GetInt64());
            Assert.Equal((double)found[1]!, row.GetProperty("mean_uv").GetDouble(), tolerance: 1e-6);
            Assert.Equal((double)found[2]!, row.GetProperty("sd_uv").GetDouble(), tolerance: 1e-6);
            Assert.Equal((double)found[3]!, row.GetProperty("minimum_uv").GetDouble());
            Assert.Equal((double)found[4]!, row.GetProperty("maximum_uv").GetDouble());
        }
    }

    [Fact]
    public void Types_OfTheColumns_AreThoseOfTheContract()
    {
        var types = _duck.Query("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM $shards)")
            .ToDictionary(row => (string)row[0]!, row => (string)row[1]!);
        Assert.All(Montage.ColumnNames.ToArray(), lead => Assert.Equal("SMALLINT[]", types[lead]));
        string[] expected =
        [
            "record_id VARCHAR", "segment INTEGER", "start_seconds DOUBLE", "samples INTEGER", "source VARCHAR", "site VARCHAR",
            "licence VARCHAR", "patient VARCHAR", "patient_known BOOLEAN", "rank BIGINT", "sampling_frequency_hz DOUBLE", "native_sampling_frequency_hz DOUBLE",
            "amplitude_unit VARCHAR", "derived_leads INTEGER", "flags INTEGER", "gaps INTEGER[]", "age_years FLOAT", "sex VARCHAR",
            "labels VARCHAR[]", "label_weights FLOAT[]", "fold INTEGER", "source_file VARCHAR", "source_sha256 VARCHAR",
        ];
        Assert.Empty(expected.Except(types.Select(type => $"{type.Key} {type.Value}")));
    }

    [Fact]
    public void Catalogue_ShardAndRow_PointAtTheRecord()
    {
        const string joined = "FROM $catalogue c JOIN $shards s ON ends_with(s.filename, c.shard) AND s.file_row_number = c.row";
        Assert.Equal(
            synthetic.Corpus.Manifest.Totals.Segments,
            _duck.Count($"SELECT count(*) {joined} WHERE c.record_id = s.record_id AND s.segment = 0"));
        Assert.Equal(0, _duck.Count(
            $"SELECT count(*) {joined} WHERE c.labels <> s.labels OR c.label_weights <> s.label_weights OR c.patient <> s.patient " +
            "OR c.age_years IS DISTINCT FROM s.age_years OR c.sex IS DISTINCT FROM s.sex OR c.fold <> s.fold OR c.flags <> s.flags"));
        Assert.Equal(0, _duck.Count(
            "SELECT count(*) FROM $catalogue WHERE (state = 'rejected') <> (shard IS NULL) OR (state = 'rejected') <> (reason IS NOT NULL)"));
    }

    [Fact]
    public void Labels_OfTheTable_AreTheSourcesOwn()
    {
        var ragged = SyntheticTree.Plan("ptb-xl", SyntheticCorpus.Options)
            .Where(defect => defect.Defect == SyntheticDefect.RaggedRow).Select(defect => defect.NativeId).ToHashSet();
        var published = File.ReadLines(Path.Join(synthetic.Tree, "ptbxl_database.csv"))
            .Count(line => line.Contains("'NORM'", StringComparison.Ordinal) && !ragged.Contains(line.Split(',')[0]));
        Assert.Equal(published, _duck.Count("SELECT count(*) FROM $catalogue WHERE list_contains(labels, 'scp:NORM')"));
        Assert.True(published > 5);
    }

    [Fact]
    public void RowGroups_FirstRowAndRows_AreThoseOfTheFiles()
    {
        foreach (var shard in synthetic.Corpus.Shards)
        {
            var file = _duck.Query($"SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata('{shard}') ORDER BY 1");
            var table = _duck.Query($"SELECT first_row, rows FROM $rowgroups WHERE ends_with('{shard}', shard) ORDER BY first_row");
            Assert.Equal(file.Select(row => Duck.Long(row[1])), table.Select(row => Duck.Long(row[1])));
            var next = 0L;
            Assert.All(table, row => Assert.Equal(Duck.Long(row[0]), (next += Duck.Long(row[1])) - Duck.Long(row[1])));
        }
    }
}
