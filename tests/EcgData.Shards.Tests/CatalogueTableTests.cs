namespace EcgData.Shards.Tests;

public sealed class CatalogueTableTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task Read_WhatWasWritten_EveryValueComesBack(int count)
    {
        CatalogueRow[] expected = [.. Enumerable.Range(0, count).Select(Row)];

        var actual = await ReadAsync(await WriteAsync(expected));

        Assert.Equal(expected.Select(Text), actual.Select(Text));
    }

    [Fact]
    public async Task Read_MoreThanARowGroup_EveryValueComesBackInOrder()
    {
        CatalogueRow[] expected = [.. Enumerable.Range(0, CatalogueTableWriter.RowGroupRows + 3).Select(Row)];
        var file = await WriteAsync(expected);

        var actual = await ReadAsync(file);

        Assert.Equal(expected.Select(Text), actual.Select(Text));
        Assert.Equal(2L, DuckDb.Query(file, "SELECT num_row_groups FROM parquet_file_metadata($file)")[0][0]);
    }

    [Fact]
    public async Task DuckDb_Catalogue_EveryValueComesBack()
    {
        CatalogueRow[] expected = [.. Enumerable.Range(0, 300).Select(Row)];

        var actual = DuckDb.Query(await WriteAsync(expected), "SELECT * FROM read_parquet($file)");

        Assert.Equal(expected.Select(Text), actual.Select(row => string.Join('|', row.Select(DuckDb.Text))));
    }

    [Fact]
    public async Task DuckDb_EmptyCatalogue_HasTheColumnsOfTheContract()
    {
        var columns = DuckDb.Query(await WriteAsync([]), "DESCRIBE SELECT * FROM read_parquet($file)").Select(row => $"{row[0]} {row[1]}");

        Assert.Equal(
            "record_id VARCHAR, source VARCHAR, native_id VARCHAR, patient VARCHAR, patient_known BOOLEAN, site VARCHAR, recorded VARCHAR, " +
            "native_sampling_frequency_hz DOUBLE, native_samples INTEGER, age_years FLOAT, sex VARCHAR, labels VARCHAR[], label_weights FLOAT[], " +
            "fold INTEGER, licence VARCHAR, files VARCHAR[], checksums VARCHAR[], state VARCHAR, reason VARCHAR, flags INTEGER, shard VARCHAR, " +
            "row INTEGER, segments INTEGER, duplicate_of VARCHAR",
            string.Join(", ", columns));
    }

    [Fact]
    public async Task Write_SameRows_SameBytes()
    {
        var first = await WriteAsync(Enumerable.Range(0, 500).Select(Row));
        var second = await WriteAsync(Enumerable.Range(0, 500).Select(Row));

        Assert.True(first.AsSpan().SequenceEqual(second));
    }

    [Fact]
    public async Task Add_RowGroupsOfAnotherCatalogue_CannotBeToldFromTheirRows()
    {
        var first = await WriteAsync(Enumerable.Range(0, 700).Select(Row));
        List<CatalogueRow> more = [.. Enumerable.Range(700, 50).Select(Row)];
        byte[][] files = new byte[2][];
        for (var way = 0; way < files.Length; way++)
        {
            using var stream = new MemoryStream();
            await using (var writer = await CatalogueTableWriter.CreateAsync(stream))
            {
                await writer.AddAsync(await CatalogueTableWriter.EncodeAsync([.. more], null, null));
                if (way == 0) await writer.AddAsync(await CatalogueTableWriter.EncodeAsync([.. Enumerable.Range(0, 700).Select(Row)], null, null));
                else await writer.AddAsync((await (await StoredCatalogue.OpenAsync(new MemoryStream(first)))!.ReadAsync(0))!);
            }

            files[way] = stream.ToArray();
        }

        Assert.Equal(files[0], files[1]);
        Assert.Equal(more.Concat(Enumerable.Range(0, 700).Select(Row)).Select(Text), (await ReadAsync(files[1])).Select(Text));
        Assert.Equal(
            more.Concat(Enumerable.Range(0, 700).Select(Row)).Select(Text),
            DuckDb.Query(files[1], "SELECT * FROM read_parquet($file)").Select(row => string.Join('|', row.Select(DuckDb.Text))));
    }

    [Fact]
    public async Task StoredCatalogue_AnyBitOfARowGroupIsAnother_IsNotGiven()
    {
        var file = await WriteAsync(Enumerable.Range(0, 30).Select(Row));
        await using var sound = await StoredCatalogue.OpenAsync(new MemoryStream(file));
        Assert.NotNull(await sound!.ReadAsync(0));
        Assert.Equal(30, sound.Groups[0].Rows);
        for (var at = 4; at < file.Length; at++)
        {
            var damaged = file.ToArray();
            damaged[at] ^= 1;
            await using var opened = await StoredCatalogue.OpenAsync(new MemoryStream(damaged));
            // what follows from the schema or from the file's own end is written anew by whoever takes a row group over
            if (opened is not null && await opened.ReadAsync(0) is { } given)
                Assert.Equal((await sound.ReadAsync(0))!.Group with { Labels = null }, given.Group with { Labels = null });
        }
    }

    [Fact]
    public async Task StoredCatalogue_RowsWithLabels_CountsThoseOfTheKept()
    {
        await using var catalogue = await StoredCatalogue.OpenAsync(new MemoryStream(await WriteAsync(Enumerable.Range(0, 20).Select(Row))));
        var group = Assert.Single(catalogue!.Groups);
        // of 0 to 19 those that 4 does not divide have the label 0; 10 is rejected
        Assert.Equal(("ptb-xl", 14L), (group.Source, group.Labels!["snomed:0"]));
    }

    [Fact]
    public async Task Add_LabelsWithoutWeights_IsRefusedByRecord()
    {
        await using var writer = await CatalogueTableWriter.CreateAsync(new MemoryStream());

        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => writer.AddAsync(Row(1) with { LabelWeights = [] }));

        Assert.Contains("ptb-xl/1:", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_Damaged_IsInvalidDataOrRows()
    {
        var file = await WriteAsync(Enumerable.Range(0, 30).Select(Row));
        for (var length = 0; length < file.Length; length += 211)
            await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(file[..length]));
        var refused = 0;
        for (var at = 0; at < file.Length; at++)
        {
            var damaged = file.ToArray();
            damaged[at] ^= 0x80;
            try
            {
                await ReadAsync(damaged);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.True(refused > file.Length / 4);
    }

    [Fact]
    public async Task Read_AShard_SaysWhatACatalogueHas()
    {
        var refusal = await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(Some.Shard(1).File));

        Assert.Contains("Column 1 is 'segment Int32'; a catalogue has 'source String' there", refusal.Message, StringComparison.Ordinal);
    }

    private static CatalogueRow Row(int index) => new()
    {
        RecordId = $"ptb-xl/{index}",
        Source = "ptb-xl@1.0.3",
        NativeId = $"{index}",
        Patient = $"{index / 2:x32}",
        PatientKnown = index % 3 != 0,
        Site = index % 4 == 0 ? null : $"Säite {index % 4}",
        Recorded = index % 5 == 0 ? null : "1984-11-09 09:17:34",
        NativeSamplingFrequencyHz = index % 10 == 0 ? null : 257.25,
        NativeSamples = index % 10 == 0 ? null : 5000 + index,
        AgeYears = index % 6 == 0 ? null : index % 90 + 0.5f,
        Sex = index % 7 == 0 ? null : "female",
        Labels = [.. Enumerable.Range(0, index % 4).Select(label => $"snomed:{label}")],
        LabelWeights = [.. Enumerable.Range(0, index % 4).Select(label => label / 4f)],
        Fold = index % 10 + 1,
        Licence = "CC-BY-4.0",
        Files = index % 11 == 0 ? [] : [$"records500/{index}.hea", $"records500/{index}.dat"],
        Checksums = index % 11 == 0 ? [] : [$"{index:x64}", ""],
        State = index % 10 == 0 ? "rejected" : "kept",
        Reason = index % 10 == 0 ? "missing-file: there is none" : null,
        Flags = index,
        Shard = index % 10 == 0 ? null : $"shards/ptb-xl/{index / 2048:x64}.parquet",
        Row = index % 10 == 0 ? null : index % 2048,
        Segments = index % 10 == 0 ? 0 : 1,
        DuplicateOf = index % 13 == 0 ? "sph/A1" : null,
    };

    private static string Text(CatalogueRow row) => string.Join('|', [
        row.RecordId, row.Source, row.NativeId, row.Patient, row.PatientKnown, row.Site ?? "null", row.Recorded ?? "null",
        row.NativeSamplingFrequencyHz?.ToString() ?? "null", row.NativeSamples?.ToString() ?? "null", row.AgeYears?.ToString() ?? "null",
        row.Sex ?? "null", string.Join(',', row.Labels), string.Join(',', row.LabelWeights), row.Fold, row.Licence, string.Join(',', row.Files),
        string.Join(',', row.Checksums), row.State, row.Reason ?? "null", row.Flags, row.Shard ?? "null", row.Row?.ToString() ?? "null",
        row.Segments, row.DuplicateOf ?? "null",
    ]);

    private static async Task<byte[]> WriteAsync(IEnumerable<CatalogueRow> rows)
    {
        using var stream = new MemoryStream();
        await using (var writer = await CatalogueTableWriter.CreateAsync(stream))
        {
            foreach (var row in rows) await writer.AddAsync(row);
        }

        return stream.ToArray();
    }

    private static async Task<List<CatalogueRow>> ReadAsync(byte[] file)
    {
        var rows = new List<CatalogueRow>();
        await foreach (var row in CatalogueTableReader.ReadAsync(new MemoryStream(file, writable: false))) rows.Add(row);
        return rows;
    }
}
