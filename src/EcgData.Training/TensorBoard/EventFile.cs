using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace EcgData.Training.TensorBoard;

/// <summary>
/// Scalars for TensorBoard: a file of records, each framed by its length and checksums, each an Event message. Written by hand: four
/// messages and five fields do not need a compiler of protocol buffers.
/// </summary>
/// <remarks>TensorFlow: core/lib/io/record_writer (framing), core/util/event.proto, core/framework/summary.proto (fields).</remarks>
public sealed class EventFile : IDisposable
{
    private const string Version = "brain.Event:2";
    private const ulong SessionStart = 1;   // SessionLog.START: what was written of later steps is void

    // Of event.proto and summary.proto: number << 3 | wire type (0 varint, 1 double, 2 bytes, 5 float).
    private const byte WallTimeField = 1 << 3 | 1, StepField = 2 << 3 | 0, VersionField = 3 << 3 | 2, SummaryField = 5 << 3 | 2, SessionField = 7 << 3 | 2;
    private const byte ValueField = 1 << 3 | 2, TagField = 1 << 3 | 2, NumberField = 2 << 3 | 5, StatusField = 1 << 3 | 0;

    private readonly TimeProvider _clock;
    private readonly FileStream _file;
    private readonly MemoryStream _message = new();

    /// <param name="folder">TensorBoard reads all event files of a folder as one run.</param>
    /// <param name="number">Of this start of the run: every start has a file of its own.</param>
    /// <param name="step">That it starts from.</param>
    public EventFile(string folder, int number, long step, TimeProvider clock)
    {
        _clock = clock;
        Directory.CreateDirectory(folder);
        _file = new FileStream(Path.Join(folder, $"events.out.tfevents.{number:D10}.ecgdata"), FileMode.Create, FileAccess.Write, FileShare.Read);
        WriteEvent(step: 0, VersionField, Encoding.UTF8.GetBytes(Version));
        WriteEvent(step, SessionField, [StatusField, (byte)SessionStart]);
    }

    public void Write(long step, IEnumerable<KeyValuePair<string, double>> scalars)
    {
        using var summary = new MemoryStream();
        Span<byte> number = stackalloc byte[5];
        number[0] = NumberField;
        foreach (var (tag, value) in scalars)
        {
            using var entry = new MemoryStream();
            WriteBytes(entry, TagField, Encoding.UTF8.GetBytes(tag));
            BinaryPrimitives.WriteSingleLittleEndian(number[1..], (float)value);
            entry.Write(number);
            WriteBytes(summary, ValueField, entry.ToArray());
        }

        WriteEvent(step, SummaryField, summary.ToArray());
        _file.Flush();
    }

    public void Dispose()
    {
        _file.Dispose();
        _message.Dispose();
    }

    /// <summary>CRC-32C, turned and moved so that a checksum of data that holds checksums is as good as any.</summary>
    internal static uint MaskedChecksum(ReadOnlySpan<byte> bytes)
    {
        var checksum = uint.MaxValue;
        foreach (var one in bytes) checksum = BitOperations.Crc32C(checksum, one);
        return BitOperations.RotateRight(~checksum, 15) + 0xa282ead8;
    }

    private void WriteEvent(long step, byte field, byte[] content)
    {
        _message.SetLength(0);
        Span<byte> time = stackalloc byte[9];
        time[0] = WallTimeField;
        BinaryPrimitives.WriteDoubleLittleEndian(time[1..], _clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        _message.Write(time);
        _message.WriteByte(StepField);
        WriteVarint(_message, (ulong)step);
        WriteBytes(_message, field, content);
        WriteRecord(_message.GetBuffer().AsSpan(0, (int)_message.Length));
    }

    private void WriteRecord(ReadOnlySpan<byte> data)
    {
        Span<byte> frame = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], MaskedChecksum(frame[..8]));
        _file.Write(frame);
        _file.Write(data);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, MaskedChecksum(data));
        _file.Write(frame[..4]);
    }

    private static void WriteBytes(Stream output, byte field, byte[] bytes)
    {
        output.WriteByte(field);
        WriteVarint(output, (ulong)bytes.Length);
        output.Write(bytes);
    }

    private static void WriteVarint(Stream output, ulong value)
    {
        for (; value >= 0x80; value >>= 7) output.WriteByte((byte)(value | 0x80));
        output.WriteByte((byte)value);
    }
}
