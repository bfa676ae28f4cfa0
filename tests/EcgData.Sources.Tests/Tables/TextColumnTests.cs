using System.Text;
using EcgData.Sources.Tables;

namespace EcgData.Sources.Tests.Tables;

public sealed class TextColumnTests
{
    [Fact]
    public void Texts_ShortEmptyAndLongerThanABlock_AreThoseThatWereAdded()
    {
        List<string> texts = [.. Enumerable.Range(0, 60_000).Select(number => $"record {number} \u00e4 {new string('x', number % 40)}"), "", new string('y', 3 << 20), "", "z"];
        var column = new TextColumn();
        foreach (var text in texts) column.Add(text);
        Assert.Equal(texts.Count, column.Count);
        Assert.Equal(texts, Enumerable.Range(0, texts.Count).Select(index => Encoding.UTF8.GetString(column[index])));
    }
}
