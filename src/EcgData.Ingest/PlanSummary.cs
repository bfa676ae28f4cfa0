using System.Globalization;
using Microsoft.Data.Analysis;

namespace EcgData.Ingest;

/// <summary>A plan as a table, one row per source: what is there, what will be built, what it will take.</summary>
public sealed class PlanSummary
{
    /// <summary>Heads of <see cref="Rows"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["source", "records", "shards", "to build", "to reuse", "MiB to write"];

    private readonly DataFrame _table;

    private PlanSummary(DataFrame table) => _table = table;

    public static PlanSummary Of(BuildPlan plan)
    {
        var shards = new DataFrame(
            new StringDataFrameColumn("source", plan.Shards.Select(shard => shard.Catalogue.Name)),
            new Int64DataFrameColumn("records", plan.Shards.Select(shard => (long)shard.Count)),
            new Int64DataFrameColumn("shards", plan.Shards.Select(_ => 1L)),
            new Int64DataFrameColumn("to build", plan.Shards.Select(shard => shard.Reused is null ? 1L : 0)),
            new Int64DataFrameColumn("to reuse", plan.Shards.Select(shard => shard.Reused is null ? 0L : 1)),
            new Int64DataFrameColumn("MiB to write", plan.Shards.Select(shard => plan.EstimatedBytesOf(shard) >> 20)));
        return new PlanSummary(plan.Shards.Count == 0 ? shards : shards.GroupBy("source").Sum().OrderBy("source"));
    }

    /// <summary>The table's rows as text, by source.</summary>
    public IEnumerable<IReadOnlyList<string>> Rows() => _table.Rows.Select(row =>
        (IReadOnlyList<string>)[.. row.Select(value => value is long number
            ? number.ToString("N0", CultureInfo.InvariantCulture)
            : value?.ToString() ?? "")]);

    /// <summary>The table as a document.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, object>> Document() =>
        [.. _table.Rows.Select(row => _table.Columns.Select((column, index) => (column.Name, Value: row[index]))
            .ToDictionary(cell => cell.Name.Replace(' ', '_'), cell => cell.Value))];
}
