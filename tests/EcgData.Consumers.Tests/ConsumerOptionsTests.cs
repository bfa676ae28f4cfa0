namespace EcgData.Consumers.Tests;

public sealed class ConsumerOptionsTests
{
    [Fact]
    public void Values_OfEveryKind_AreRead()
    {
        var options = Of(("out", "x.json"), ("steps", "12"), ("decay", "0.5"), ("quiet", "true"));
        Assert.Equal("x.json", options.Text("out"));
        Assert.Equal(12, options.Integer("steps", 1));
        Assert.Equal(0.5, options.Number("decay", 0.9, 0, 1));
        Assert.True(options.Switch("quiet", false));
        Assert.Equal(7, options.Integer("absent", 7));
        Assert.Null(options.Text("gone"));
        options.RefuseOthers();
    }

    [Theory]
    [InlineData("-1", "Option 'steps' is '-1'; expected a whole number from 0 to 10. Give --option steps=VALUE with such a value.")]
    [InlineData("ten", "Option 'steps' is 'ten'; expected a whole number from 0 to 10. Give --option steps=VALUE with such a value.")]
    public void Integer_OfAnotherKind_IsRefusedWithItsName(string text, string message) =>
        Assert.Equal(message, Assert.Throws<ConsumerException>(() => Of(("steps", text)).Integer("steps", 1, 0, 10)).Message);

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1,5")]
    public void Number_ThatIsNone_IsRefused(string text) => Assert.Throws<ConsumerException>(() => Of(("decay", text)).Number("decay", 1));

    [Fact]
    public void RefuseOthers_MisspeltName_TellsTheKnownOnes()
    {
        var options = Of(("dacay", "1"));
        options.Number("decay", 0.9);
        options.Text("out");
        Assert.Equal(
            "Option 'dacay' is not known here; expected one of decay, out. Correct its name or leave it out.",
            Assert.Throws<ConsumerException>(options.RefuseOthers).Message);
    }

    private static ConsumerOptions Of(params (string Name, string Value)[] values) =>
        new(values.Select(pair => KeyValuePair.Create(pair.Name, pair.Value)));
}
