using Apache.Arrow;
using Apache.Arrow.Ipc;

namespace EcgData.Pipelines.Tests.Streaming;

/// <summary>A stream as Apache.Arrow reads it.</summary>
/// <param name="IsFinished">Whether the end-of-stream mark is there.</param>
internal sealed record StreamReading(IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<StreamedCrop> Crops, bool IsFinished)
{
    public IEnumerable<long> Positions => Crops.Select(crop => crop.Position);

    public static StreamReading Of(byte[] bytes)
    {
        using var reader = new ArrowStreamReader(new MemoryStream(bytes));
        List<StreamedCrop> crops = [];
        while (reader.ReadNextRecordBatch() is { } batch)
        {
            using (batch)
            {
                var signal = ((FloatArray)((FixedSizeListArray)batch.Column("signal")).Values).Values;
                var values = batch.Length == 0 ? 0 : signal.Length / batch.Length;
                var labels = (ListArray)batch.Column("labels");
                for (var row = 0; row < batch.Length; row++)
                {
                    crops.Add(new StreamedCrop(
                        ((Int64Array)batch.Column("position")).GetValue(row)!.Value, ((Int64Array)batch.Column("next_position")).GetValue(row)!.Value,
                        ((StringArray)batch.Column("record_id")).GetString(row), ((Int32Array)batch.Column("segment")).GetValue(row)!.Value,
                        ((Int32Array)batch.Column("start")).GetValue(row)!.Value, signal.Slice(row * values, values).ToArray(),
                        labels.IsNull(row) ? null : [.. Enumerable.Range(0, labels.GetValueLength(row)).Select(
                            index => ((StringArray)labels.Values).GetString(labels.ValueOffsets[row] + index))],
                        ((Int32Array)batch.Column("fold")).GetValue(row)));
                }
            }
        }

        return new StreamReading(reader.Schema.Metadata, crops, BitConverter.ToUInt64(bytes.AsSpan()[^8..]) == 0xFFFFFFFF);
    }
}

/// <summary>A crop of a stream.</summary>
/// <param name="Signal">float[leads * samples], millivolt.</param>
internal sealed record StreamedCrop(
    long Position, long Next, string RecordId, int Segment, int Start, float[] Signal, IReadOnlyList<string>? Labels, int? Fold);
