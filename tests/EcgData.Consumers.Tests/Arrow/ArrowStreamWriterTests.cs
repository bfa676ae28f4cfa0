using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using EcgData.Consumers.Conformance;
using ArrowStreamWriter = EcgData.Consumers.Arrow.ArrowStreamWriter;

namespace EcgData.Consumers.Tests.Arrow;

/// <summary>What is written is read by Apache.Arrow, an implementation that shares nothing with ours.</summary>
public sealed class ArrowStreamWriterTests
{
    [Theory]
    [InlineData(23, 5, 12, 600, true)]
    [InlineData(23, 5, 12, 600, false)]
    [InlineData(1, 64, 1, 1, true)]
    [InlineData(7, 7, 3, 13, true)]   // neither bits nor bytes end where buffers are padded to
    public void Write_AnyStream_IsReadBackByApacheArrow(int items, int batch, int leads, int samples, bool metadata)
    {
        var stream = new KnownStream { Items = items, Batch = batch, Leads = leads, Samples = samples, Metadata = metadata };
        using var reader = new ArrowStreamReader(new MemoryStream(Written(stream)));
        long position = 0;
        while (reader.ReadNextRecordBatch() is { } read)
        {
            using (read)
            {
                for (var row = 0; row < read.Length; row++, position++) AssertRow(read, row, position, stream);
                Assert.Equal(position, Column<Int64Array>(read, "next_position").GetValue(0));
            }
        }

        Assert.Equal(items, position);
    }

    [Fact]
    public void Write_Schema_SaysWhatTheStreamIs()
    {
        using var reader = new ArrowStreamReader(new MemoryStream(Written(new KnownStream { Leads = 2, Samples = 4 })));
        var schema = reader.Schema;
        Assert.Equal(
            [
                "position", "next_position", "record_id", "segment", "start", "signal", "lead_mask", "gap_mask", "source", "site", "licence",
                "patient", "age_years", "sex", "fold", "labels", "label_weights",
            ], schema.FieldsList.Select(field => field.Name));
        var signal = Assert.IsType<FixedSizeListType>(schema.GetFieldByName("signal").DataType);
        Assert.Equal((8, ArrowTypeId.Float), (signal.ListSize, signal.ValueDataType.TypeId));
        Assert.Equal("arrow.fixed_shape_tensor", schema.GetFieldByName("signal").Metadata["ARROW:extension:name"]);
        Assert.Equal("""{"shape":[2,4],"dim_names":["lead","sample"]}""", schema.GetFieldByName("signal").Metadata["ARROW:extension:metadata"]);
        Assert.Equal(
            new SortedDictionary<string, string>
            {
                ["ecgdata.contract"] = "1",
                ["ecgdata.version"] = "known",
                ["ecgdata.subset"] = "0123456789abcdef",
                ["ecgdata.leads"] = "I II",
                ["ecgdata.crop_samples"] = "4",
                ["ecgdata.sampling_frequency_hz"] = "240",
                ["ecgdata.unit"] = "mV",
                ["ecgdata.item"] = "record",
                ["ecgdata.items"] = "23",
                ["ecgdata.order"] = "stored",
                ["ecgdata.seed"] = "7",
                ["ecgdata.epoch"] = "0",
                ["ecgdata.batch"] = "5",
                ["ecgdata.rank"] = "0",
                ["ecgdata.world"] = "1",
            },
            new SortedDictionary<string, string>(schema.Metadata.ToDictionary(pair => pair.Key, pair => pair.Value)));
    }

    [Fact]
    public void Write_EmptyBatch_IsABatchWithoutRows()
    {
        var known = new KnownStream { Items = 0 };
        using var memory = new MemoryStream();
        var writer = new ArrowStreamWriter(memory, known.Description);
        writer.Write(new EcgBatch
        {
            Count = 0,
            Leads = 12,
            Samples = 600,
            Millivolt = default,
            LeadMask = default,
            GapMask = default,
            Positions = default,
            RecordIds = [],
            Segments = default,
            Starts = default,
            NextPosition = 0,
            State = "",
        });
        writer.Finish();
        memory.Position = 0;
        using var reader = new ArrowStreamReader(memory);
        using var read = reader.ReadNextRecordBatch();
        Assert.Equal(0, read.Length);
        Assert.Null(reader.ReadNextRecordBatch());
    }

