using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EcgData.Shards.Parquet;

namespace EcgData.Shards.Reading.Pages;

/// <summary>The column chunk of one that is not a lead: a data page, behind a dictionary where there is one.</summary>
internal ref struct SmallColumn
{
    private readonly string _name;
    private readonly ReadOnlySpan<byte> _dictionary;
    private readonly int _dictionaryValues;
    private readonly PageEncoding _encoding;
    private ReadOnlySpan<byte> _page;
    private readonly int _levels;

    /// <summary>Reads the pages at <paramref name="position"/>, and moves it behind them.</summary>
    /// <exception cref="InvalidDataException">No pages, or not those of our writer.</exception>
    public SmallColumn(ReadOnlySpan<byte> group, ref int position, string name)
    {
        _name = name;
        var frame = PageFrame.Read(group[position..]);
        if (frame.Kind == PageKind.Dictionary)
        {
            _dictionary = group.Slice(position + frame.HeaderBytes, frame.BodyBytes);
            _dictionaryValues = frame.Values;
            position += frame.EndBytes;
            frame = PageFrame.Read(group[position..]);
        }

        if (frame.Kind != PageKind.Data) throw Wrong($"a page of kind {frame.Kind}", "a data page of version 1");
        (_encoding, _levels) = (frame.Encoding, frame.Values);
        _page = group.Slice(position + frame.HeaderBytes, frame.BodyBytes);
        position += frame.EndBytes;
    }

    /// <summary>How many values each row has, from the levels; they are passed over.</summary>
    /// <param name="counts">int[rows].</param>
    /// <returns>Values in all.</returns>
    public int Counts(ShardColumn column, Span<int> counts)
    {
        if (!column.IsList && _levels != counts.Length) throw Wrong($"{_levels} levels", $"{counts.Length} rows");
        if (column.IsList) return ListCounts(counts);
        if (!column.IsNullable)
        {
            counts.Fill(1);
            return counts.Length;
        }

        var (row, values) = (0, 0);
        for (var runs = LevelRuns.Take(ref _page, 1, _levels); runs.Next(out var level, out var length); row += length)
        {
            counts.Slice(row, length).Fill(level);
            values += level * length;
        }

        return values;
    }

    /// <summary>Holds a count against the bytes that are there, before anything is allocated for it.</summary>
    public readonly void CheckRoom<T>(int count)
        where T : unmanaged
    {
        if ((long)count * Unsafe.SizeOf<T>() > _page.Length) throw Wrong($"{_page.Length} bytes", $"{count} values");
    }

    /// <summary>Plain numbers.</summary>
    public readonly void Numbers<T>(Span<T> values)
        where T : unmanaged
    {
        if (_encoding != PageEncoding.Plain) throw Wrong($"encoding {(int)_encoding}", "plain values");
        if (_page.Length != values.Length * Unsafe.SizeOf<T>()) throw Wrong($"{_page.Length} bytes", $"{values.Length} values");
        var bytes = MemoryMarshal.AsBytes(values);
        _page.CopyTo(bytes);
        if (BitConverter.IsLittleEndian) return;
        for (var at = 0; at < bytes.Length; at += Unsafe.SizeOf<T>()) bytes.Slice(at, Unsafe.SizeOf<T>()).Reverse();
    }

    /// <summary>Plain truth values, a bit each.</summary>
    public readonly bool Bit(int index) => index >> 3 < _page.Length
        ? (_page[index >> 3] >> (index & 7) & 1) != 0
        : throw Wrong($"{_page.Length} bytes", $"more than {index} truth values");

    /// <summary>Where plain texts lie: each text's first byte in its page's bytes, and its length.</summary>
    /// <returns>The page's bytes.</returns>
    public readonly ReadOnlySpan<byte> Texts(Span<int> starts, Span<int> lengths)
    {
        if (_encoding != PageEncoding.Plain) throw Wrong($"encoding {(int)_encoding}", "plain values");
        Scan(_page, starts, lengths);
        return _page;
    }

    /// <summary>Texts of a column that has a dictionary, or the few that stand plainly because there is none.</summary>
    public readonly string[] DictionaryTexts(int count)
    {
        var texts = new string[count];   // at most one per row
        if (_encoding != PageEncoding.RleDictionary)
        {
            ReadTexts(_page, texts);
            return texts;
        }

        if (_dictionaryValues > _dictionary.Length / sizeof(int) || _page.IsEmpty || _page[0] > 31)
            throw Wrong($"a dictionary of {_dictionaryValues} texts in {_dictionary.Length} bytes", "a length before each text and indices of up to 31 bits");
        var entries = new string[_dictionaryValues];
        ReadTexts(_dictionary, entries);
        var row = 0;
        for (var runs = new LevelRuns(_page[1..], _page[0], count); runs.Next(out var index, out var length); row += length)
        {
            if ((uint)index >= (uint)entries.Length) throw Wrong($"index {index}", $"a dictionary of {entries.Length} texts");
            texts.AsSpan(row, length).Fill(entries[index]);
        }

        return texts;
    }

    private int ListCounts(Span<int> counts)
    {
        counts.Clear();
        var repetitions = LevelRuns.Take(ref _page, 1, _levels);
        var definitions = LevelRuns.Take(ref _page, 1, _levels);
        var (row, values, definition, defined) = (-1, 0, 0, 0);
        while (repetitions.Next(out var repetition, out var length))
        {
            while (length > 0)
            {
                if (defined == 0 && !definitions.Next(out definition, out defined)) throw Wrong("levels that do not match", "as many of both kinds");
                var stretch = Math.Min(length, defined);
                if (repetition == 0)
                {
                    stretch = 1;
                    if (++row == counts.Length) throw Wrong("lists", $"{counts.Length} rows");
                }

                if (row < 0) throw Wrong("a list that goes on", "one that begins");
                counts[row] += definition * stretch;
                values += definition * stretch;   // no more than there are levels
                length -= stretch;
                defined -= stretch;
            }
        }

        return row + 1 == counts.Length ? values : throw Wrong($"{row + 1} lists", $"{counts.Length} rows");
    }

    private readonly void ReadTexts(ReadOnlySpan<byte> bytes, Span<string> texts)
    {
        foreach (ref var text in texts)
        {
            var length = Length(bytes, 0);
            text = System.Text.Encoding.UTF8.GetString(bytes.Slice(sizeof(int), length));
            bytes = bytes[(sizeof(int) + length)..];
        }
    }

    private readonly void Scan(ReadOnlySpan<byte> bytes, Span<int> starts, Span<int> lengths)
    {
        var position = 0;
        for (var index = 0; index < starts.Length; index++)
        {
            lengths[index] = Length(bytes, position);
            starts[index] = position + sizeof(int);
            position = starts[index] + lengths[index];
        }
    }

    private readonly int Length(ReadOnlySpan<byte> bytes, int position)
    {
        if (bytes.Length - position < sizeof(int)) throw Wrong("the end of the page", "a text");
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[position..]);
        return (uint)length <= (uint)(bytes.Length - position - sizeof(int)) ? length : throw Wrong($"a text of {length} bytes", "one that its page holds");
    }

    private readonly InvalidDataException Wrong(string found, string expected) =>
        new($"Column '{_name}': {found}; expected {expected}. {ByteCursor.Advice}");
}
