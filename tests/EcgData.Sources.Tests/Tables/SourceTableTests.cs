using System.Text;
using EcgData.Signals;
using EcgData.Sources.Tables;
using EcgData.Tests;

namespace EcgData.Sources.Tests.Tables;

public sealed class SourceTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Read_QuotesCommasLineBreaks_GivesTheFields()
    {
        using var table = Open("id,note\n1,\"a, \"\"b\"\"\nsecond line\"\n2,  plain  \n", "id", "note");
        var (id, note) = (table.Column("id"), table.Column("note"));
        Assert.True(table.Read());
        Assert.Equal(("1", "a, \"b\"\nsecond line", 2L), (table.Text(id), table.Text(note), table.LineNumber));
        Assert.True(table.Read());
        Assert.Equal(("2", "plain", 4L), (table.Text(id), table.Text(note), table.LineNumber));
        Assert.False(table.Read());
    }

    [Theory]
    [InlineData("\uFEFFid,note\r\n1,x\r\n\r\n2,y\r\n")]
    [InlineData("id,note\n1,x\n2,y")]
    [InlineData("note,extra,id\nx,\"1,2\",1\ny,,2\n")]
    public void Read_MarkLineEndsAndColumnOrder_MakeNoDifference(string text)
    {
        using var table = Open(text, "id", "note");
        List<string?> seen = [];
        while (table.Read()) seen.AddRange(table.Text(table.Column("id")), table.Text(table.Column("note")));
        Assert.Equal(["1", "x", "2", "y"], seen);
    }

    [Fact]
    public void Read_RunsOfBlanksAndOtherLetters_AreKeptInside()
    {
        using var table = Open("id,device\n1,CS-12   E\n2,\"Gerät, \"\n", "id", "device");
        Assert.True(table.Read());
        Assert.Equal("CS-12   E", table.Text(table.Column("device")));
        Assert.True(table.Read());
        Assert.Equal("Gerät,", table.Text(table.Column("device")));
    }

    [Fact]
    public void Text_BlankFieldOrAbsentColumn_IsNull()
    {
        using var table = Open("id,note\n1,   \n", "id");
        Assert.True(table.Read());
        Assert.Null(table.Text(table.Column("note")));
        Assert.Null(table.Text(table.ColumnOrNone("weight")));
        Assert.Contains("blank", Rejected(() => table.RequiredText(table.Column("note"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "1 fields")]
    [InlineData("1,x,y", "3 fields")]
    [InlineData("1,\"x\"y", "closing quote")]
    public void Read_RaggedRow_IsAProblemOfThatRowAlone(string row, string found)
    {
        using var table = Open($"id,note\n0,first\n{row}\n2,last\n", "id", "note");
        var id = table.Column("id");
        Assert.True(table.Read());
        Assert.Null(table.Problem);
        Assert.True(table.Read());
        Assert.NotNull(table.Problem);
        var error = Rejected(() => table.Text(id));
        Assert.Contains("t.csv, line 3: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
        Assert.Equal("line 3", table.RowName);
        Assert.True(table.Read());
        Assert.Null(table.Problem);
        Assert.Equal("2", table.Text(id));
    }

    [Fact]
    public void Read_StrayQuoteInsideAField_IsText()
    {
        using var table = Open("id,note\n1,lead 5\" wide\n2,y\n", "id", "note");
        Assert.True(table.Read());
        Assert.Equal("lead 5\" wide", table.Text(table.Column("note")));
        Assert.True(table.Read());
        Assert.Equal("y", table.Text(table.Column("note")));
    }

    [Fact]
    public void Read_QuoteNeverClosed_StopsTheSource()
    {
        using var table = Open("id,note\n1,x\n2,\"y\n3,z\n", "id", "note");
        Assert.True(table.Read());
        Assert.Contains("t.csv, line 3", Assert.Throws<SourceException>(() => table.Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_QuoteNeverClosedInABigFile_StopsTheSourceEarly()
    {
        var text = new StringBuilder("id,note\n1,\"");
        while (text.Length < 6 << 20) text.Append("2,abcdefghijklmnopqrstuvwxyz\n");
        using var table = Open(text.ToString(), "id", "note");
        Assert.Contains("not closed", Assert.Throws<SourceException>(() => table.Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MissingColumns_NamesThemAndTheOnesFound()
    {
        var error = Assert.Throws<SourceException>(() => Open("id,Age\n", "id", "age", "sex"));
        Assert.StartsWith("t.csv: no column 'age', 'sex'; found are 'id', 'Age'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_RequiredColumnTwice_StopsTheSource() =>
        Assert.Contains("'id' is there twice", Assert.Throws<SourceException>(() => Open("id,id\n", "id")).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_NoBytes_StopsTheSource() =>
        Assert.Contains("no header line", Assert.Throws<SourceException>(() => Open("", "id")).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_HeaderAlone_HasNoRows()
    {
        using var table = Open("id,note\n", "id");
        Assert.False(table.Read());
    }

    [Fact]
    public void Open_NoSuchFile_StopsTheSource() =>
        Assert.StartsWith("none.csv: not in ", Assert.Throws<SourceException>(
            () => SourceTable.Open(new SourceFolder(_folder.Path), "none.csv", "id")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("../t.csv")]
    [InlineData("/etc/passwd")]
    public void Open_OutsideTheFolder_StopsTheSource(string path) =>
        Assert.Contains("outside", Assert.Throws<SourceException>(
            () => SourceTable.Open(new SourceFolder(_folder.Path), path, "id")).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_AFolderInItsPlace_StopsTheSource()
    {
        Directory.CreateDirectory(_folder["t.csv"]);
        Assert.StartsWith("t.csv: ", Assert.Throws<SourceException>(
            () => SourceTable.Open(new SourceFolder(_folder.Path), "t.csv", "id")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("15709.0", 15709L)]
    [InlineData("15709", 15709L)]
    [InlineData(" 7.000 ", 7L)]
    [InlineData("-1", -1L)]
    [InlineData("9007199254740993.0", 9007199254740993L)]
    [InlineData("", null)]
    public void IntegerOrNull_IntegersAlsoAsFloats_AreRead(string field, long? expected)
    {
        using var table = OneField(field);
        Assert.Equal(expected, table.IntegerOrNull(table.Column("x")));
    }

    [Theory]
    [InlineData("15709.5")]
    [InlineData("1e5")]
    [InlineData("12a")]
    [InlineData(".0")]
    [InlineData("NaN")]
    [InlineData("1,5")]
    [InlineData("99999999999999999999")]
    public void IntegerOrNull_AnythingElse_NamesFileLineColumnAndValue(string field)
    {
        using var table = OneField(field);
        Assert.StartsWith(
            $"t.csv, line 2, column 'x': '{field}', but an integer was expected.",
            Rejected(() => table.IntegerOrNull(table.Column("x"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Integer_OutsideItsBounds_NamesThem()
    {
        using var table = OneField("11");
        Assert.Contains("from 1 to 10", Rejected(() => table.Integer(table.Column("x"), 1, 10)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("56.0", 56.0)]
    [InlineData("1.5e1", 15.0)]
    [InlineData(" ", null)]
    public void NumberOrNull_Numbers_AreRead(string field, double? expected)
    {
        using var table = OneField(field);
        Assert.Equal(expected, table.NumberOrNull(table.Column("x")));
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("1e999")]
    [InlineData("56 years")]
    public void NumberOrNull_NoFiniteNumber_IsTurnedAway(string field)
    {
        using var table = OneField(field);
        Assert.Contains($"'{field}'", Rejected(() => table.NumberOrNull(table.Column("x"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("True", true)]
    [InlineData("FALSE", false)]
    [InlineData("1", true)]
    [InlineData("0", false)]
    [InlineData("", null)]
    public void FlagOrNull_TruthValues_AreRead(string field, bool? expected)
    {
        using var table = OneField(field);
        Assert.Equal(expected, table.FlagOrNull(table.Column("x")));
    }

    [Fact]
    public void FlagOrNull_AnythingElse_IsTurnedAway()
    {
        using var table = OneField("yes");
        Assert.Contains("True or False", Rejected(() => table.FlagOrNull(table.Column("x"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_LongValueWithControlCharacters_IsShownShort()
    {
        using var table = OneField("a\u0007" + new string('b', 100_000));
        var message = table.Bad(table.Column("x"), "less").Message;
        Assert.True(message.Length < 300, message);
        Assert.DoesNotContain('\u0007', message);
    }

    public void Dispose() => _folder.Dispose();

    private static RecordException Rejected(Func<object?> read)
    {
        var error = Assert.Throws<RecordException>(read);
        Assert.Equal(RejectionReason.CatalogueRow, error.Reason);
        return error;
    }

    private SourceTable OneField(string field)
    {
        var table = Open($"id,x\n1,\"{field}\"\n", "x");
        Assert.True(table.Read());
        return table;
    }

    private SourceTable Open(string text, params string[] required)
    {
        File.WriteAllText(_folder["t.csv"], text, new UTF8Encoding(false));
        return SourceTable.Open(new SourceFolder(_folder.Path), "t.csv", required);
    }
}
