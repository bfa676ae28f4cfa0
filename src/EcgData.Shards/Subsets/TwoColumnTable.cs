using System.Security.Cryptography;
using System.Text;

namespace EcgData.Shards.Subsets;

/// <summary>The first two columns of a CSV file of the user's: pairs of record ids, or record ids and folds. Further columns are left alone.</summary>
/// <param name="Name">Of the file, without folder.</param>
/// <param name="Sha256">Of its bytes.</param>
internal sealed record TwoColumnTable(string Name, string Sha256, IReadOnlyList<(string First, string Second, int Line)> Rows)
{
    /// <exception cref="CorpusException">It cannot be read, or a line has no two columns.</exception>
    public static async Task<TwoColumnTable> ReadAsync(string path, string columns, CancellationToken cancel)
    {
        byte[] bytes;
        try
        {
            bytes = await File.ReadAllBytesAsync(path, cancel);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CorpusException($"{path}: cannot be read: {e.Message} Expected a CSV file with the columns {columns}.", e);
        }

        var rows = new List<(string, string, int)>();
        using var lines = new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
        for (var number = 1; await lines.ReadLineAsync(cancel) is { } line; number++)
        {
            if (line.Length == 0) continue;
            var position = 0;
            if (NextField(line, ref position) is not { } first || NextField(line, ref position) is not { } second)
                throw new CorpusException($"{path}, line {number}: '{line}'. Expected the columns {columns}, parted by a comma.");
            if (number == 1 && !first.Contains('/', StringComparison.Ordinal)) continue;   // a header: record ids are source/native id
            rows.Add((first, second, number));
        }

        return new TwoColumnTable(Path.GetFileName(path), Convert.ToHexStringLower(SHA256.HashData(bytes)), rows);
    }

    /// <summary>The field at <paramref name="position"/>, which moves behind its comma; null where the line has no more.</summary>
    private static string? NextField(string line, ref int position)
    {
        if (position > line.Length) return null;
        if (position < line.Length && line[position] == '"')
        {
            var text = new StringBuilder();
            for (position++; position < line.Length; position++)
            {
                if (line[position] != '"') text.Append(line[position]);
                else if (position + 1 < line.Length && line[position + 1] == '"') text.Append(line[position++]);
                else break;
            }

            position = line.IndexOf(',', Math.Min(position, line.Length)) is var comma and >= 0 ? comma + 1 : line.Length + 1;
            return text.ToString();
        }

        var end = line.IndexOf(',', position) is var next and >= 0 ? next : line.Length;
        var field = line[position..end].Trim();
        position = end + 1;
        return field;
    }
}
