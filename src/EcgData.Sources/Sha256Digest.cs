using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace EcgData.Sources;

/// <summary>A SHA-256 as its 32 bytes: a text of it, five times as long, is made where somebody asks for one.</summary>
[InlineArray(SHA256.HashSizeInBytes)]
public struct Sha256Digest
{
    /// <summary>Hex digits of a digest.</summary>
    public const int Digits = 2 * SHA256.HashSizeInBytes;

    private byte _first;

    /// <param name="hex">64 hex digits, upper or lower case.</param>
    /// <returns>False where it is anything else.</returns>
    public static bool TryParse(ReadOnlySpan<byte> hex, out Sha256Digest digest)
    {
        Unsafe.SkipInit(out digest);
        return hex.Length == Digits && Convert.FromHexString(hex, digest, out _, out _) == OperationStatus.Done;
    }

    /// <summary>Writes the digest as 64 lower-case hex digits.</summary>
    public readonly void Write(Span<byte> utf8) => Convert.TryToHexStringLower(this, utf8, out _);

    /// <summary>64 lower-case hex digits.</summary>
    public override readonly string ToString() => Convert.ToHexStringLower(this);
}
