using System.Collections;
using System.Text;
using EcgData.Sources.Tables;

namespace EcgData.Sources.PtbXl;

/// <summary>The paths in <c>RECORDS</c>, and which of them a row of the table has told of.</summary>
/// <remarks>Table and list are published in one order, so the path behind the one found last is looked at before any is searched for.</remarks>
internal sealed class ListedRecords
{
    private readonly List<string> _paths = [];
    private readonly BitArray _taken;
    private Dictionary<string, int>? _places;   // only where the order did not tell
    private int _next;

    private ListedRecords(IEnumerable<string> paths)
    {
        var rising = true;
        foreach (var path in paths)
        {
            rising = rising && (_paths.Count == 0 || string.CompareOrdinal(_paths[^1], path) < 0);
            _paths.Add(path);
        }

        if (!rising) _paths = [.. _paths.Distinct(StringComparer.Ordinal)];
        _taken = new BitArray(_paths.Count);
    }

    /// <summary>Whether there is no such list, or none of this sampling frequency.</summary>
    public bool AreNone => _paths.Count == 0;

    /// <summary>The paths that no row has told of, in ordinal order.</summary>
    public IEnumerable<string> NotTaken => _paths.Where((_, place) => !_taken[place]).Order(StringComparer.Ordinal);

    private Dictionary<string, int> Places
    {
        get
        {
            if (_places is not null) return _places;
            _places = new Dictionary<string, int>(_paths.Count, StringComparer.Ordinal);
            for (var place = 0; place < _paths.Count; place++) _places.Add(_paths[place], place);
            return _places;
        }
    }

    /// <param name="under">Only paths that start with it are kept: <c>records500/</c>.</param>
    /// <exception cref="SourceException">The list cannot be read.</exception>
    public static ListedRecords Read(SourceFolder folder, string under) => new(Paths(folder, under));

    /// <summary>A row tells of a path.</summary>
    /// <returns>Whether the path is listed.</returns>
    public bool Take(string path)
    {
        if (_next < _paths.Count && _paths[_next] == path)
        {
            _taken[_next++] = true;
            return true;
        }

        if (AreNone || !Places.TryGetValue(path, out var place)) return false;
        _taken[place] = true;
        _next = place + 1;
        return true;
    }

    /// <summary>Whether a path is listed, and no row has told of it so far.</summary>
    public bool IsNotTaken(string path) => !AreNone && Places.TryGetValue(path, out var place) && !_taken[place];

    private static IEnumerable<string> Paths(SourceFolder folder, string under)
    {
        using var lines = SourceLines.TryOpen(folder, "RECORDS");
        while (lines?.Read() == true)
        {
            var path = Encoding.UTF8.GetString(lines.Utf8).Trim();
            if (path.StartsWith(under, StringComparison.Ordinal)) yield return path;
        }
    }
}
