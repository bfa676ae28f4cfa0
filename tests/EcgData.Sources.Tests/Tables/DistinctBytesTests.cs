using System.Text;
using EcgData.Sources.Tables;

namespace EcgData.Sources.Tests.Tables;

public sealed class DistinctBytesTests
{
    [Fact]
    public void NumberOf_RepeatedBytes_IsThatOfTheFirstTime()
    {
        const int count = 5000;   // several times as many as there is room for at first
        var distinct = new DistinctBytes();
        for (var index = 0; index < count; index++)
        {
            Assert.Equal(-1, distinct.Find(Text(index)));
            Assert.Equal(index, distinct.NumberOf(Text(index)));
            Assert.Equal(index / 2, distinct.NumberOf(Text(index / 2)));
        }

        Assert.Equal(count, distinct.Count);
        Assert.All(Enumerable.Range(0, count), index => Assert.Equal(index, distinct.Find(Text(index))));
        Assert.All(Enumerable.Range(0, count), index => Assert.Equal(Text(index), distinct[index].ToArray()));
    }

    private static byte[] Text(int index) => index == 3 ? [] : Encoding.UTF8.GetBytes($"{new string('x', index % 20)} {index}");
}
