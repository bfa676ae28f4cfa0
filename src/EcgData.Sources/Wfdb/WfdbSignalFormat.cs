using System.Buffers.Binary;

namespace EcgData.Sources.Wfdb;

/// <summary>How a signal file stores its samples. A further format is a further class in <see cref="All"/>.</summary>
/// <remarks>
/// WFDB signal(5). A file interleaves its signals frame by frame; here it is one stream of samples, whichever signal each belongs to.
/// </remarks>
internal abstract class WfdbSignalFormat(int code, int missingValue)
{
    private static readonly WfdbSignalFormat[] All = [new Format16(), new Format212()];

    /// <summary>The number by which headers name the format.</summary>
    public int Code { get; } = code;

    /// <summary>The stored value that stands for "no sample": the lowest that the format can hold.</summary>
    public int MissingValue { get; } = missingValue;

    /// <summary>The codes that are read, for messages.</summary>
    public static string Readable => string.Join(" and ", All.Select(format => format.Code));

    /// <summary>Null for a format that is not read.</summary>
    public static WfdbSignalFormat? Find(int code)
    {
        foreach (var format in All)
            if (format.Code == code) return format;
        return null;
    }

    /// <summary>Whole samples that fit in so many bytes.</summary>
    public abstract long SamplesIn(long bytes);

    /// <summary>Bytes that so many samples take.</summary>
    public abstract long BytesFor(long samples);

    /// <summary>Reads samples as stored.</summary>
    /// <param name="bytes">The file from its first sample on.</param>
    /// <param name="firstSample">Index in the interleaved stream.</param>
    /// <param name="values">int[count]; gets the samples from <paramref name="firstSample"/> on, which the bytes must hold.</param>
    public abstract void Unpack(ReadOnlySpan<byte> bytes, long firstSample, Span<int> values);

    /// <summary>16-bit two's complement, little-endian.</summary>
    private sealed class Format16() : WfdbSignalFormat(16, short.MinValue)
    {
        public override long SamplesIn(long bytes) => bytes / sizeof(short);

        public override long BytesFor(long samples) => samples * sizeof(short);

        public override void Unpack(ReadOnlySpan<byte> bytes, long firstSample, Span<int> values)
        {
            bytes = bytes.Slice((int)BytesFor(firstSample), (int)BytesFor(values.Length));
            for (var index = 0; index < values.Length; index++)
                values[index] = BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * index)..]);
        }
    }

    /// <summary>12-bit two's complement, two samples in three bytes: the middle byte holds the upper four bits of both.</summary>
    private sealed class Format212() : WfdbSignalFormat(212, -2048)
    {
        public override long SamplesIn(long bytes) => bytes / 3 * 2 + bytes % 3 / 2;

        public override long BytesFor(long samples) => samples / 2 * 3 + samples % 2 * 2;

        public override void Unpack(ReadOnlySpan<byte> bytes, long firstSample, Span<int> values)
        {
            for (var index = 0; index < values.Length; index++)
            {
                var (pair, isSecond) = Math.DivRem(firstSample + index, 2);
                var at = (int)(3 * pair);
                var twelveBits = isSecond == 0
                    ? bytes[at] | (bytes[at + 1] & 0x0F) << 8
                    : bytes[at + 2] | (bytes[at + 1] & 0xF0) << 4;
                values[index] = twelveBits << 20 >> 20;   // the twelfth bit is the sign
            }
        }
    }
}
