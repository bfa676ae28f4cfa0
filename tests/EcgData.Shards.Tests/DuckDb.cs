using System.Collections;
using DuckDB.NET.Data;
using EcgData.Tests;

namespace EcgData.Shards.Tests;

/// <summary>Reads Parquet files with DuckDB, a reader that shares nothing with ours.</summary>
internal static class DuckDb
{
    /// <summary>The rows of a query in which <c>$file</c> stands for the file; a list is a List, null is null.</summary>
    public static List<object?[]> Query(byte[] file, string query)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["table.parquet"], file);
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = query.Replace("$file", $"'{folder["table.parquet"]}'", StringComparison.Ordinal);
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            var row = new object?[reader.FieldCount];
            for (var column = 0; column < row.Length; column++) row[column] = reader.IsDBNull(column) ? null : reader.GetValue(column);
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>A value as <see cref="Some.Text"/> writes it.</summary>
    public static string Text(object? value) => value switch
    {
        null => "null",
        string text => text,
        IEnumerable list => string.Join(',', list.Cast<object>()),
        _ => value.ToString()!,
    };
}
