namespace EcgData.Sources.Synthesis;

/// <summary>A row of a comma-separated table, quoted where RFC 4180 asks for it and nowhere else.</summary>
internal static class CsvText
{
    public static string Row(params ReadOnlySpan<string> fields)
    {
        var quoted = new string[fields.Length];
        for (var index = 0; index < fields.Length; index++)
            quoted[index] = fields[index].AsSpan().ContainsAny(",\"\r\n") ? $"\"{fields[index].Replace("\"", "\"\"")}\"" : fields[index];
        return string.Join(',', quoted);
    }

    /// <summary>The row without its last two fields.</summary>
    public static string Ragged(string[] fields) => Row(fields.AsSpan(..^2));
}
