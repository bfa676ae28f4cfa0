using System.Text.Json;

namespace EcgData.Ingest;

/// <summary>Names of enumeration values as outputs write them: <c>MissingFile</c> is <c>missing-file</c>.</summary>
public static class KebabCase
{
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
