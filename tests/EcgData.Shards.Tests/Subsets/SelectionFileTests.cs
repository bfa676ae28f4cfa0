using CsCheck;
using EcgData.Shards.Subsets;

namespace EcgData.Shards.Tests.Subsets;

public sealed class SelectionFileTests
{
    /// <summary>Row groups as shards have them, and for each row whether it is selected; whole, empty, prefix and scattered groups all occur.</summary>
    private static readonly Gen<(int[] Rows, bool[][] Selected)> Tables =
        Gen.Select(Gen.OneOf(1, 7, 8, 16, 32, 63, 64, 65, 200), Gen.Int[0, 4], Gen.Int[0, 1 << 30]).Array[0, 40]
            .Select(groups => (groups.Select(one => one.Item1).ToArray(), groups.Select(one => Selected(one.Item1, one.Item2, one.Item3)).ToArray()));

    [Fact]
    public void Decode_WhatWasEncoded_IsTheSameSelection() => Tables.Sample(table =>
    {
        var decoded = SelectionFile.Decode(SelectionFile.Encode(Build(table.Selected), table.Rows), table.Rows);

        Assert.Equal(table.Selected.Sum(group => group.Count(selected => selected)), decoded.Rows);
        for (var group = 0; group < table.Rows.Length; group++)
        {
            Assert.Equal(table.Selected[group].Count(selected => selected), decoded.CountOf(group));
            for (var row = 0; row < table.Rows[group]; row++) Assert.Equal(table.Selected[group][row], decoded.Contains(group, row));
        }
    });

    [Fact]
    public void Decode_ChangedOrCut_IsRefusedOrStaysInsideTheTable() => Gen.Select(Tables, Gen.Int[0, 1 << 20], Gen.Byte).Sample((table, at, value) =>
    {
        var file = SelectionFile.Encode(Build(table.Selected), table.Rows);
        file[at % file.Length] = value;
        byte[][] damaged = [file, file[..(at % file.Length)], [.. file, value]];
        foreach (var one in damaged)
        {
            try
            {
                var decoded = SelectionFile.Decode(one, table.Rows);
                for (var group = 0; group < table.Rows.Length; group++) Assert.InRange(decoded.CountOf(group), 0, table.Rows[group]);
            }
            catch (InvalidDataException e)
            {
                Assert.Contains("make the subset again", e.Message, StringComparison.Ordinal);
            }
        }
    });

    [Theory]
    [InlineData("nothing", 0)]
    [InlineData("one row in a thousand", 1000)]
    [InlineData("every second row", 2)]
    [InlineData("all", 1)]
    public void Encode_AMillionRows_TakesLessThanABytePerFiveRows(string what, int every)
    {
        var rows = Enumerable.Repeat(64, 15_625).ToArray();
        var number = 0;
        var selected = rows.Select(count => Enumerable.Range(0, count).Select(_ => every > 0 && number++ % every == 0).ToArray()).ToArray();

        var bytes = SelectionFile.Encode(Build(selected), rows).Length;

        Assert.True(bytes < 200_000, $"{what}: {bytes} bytes");
        if (every != 2) Assert.True(bytes < 5_000, $"{what}: {bytes} bytes");
    }

    [Theory]
    [InlineData("65636772 6f777331 00 03", "a run of 3 groups")]      // two groups there are
    [InlineData("65636772 6f777331 13 00 01", "9 rows of group 0")]
    [InlineData("65636772 6f777331 02 FF 02 FF 00", "bytes behind the last group")]
    [InlineData("65636772 6f777331 04 08 00 01", "row 8 of group 0")]
    [InlineData("65636772 6f777331 FF FF FF FF FF 01", "more than five bytes")]
    [InlineData("65636772 6f777331 01", "ends early")]
    [InlineData("65636772 6f777332 01 02", "ecgrows1")]
    public void Decode_Wrong_SaysWhatWasFound(string hex, string found)
    {
        var refusal = Assert.Throws<InvalidDataException>(() => SelectionFile.Decode(Convert.FromHexString(hex.Replace(" ", "")), [8, 8]));

        Assert.Contains(found, refusal.Message, StringComparison.Ordinal);
    }

    private static bool[] Selected(int rows, int kind, int seed) => [.. Enumerable.Range(0, rows).Select(row => kind switch
    {
        0 => false,
        1 => true,
        2 => row < seed % (rows + 1),
        3 => row % 13 == seed % 13,
        _ => (seed * (row + 1L) * 2654435761 >> 16 & 1) != 0,
    })];

    private static RowSelection Build(bool[][] groups)
    {
        var builder = new RowSelection.Builder();
        foreach (var group in groups)
        {
            var words = new ulong[(group.Length + 63) / 64];
            for (var row = 0; row < group.Length; row++)
            {
                if (group[row]) words[row / 64] |= 1ul << row % 64;
            }

            builder.Add(words);
        }

        return builder.Build();
    }
}
