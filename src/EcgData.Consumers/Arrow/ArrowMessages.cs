using System.Globalization;

namespace EcgData.Consumers.Arrow;

/// <summary>The metadata of Arrow IPC messages, as FlatBuffers.</summary>
/// <remarks>Apache Arrow, format/Message.fbs and format/Schema.fbs: the numbers below are the fields' places in those tables.</remarks>
internal sealed class ArrowMessages
{
    private const short MetadataVersion5 = 4;
    private const byte SchemaHeader = 1;
    private const byte RecordBatchHeader = 3;
    private const short SinglePrecision = 1;

    private readonly FlatBuffer _buffer = new();

    public ReadOnlySpan<byte> Schema(IReadOnlyList<ArrowColumn> columns, StreamDescription stream)
    {
        _buffer.Clear();
        int[] fields = [.. columns.Select(Field)];
        var fieldVector = _buffer.Vector(fields);
        var metadata = KeyValues(
            ("ecgdata.contract", Text(ConsumerContract.Version)),
            ("ecgdata.version", stream.Version),
            ("ecgdata.subset", stream.Subset ?? ""),
            ("ecgdata.leads", string.Join(' ', stream.Leads)),
            ("ecgdata.crop_samples", Text(stream.CropSamples)),
            ("ecgdata.sampling_frequency_hz", stream.SamplingFrequencyHz.ToString("R", CultureInfo.InvariantCulture)),
            ("ecgdata.unit", "mV"),
            ("ecgdata.item", stream.Unit),
            ("ecgdata.items", Text(stream.Items)),
            ("ecgdata.order", stream.Shuffled ? "shuffled" : "stored"),
            ("ecgdata.seed", stream.Seed.ToString(CultureInfo.InvariantCulture)),
            ("ecgdata.epoch", Text(stream.Epoch)),
            ("ecgdata.batch", Text(stream.Batch)),
            ("ecgdata.rank", Text(stream.Rank)),
            ("ecgdata.world", Text(stream.World)));
        _buffer.BeginTable();
        _buffer.Int16(0, 0);   // little-endian
        _buffer.Reference(1, fieldVector);
        _buffer.Reference(2, metadata);
        return Message(SchemaHeader, _buffer.EndTable(), bodyLength: 0, metadata: 0);
    }

    /// <summary>
    /// <paramref name="nodes"/>: length and null count of every array, children after their parents; <paramref name="buffers"/>: offset
    /// in the body and length of every buffer.
    /// </summary>
    public ReadOnlySpan<byte> RecordBatch(
        int rows, ReadOnlySpan<(long Length, long NullCount)> nodes, ReadOnlySpan<(long Offset, long Length)> buffers, long bodyLength,
        StreamDescription stream, EcgBatch batch)
    {
        _buffer.Clear();
        var nodeVector = _buffer.Vector(nodes);
        var bufferVector = _buffer.Vector(buffers);
        var metadata = KeyValues(
            ("ecgdata.position", Text(batch.Positions.IsEmpty ? batch.NextPosition : batch.Positions.Span[0])),
            ("ecgdata.next_position", Text(batch.NextPosition)),
            ("ecgdata.items", Text(stream.Items)),
            ("ecgdata.epoch", Text(stream.Epoch)),
            ("ecgdata.rank", Text(stream.Rank)),
            ("ecgdata.world", Text(stream.World)),
            ("ecgdata.state", batch.State));
        _buffer.BeginTable();
        _buffer.Int64(0, rows);
        _buffer.Reference(1, nodeVector);
        _buffer.Reference(2, bufferVector);
        return Message(RecordBatchHeader, _buffer.EndTable(), bodyLength, metadata);
    }

    private ReadOnlySpan<byte> Message(byte headerType, int header, long bodyLength, int metadata)
    {
        _buffer.BeginTable();
        _buffer.Int64(3, bodyLength);
        _buffer.Reference(2, header);
        if (metadata != 0) _buffer.Reference(4, metadata);
        _buffer.Int16(0, MetadataVersion5);
        _buffer.Byte(1, headerType);
        return _buffer.Finish(_buffer.EndTable());
    }

    private int Field(ArrowColumn column)
    {
        var name = _buffer.String(column.Name);
        var type = Type(column);
        var children = _buffer.Vector(column.Element is { } element ? [Field(element)] : []);
        var metadata = column.Metadata.Length == 0 ? 0 : KeyValues(column.Metadata);
        _buffer.BeginTable();
        _buffer.Reference(0, name);
        _buffer.Reference(3, type);
        _buffer.Reference(5, children);
        if (metadata != 0) _buffer.Reference(6, metadata);
        _buffer.Byte(1, column.IsNullable ? (byte)1 : (byte)0);
        _buffer.Byte(2, (byte)column.Type);
        return _buffer.EndTable();
    }

    private int Type(ArrowColumn column)
    {
        _buffer.BeginTable();
        switch (column.Type)
        {
            case ArrowType.Int:
                _buffer.Int32(0, column.Size);
                _buffer.Byte(1, 1);   // signed
                break;
            case ArrowType.FloatingPoint:
                _buffer.Int16(0, SinglePrecision);
                break;
            case ArrowType.FixedSizeList:
                _buffer.Int32(0, column.Size);
                break;
        }

        return _buffer.EndTable();
    }

    private int KeyValues(params ReadOnlySpan<(string Key, string Value)> pairs)
    {
        Span<int> places = stackalloc int[pairs.Length];
        for (var index = 0; index < pairs.Length; index++)
        {
            var key = _buffer.String(pairs[index].Key);
            var value = _buffer.String(pairs[index].Value);
            _buffer.BeginTable();
            _buffer.Reference(0, key);
            _buffer.Reference(1, value);
            places[index] = _buffer.EndTable();
        }

        return _buffer.Vector(places);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
