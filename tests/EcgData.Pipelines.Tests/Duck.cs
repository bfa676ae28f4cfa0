using System.Numerics;
using DuckDB.NET.Data;

namespace EcgData.Pipelines.Tests;

/// <summary>Reads a corpus with DuckDB, which knows nothing of us.</summary>
internal sealed class Duck : IDisposable
{
    private readonly DuckDBConnection _connection = new("DataSource=:memory:");
    private readonly CorpusFolder _corpus;

    public Duck(CorpusFolder corpus)
    {
        _corpus = corpus;
        _connection.Open();
    }

    /// <summary>Rows of a query; $shards, $catalogue and $rowgroups stand for the corpus's files.</summary>
    public List<object?[]> Query(string query)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = query
            .Replace(
                "$shards", $"read_parquet('{_corpus.Path}/shards/*/*.parquet', filename = true, file_row_number = true)", StringComparison.Ordinal)
            .Replace("$catalogue", $"read_parquet('{_corpus.Version}/catalogue.parquet')", StringComparison.Ordinal)
            .Replace("$rowgroups", $"read_parquet('{_corpus.Version}/rowgroups.parquet')", StringComparison.Ordinal);
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? null : reader.GetValue(column))]);
        return rows;
    }

    public long Count(string query) => Long(Assert.Single(Query(query))[0]);

    /// <summary>A whole number, which may be a sum: those have 128 bits.</summary>
    public static long Long(object? value) => value is BigInteger big ? (long)big : Convert.ToInt64(value);

    public void Dispose() => _connection.Dispose();
}
