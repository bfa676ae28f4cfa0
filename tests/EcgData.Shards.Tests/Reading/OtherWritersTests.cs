using EcgData.Shards.Parquet;
using EcgData.Shards.Reading.Pages;
using Parquet;
using Parquet.Schema;
using ParquetSharp;
using NetWriter = Parquet.ParquetWriter;

namespace EcgData.Shards.Tests.Reading;

/// <summary>Pages that Parquet.Net and Arrow C++ write: other blocks, many rows to a page, nulls and empty lists.</summary>
public sealed class OtherWritersTests
{
    private static readonly short[]?[] Lists =
        [.. Enumerable.Range(0, 300).Select(index => index % 11 == 3 ? null : index % 7 == 2 ? [] : Some.Signal(1 + index * 13 % 700, (ulong)index))];

    [Fact]
    public async Task Decode_PagesOfParquetNet_SameLists()
    {
        var field = new DataField<short>(ListField.ElementName, false);
        var schema = new ParquetSchema(new ListField("lead", field));
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.None };
        options.ColumnEncodingHints[string.Join('/', field.Path.ToList())] = EncodingHint.DeltaBinaryPacked;
        using var stream = new MemoryStream();
        await using (var writer = await NetWriter.CreateAsync(schema, stream, options))
        {
            using var group = writer.CreateRowGroup();
            var (definitions, repetitions) = Levels(field.MaxDefinitionLevel);
            await group.WriteAllPartsAsync<short>(field, Lists.SelectMany(list => list ?? []).ToArray(), definitions, repetitions, default);
            group.CompleteValidate();
        }

        await CheckPagesAsync(stream.ToArray(), field.MaxDefinitionLevel);
    }

    [Fact]
    public async Task Decode_PagesOfArrowCpp_SameLists()
    {
        using var stream = new MemoryStream();
        using (var output = new ParquetSharp.IO.ManagedOutputStream(stream, leaveOpen: true))
        {
            using var properties = new WriterPropertiesBuilder()
                .Compression(Compression.Uncompressed).DisableDictionary().Encoding(ParquetSharp.Encoding.DeltaBinaryPacked).DataPagesize(20_000).Build();
            using var writer = new ParquetFileWriter(output, [new Column<short[]>("lead")], properties);
            using var group = writer.AppendRowGroup();
            using var column = group.NextColumn().LogicalWriter<short[]?>();
            column.WriteBatch(Lists);
            writer.Close();
        }

        await CheckPagesAsync(stream.ToArray(), 2);
    }

    private static (int[] Definitions, int[] Repetitions) Levels(int defined)
    {
        var (definitions, repetitions) = (new List<int>(), new List<int>());
        foreach (var list in Lists)
        {
            definitions.AddRange(list is null ? [0] : list.Length == 0 ? [defined - 1] : Enumerable.Repeat(defined, list.Length));
            repetitions.AddRange([0, .. Enumerable.Repeat(1, Math.Max(0, (list?.Length ?? 0) - 1))]);
        }

        return ([.. definitions], [.. repetitions]);
    }

    private static async Task CheckPagesAsync(byte[] file, int defined)
    {
        await using var reader = await ParquetReader.CreateAsync(new MemoryStream(file));
        var chunk = reader.Metadata!.RowGroups[0].Columns[0].MetaData!;
        CheckChunk(file, chunk.DataPageOffset, chunk.TotalCompressedSize, defined);
    }

    private static void CheckChunk(byte[] file, long offset, long size, int defined)
    {
        var bytes = file.AsSpan((int)offset, (int)size);
        var found = new List<List<short>?>();
        var pages = 0;
        for (var position = 0; position < bytes.Length; pages++)
        {
            var frame = PageFrame.Read(bytes[position..]);
            Assert.Equal((PageKind.Data, PageEncoding.DeltaBinaryPacked), (frame.Kind, frame.Encoding));
            ReadOnlySpan<byte> page = bytes.Slice(position + frame.HeaderBytes, frame.BodyBytes);
            var repetitions = Expand(LevelRuns.Take(ref page, 1, frame.Values));
            var definitions = Expand(LevelRuns.Take(ref page, 2, frame.Values));
            var values = new short[DeltaDecoder.Count(page)];
            DeltaDecoder.Decode(page, values);
            var next = 0;
            for (var index = 0; index < definitions.Count; index++)
            {
                if (repetitions[index] == 0) found.Add(definitions[index] == 0 ? null : []);
                if (definitions[index] == defined) found[^1]!.Add(values[next++]);
            }

            Assert.Equal(values.Length, next);
            position += frame.EndBytes;
        }

        Assert.True(pages >= 1);
        Assert.Equal(Lists.Select(Text), found.Select(list => Text(list?.ToArray())));
    }

    private static List<int> Expand(LevelRuns runs)
    {
        var levels = new List<int>();
        while (runs.Next(out var level, out var length)) levels.AddRange(Enumerable.Repeat(level, length));
        return levels;
    }

    private static string Text(short[]? list) => list is null ? "null" : string.Join(',', list);
}
