using System.Buffers.Binary;
using System.Text;

namespace EcgData.Pipelines.Tests.Operations;

/// <summary>A message as its fields: enough of protobuf's wire format to read what a collector gets.</summary>
internal sealed class ProtocolBuffer
{
    private readonly List<(int Number, ulong Value, byte[]? Bytes)> _fields = [];

    public ProtocolBuffer(ReadOnlySpan<byte> message)
    {
        while (!message.IsEmpty)
        {
            var key = Varint(ref message);
            var number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    _fields.Add((number, Varint(ref message), null));
                    break;
                case 1:
                    _fields.Add((number, BinaryPrimitives.ReadUInt64LittleEndian(message), null));
                    message = message[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref message);
                    _fields.Add((number, 0, message[..length].ToArray()));
                    message = message[length..];
                    break;
                case 5:
                    _fields.Add((number, BinaryPrimitives.ReadUInt32LittleEndian(message), null));
                    message = message[4..];
                    break;
                default:
                    throw new InvalidDataException($"wire type {key & 7}");
            }
        }
    }

    public IEnumerable<ProtocolBuffer> Messages(params ReadOnlySpan<int> path)
    {
        IEnumerable<ProtocolBuffer> level = [this];
        foreach (var number in path)
        {
            var wanted = number;
            level = level.SelectMany(message => message._fields.Where(field => field.Number == wanted).Select(field => new ProtocolBuffer(field.Bytes)));
        }

        return level;
    }

    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number));

    public byte[] Bytes(int number) => _fields.LastOrDefault(field => field.Number == number).Bytes ?? [];

    public long Number(int number) => (long)_fields.LastOrDefault(field => field.Number == number).Value;

    /// <summary>KeyValue of OpenTelemetry, of text, bool or whole number.</summary>
    public Dictionary<string, string> Attributes(int number) => Messages(number).ToDictionary(
        pair => pair.Text(1),
        pair => pair.Messages(2).Select(value => value._fields is [{ Bytes: { } text }] ? Encoding.UTF8.GetString(text) : $"{value._fields[0].Value}").First());

    private static ulong Varint(ref ReadOnlySpan<byte> message)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[0];
            message = message[1..];
            value |= (ulong)(next & 127) << shift;
            if (next < 128) return value;
        }
    }
}