    [Fact]
    public void Write_BatchOfOtherAxes_IsRefused()
    {
        var writer = new ArrowStreamWriter(new MemoryStream(), new KnownStream().Description);
        var wrong = Assert.Throws<ArgumentException>(() => writer.Write(new KnownStream { Samples = 601 }.Batches(0).First()));
        Assert.Contains("12 leads and 601 samples came into a stream of 12 leads and 600 samples", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_BatchThatContradictsItself_IsRefused()
    {
        var batch = new KnownStream().Batches(0).First();
        var wrong = Assert.Throws<ArgumentException>(() => new ArrowStreamWriter(new MemoryStream(), new KnownStream().Description).Write(new EcgBatch
        {
            Count = batch.Count,
            Leads = batch.Leads,
            Samples = batch.Samples,
            Millivolt = batch.Millivolt,
            LeadMask = batch.LeadMask,
            GapMask = batch.GapMask[1..],
            Positions = batch.Positions,
            RecordIds = batch.RecordIds,
            Segments = batch.Segments,
            Starts = batch.Starts,
            NextPosition = 5,
            State = "",
        }));
        Assert.Contains("GapMask of the batch at position 0 has 35999 values", wrong.Message, StringComparison.Ordinal);
    }

    /// <summary>Every buffer begins at a multiple of 64 of the body, every body at a multiple of 8 of the stream.</summary>
    [Fact]
    public void Write_Messages_AreAligned()
    {
        var bytes = Written(new KnownStream { Samples = 7, Metadata = true });
        var (at, messages) = (0, 0);
        while (BitConverter.ToInt32(bytes, at + 4) is var length and not 0)
        {
            Assert.Equal(0xFFFFFFFF, BitConverter.ToUInt32(bytes, at));
            Assert.Equal(0, length % 8);
            var message = at + 8;
            var table = message + BitConverter.ToInt32(bytes, message);
            var bodyField = BitConverter.ToInt16(bytes, table - BitConverter.ToInt32(bytes, table) + 4 + 3 * 2);
            var body = bodyField == 0 ? 0 : BitConverter.ToInt64(bytes, table + bodyField);
            Assert.Equal(0, body % 64);
            at = message + length + (int)body;
            messages++;
        }

        Assert.Equal((bytes.Length - 8, 6), (at, messages));
    }

    private static byte[] Written(KnownStream stream)
    {
        using var memory = new MemoryStream();
        var writer = new ArrowStreamWriter(memory, stream.Description);
        foreach (var batch in stream.Batches(0)) writer.Write(batch);
        writer.Finish();
        return memory.ToArray();
    }

    private static void AssertRow(RecordBatch read, int row, long position, KnownStream stream)
    {
        Assert.Equal(position, Column<Int64Array>(read, "position").GetValue(row));
        Assert.Equal(KnownStream.RecordId(position), Column<StringArray>(read, "record_id").GetString(row));
        Assert.Equal((int)(position % 3), Column<Int32Array>(read, "segment").GetValue(row));
        Assert.Equal((int)(position * 7 % 100), Column<Int32Array>(read, "start").GetValue(row));

        var signal = Assert.IsType<FloatArray>(Column<FixedSizeListArray>(read, "signal").Values);
        var leadMask = Assert.IsType<FloatArray>(Column<FixedSizeListArray>(read, "lead_mask").Values);
        var gapMask = Assert.IsType<BooleanArray>(Column<FixedSizeListArray>(read, "gap_mask").Values);
        Assert.Equal(read.Length * stream.Leads * stream.Samples, signal.Length);
        for (var lead = 0; lead < stream.Leads; lead++)
        {
            Assert.Equal(KnownStream.IsMissing(position, lead) ? 0 : 1, leadMask.GetValue(row * stream.Leads + lead));
            for (var sample = 0; sample < stream.Samples; sample++)
            {
                var index = (row * stream.Leads + lead) * stream.Samples + sample;
                if (KnownStream.Millivolt(position, lead, sample) != signal.GetValue(index) || KnownStream.IsGap(position, lead, sample) != gapMask.GetValue(index))
                    Assert.Fail($"position {position}, lead {lead}, sample {sample}: {signal.GetValue(index)}, {gapMask.GetValue(index)}");
            }
        }

        // the same arithmetic as in KnownStream, written down once more
        Assert.Equal(stream.Metadata ? "known@1" : null, Column<StringArray>(read, "source").GetString(row));
        Assert.Equal(stream.Metadata && position % 2 == 1 ? "São Paulo" : null, Column<StringArray>(read, "site").GetString(row));
        Assert.Equal(stream.Metadata ? $"patient {position / 2}" : null, Column<StringArray>(read, "patient").GetString(row));
        Assert.Equal(stream.Metadata && position % 5 != 0 ? 20f + position % 70 : null, Column<FloatArray>(read, "age_years").GetValue(row));
        Assert.Equal(stream.Metadata && position % 3 != 0 ? "female" : null, Column<StringArray>(read, "sex").GetString(row));
        Assert.Equal(stream.Metadata ? (int)(position % 10) + 1 : null, Column<Int32Array>(read, "fold").GetValue(row));
        var labels = (StringArray?)Column<ListArray>(read, "labels").GetSlicedValues(row);
        var weights = (FloatArray?)Column<ListArray>(read, "label_weights").GetSlicedValues(row);
        string[] expected = [.. new[] { "known:α", "known:beta" }.Take((int)(position % 3))];
        Assert.Equal(stream.Metadata ? expected : null, labels is null ? null : [.. Enumerable.Range(0, labels.Length).Select(index => labels.GetString(index))]);
        Assert.Equal(stream.Metadata ? [.. new[] { 1f, 0.5f }.Take((int)(position % 3))] : null, weights?.Values.ToArray());
    }

    private static T Column<T>(RecordBatch batch, string name)
        where T : IArrowArray => Assert.IsAssignableFrom<T>(batch.Column(name));
}
