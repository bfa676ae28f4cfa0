using System.Buffers.Binary;
using System.Globalization;

namespace EcgData.Shards;

/// <summary>
/// What a set of rows is, whatever shards they lie in, in whatever order, and whoever wrote them: the sum, modulo 2^256, of the digests of the
/// rows (<see cref="RowDigest"/>). Sums of parts add up to the sum of the whole.
/// </summary>
/// <remarks>
/// The incremental hash AdHash of Bellare and Micciancio, "A new paradigm for collision-free hashing", EUROCRYPT 1997. Unlike exclusive or, a
/// sum tells a row that comes twice from one that is not there. Why it is enough, and for what it is not: README.md.
/// </remarks>
public readonly record struct ContentSignature
{
    private const int Words = 4;

    private readonly ulong _lowest;
    private readonly ulong _low;
    private readonly ulong _high;
    private readonly ulong _highest;

    private ContentSignature(ulong lowest, ulong low, ulong high, ulong highest) =>
        (_lowest, _low, _high, _highest) = (lowest, low, high, highest);

    /// <summary>The signature of no rows.</summary>
    public static ContentSignature None => default;

    /// <param name="digest">byte[32], the digest of a row.</param>
    internal static ContentSignature Of(ReadOnlySpan<byte> digest) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(digest), BinaryPrimitives.ReadUInt64LittleEndian(digest[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(digest[16..]), BinaryPrimitives.ReadUInt64LittleEndian(digest[24..]));

    /// <exception cref="FormatException">Not 64 hexadecimal digits.</exception>
    public static ContentSignature Parse(string text)
    {
        if (text.Length != Words * 16) throw new FormatException($"'{text}' is no signature. Expected {Words * 16} hexadecimal digits.");
        return new(Word(text, 3), Word(text, 2), Word(text, 1), Word(text, 0));

        static ulong Word(string text, int word) =>
            ulong.Parse(text.AsSpan(16 * word, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    public static ContentSignature operator +(ContentSignature a, ContentSignature b) => Add(a, b);

    public static ContentSignature Add(ContentSignature a, ContentSignature b)
    {
        var carry = 0ul;
        return new(Word(a._lowest, b._lowest, ref carry), Word(a._low, b._low, ref carry), Word(a._high, b._high, ref carry), Word(a._highest, b._highest, ref carry));

        static ulong Word(ulong a, ulong b, ref ulong carry)
        {
            var half = unchecked(a + b);
            var sum = unchecked(half + carry);
            carry = half < a || sum < half ? 1ul : 0;
            return sum;
        }
    }

    /// <summary>64 hexadecimal digits, the highest first.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_highest:x16}{_high:x16}{_low:x16}{_lowest:x16}");
}
