namespace EcgData.Sources;

/// <summary>What somebody most likely meant who wrote a word that is not known.</summary>
public static class Spelling
{
    /// <summary>The candidate with the fewest letters to change, whatever the case; of several the first in ordinal order.</summary>
    public static string Nearest(string word, IEnumerable<string> candidates) => candidates
        .OrderBy(candidate => Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant()))
        .ThenBy(candidate => candidate, StringComparer.Ordinal).First();

    /// <summary>Levenshtein's distance: how many letters must be put in, taken out or exchanged.</summary>
    public static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var exchanged = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(exchanged, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
