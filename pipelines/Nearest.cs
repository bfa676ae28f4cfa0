namespace EcgData.Pipelines;

/// <summary>The word that somebody most likely meant.</summary>
internal static class Nearest
{
    public static string To(string word, IEnumerable<string> candidates) =>
        candidates.OrderBy(candidate => Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant()))
            .ThenBy(candidate => candidate, StringComparer.Ordinal).First();

    /// <summary>Levenshtein's edit distance.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
