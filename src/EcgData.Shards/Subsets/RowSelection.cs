using System.Numerics;

namespace EcgData.Shards.Subsets;

/// <summary>
/// Which rows of a version belong to a subset, by row group in the order of the row-group table. A group whose selected rows are its
/// first ones takes four bytes; any other takes a bit per row more.
/// </summary>
public sealed class RowSelection
{
    private const int Prefix = -1;

    private readonly int[] _counts;
    private readonly int[] _firstWords;
    private readonly ulong[] _words;

    private RowSelection(int[] counts, int[] firstWords, ulong[] words)
    {
        (_counts, _firstWords, _words) = (counts, firstWords, words);
        foreach (var count in counts) Rows += count;
    }

    /// <summary>Row groups of the version.</summary>
    public int Groups => _counts.Length;

    /// <summary>Selected rows of all groups.</summary>
    public long Rows { get; }

    /// <summary>Selected rows of a group.</summary>
    public int CountOf(int group) => _counts[group];

    /// <summary>Whether the selected rows of a group are its first ones.</summary>
    public bool IsPrefix(int group) => _firstWords[group] == Prefix;

    /// <summary>Whether a row of a group is selected.</summary>
    public bool Contains(int group, int row) => IsPrefix(group)
        ? row < _counts[group]
        : (_words[_firstWords[group] + (row >> 6)] >> (row & 63) & 1) != 0;

    /// <summary>The bits of a group that is no prefix, row 0 in the lowest bit of the first word; empty where it is one.</summary>
    public ReadOnlySpan<ulong> BitsOf(int group)
    {
        if (IsPrefix(group)) return [];
        var first = _firstWords[group];
        var next = group + 1;
        while (next < _firstWords.Length && _firstWords[next] == Prefix) next++;
        return _words.AsSpan(first, (next < _firstWords.Length ? _firstWords[next] : _words.Length) - first);
    }

    /// <summary>Collects a selection, group by group in the order of the row-group table.</summary>
    public sealed class Builder
    {
        private readonly List<int> _counts = [];
        private readonly List<int> _firstWords = [];
        private readonly List<ulong> _words = [];

        /// <summary>The next group's first <paramref name="count"/> rows.</summary>
        public void AddPrefix(int count)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count);
            _counts.Add(count);
            _firstWords.Add(Prefix);
        }

        /// <summary>The next group's rows whose bits are set, kept as a prefix where they are one.</summary>
        public void Add(ReadOnlySpan<ulong> bits)
        {
            var count = 0;
            foreach (var word in bits) count += BitOperations.PopCount(word);
            if (FirstClear(bits) == count)
            {
                AddPrefix(count);
                return;
            }

            _counts.Add(count);
            _firstWords.Add(_words.Count);
            _words.AddRange(bits);
        }

        public RowSelection Build() => new([.. _counts], [.. _firstWords], [.. _words]);

        private static int FirstClear(ReadOnlySpan<ulong> bits)
        {
            for (var index = 0; index < bits.Length; index++)
            {
                if (bits[index] != ulong.MaxValue) return index * 64 + BitOperations.TrailingZeroCount(~bits[index]);
            }

            return bits.Length * 64;
        }
    }
}
