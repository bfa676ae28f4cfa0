using EcgData.Shards;
using Microsoft.Data.Analysis;

namespace EcgData.Ingest;

/// <summary>The amplitudes of a version as a table, one row per source and lead, from the manifest's exact sums.</summary>
public sealed class SourceStatistics
{
    private readonly DataFrame _table;

    private SourceStatistics(DataFrame table) => _table = table;

    /// <summary>Heads of <see cref="Rows"/>: source, lead, number of values, and in microvolt mean, standard deviation, smallest and largest.</summary>
    public IReadOnlyList<string> Columns => [.. _table.Columns.Select(column => column.Name)];

    public IReadOnlyList<IReadOnlyList<object>> Rows => [.. _table.Rows.Select(row => (IReadOnlyList<object>)[.. row])];

    public static SourceStatistics Of(VersionManifest version)
    {
        var leads = version.Sources.SelectMany(
            source => source.Statistics.Select(lead => (Source: source.Name, Lead: lead.Key, Sums: lead.Value))).ToList();
        var count = new DoubleDataFrameColumn("count", leads.Select(lead => (double)lead.Sums.Count));
        var mean = new DoubleDataFrameColumn("sum", leads.Select(lead => (double)lead.Sums.Sum)) / count;
        var variance = new DoubleDataFrameColumn("squares", leads.Select(lead => (double)lead.Sums.SumOfSquares)) / count - mean * mean;
        var deviation = new DoubleDataFrameColumn("sd_uv", Enumerable.Range(0, leads.Count).Select(row => Math.Sqrt(Math.Max(0, variance[row]!.Value))));
        mean.SetName("mean_uv");
        return new SourceStatistics(new DataFrame(
            new StringDataFrameColumn("source", leads.Select(lead => lead.Source)),
            new StringDataFrameColumn("lead", leads.Select(lead => lead.Lead)),
            new Int64DataFrameColumn("values", leads.Select(lead => lead.Sums.Count)),
            mean,
            deviation,
            new Int32DataFrameColumn("minimum_uv", leads.Select(lead => (int)lead.Sums.Minimum)),
            new Int32DataFrameColumn("maximum_uv", leads.Select(lead => (int)lead.Sums.Maximum))));
    }
}
