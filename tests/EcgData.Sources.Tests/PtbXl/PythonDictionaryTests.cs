using EcgData.Sources.PtbXl;

namespace EcgData.Sources.Tests.PtbXl;

public sealed class PythonDictionaryTests
{
    [Theory]
    [InlineData("{'NORM': 100.0, 'LVOLT': 0.0, 'SR': 0.0}", "NORM=100 LVOLT=0 SR=0")]
    [InlineData("{\"LAO/LAE\":50,'PRC(S)' :1e1 , }", "LAO/LAE=50 PRC(S)=10")]
    [InlineData("  { }\n", "")]
    [InlineData("{'it\\'s': 1, 'a\\\\b': 2, '\\x41\\u0042': 3, \"'\": -4.5}", "it's=1 a\\b=2 AB=3 '=-4.5")]
    [InlineData("{'a, b: {c}': 5}", "a, b: {c}=5")]
    public void TryParse_Literal_GivesThePairsInOrder(string text, string expected)
    {
        Assert.True(PythonDictionary.TryParse(text, out var pairs));
        Assert.Equal(expected, string.Join(' ', pairs.Select(p => FormattableString.Invariant($"{p.Key}={p.Value}"))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nan")]
    [InlineData("{")]
    [InlineData("{'A': 1")]
    [InlineData("{'A': 1,")]
    [InlineData("{,}")]
    [InlineData("{'A': 1,, 'B': 2}")]
    [InlineData("{'A': 1 'B': 2}")]
    [InlineData("{'A' 1}")]
    [InlineData("{'A'}")]
    [InlineData("{'A': }")]
    [InlineData("{'A': one}")]
    [InlineData("{'A': 1.0.0}")]
    [InlineData("{'A': 1e999}")]
    [InlineData("{'A': nan}")]
    [InlineData("{'A: 1}")]
    [InlineData("{'A\": 1}")]
    [InlineData("{'A\\': 1}")]
    [InlineData("{'\\q': 1}")]
    [InlineData("{'\\x4': 1}")]
    [InlineData("{A: 1}")]
    [InlineData("{'A': 1} x")]
    [InlineData("{'A': 1, 'A': 2}")]
    [InlineData("['A']")]
    public void TryParse_AnythingElse_IsTurnedAway(string text) => Assert.False(PythonDictionary.TryParse(text, out _));

    [Fact]
    public void TryParse_EveryPrefixOfALiteral_EndsAndIsTurnedAway()
    {
        const string text = "{'NO\\'RM': 100.0, \"LVO\\u0041LT\": 0.0}";
        for (var length = 0; length < text.Length; length++) Assert.False(PythonDictionary.TryParse(text.AsSpan(0, length), out _));
    }
}
