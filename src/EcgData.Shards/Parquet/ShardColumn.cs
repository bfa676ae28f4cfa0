namespace EcgData.Shards.Parquet;

/// <summary>A column of a shard: what the footer says of it, and how its pages are made from rows.</summary>
/// <param name="Name">As people see it.</param>
/// <param name="IsNullable">The value, or the whole list, may be null; elements never are.</param>
internal abstract record ShardColumn(string Name, PhysicalType Physical, LogicalType Logical, bool IsList, bool IsNullable)
{
    /// <summary>Appends the column chunk of these rows to the file.</summary>
    public abstract ColumnChunk Write(ReadOnlySpan<ShardRow> rows, ColumnChunkWriter writer);
}

/// <summary>A number per row.</summary>
internal sealed record NumberColumn<T>(string Name, PhysicalType Physical, Func<ShardRow, T?> Value, bool IsNullable = false)
    : ShardColumn(Name, Physical, LogicalType.None, false, IsNullable)
    where T : unmanaged, IComparable<T>
{
    public override ColumnChunk Write(ReadOnlySpan<ShardRow> rows, ColumnChunkWriter writer)
    {
        (T? smallest, T? largest) = (null, null);
        foreach (var row in rows)
        {
            var value = Value(row);
            writer.AddLevel(value is null ? 0 : 1);
            if (value is not { } number) continue;
            writer.AddNumber(number);
            if (smallest is null || number.CompareTo(smallest.Value) < 0) smallest = number;
            if (largest is null || number.CompareTo(largest.Value) > 0) largest = number;
        }

        // Bounds of floating-point columns have rules of their own (NaN, signed zero) and nobody prunes by them.
        var isBounded = Physical is PhysicalType.Int32 or PhysicalType.Int64;
        return writer.Finish(this, PageEncoding.Plain, isBounded ? ColumnChunkWriter.Plain(smallest) : null, isBounded ? ColumnChunkWriter.Plain(largest) : null);
    }
}

/// <summary>A truth value per row, a bit each.</summary>
internal sealed record BooleanColumn(string Name, Func<ShardRow, bool> Value)
    : ShardColumn(Name, PhysicalType.Boolean, LogicalType.None, false, false)
{
    public override ColumnChunk Write(ReadOnlySpan<ShardRow> rows, ColumnChunkWriter writer)
    {
        for (var index = 0; index < rows.Length; index += 8)
        {
            byte bits = 0;
            for (var bit = 0; bit < 8 && index + bit < rows.Length; bit++)
            {
                writer.AddLevel(1);
                if (Value(rows[index + bit])) bits |= (byte)(1 << bit);
            }

            writer.AddNumber(bits);
        }

        return writer.Finish(this, PageEncoding.Plain, null, null);
    }
}

/// <summary>A text per row.</summary>
internal sealed record TextColumn(string Name, Func<ShardRow, string?> Value, bool IsNullable = false, bool IsBounded = false)
    : ShardColumn(Name, PhysicalType.ByteArray, LogicalType.Text, false, IsNullable)
{
    public override ColumnChunk Write(ReadOnlySpan<ShardRow> rows, ColumnChunkWriter writer)
    {
        var bounds = new TextBounds();
        foreach (var row in rows)
        {
            var value = Value(row);
            writer.AddLevel(value is null ? 0 : 1);
            if (value is null) continue;
            writer.AddText(value);
            if (IsBounded) bounds.Add(value);
        }

        return writer.Finish(this, PageEncoding.Plain, bounds.Minimum, bounds.Maximum);
    }
}

/// <summary>A text per row out of few: the values once per row group, then an index each.</summary>
internal sealed record DictionaryColumn(string Name, Func<ShardRow, string?> Value, bool IsNullable = false)
    : ShardColumn(Name, PhysicalType.ByteArray, LogicalType.Text, false, IsNullable)
{
    public override ColumnChunk Write(ReadOnlySpan<ShardRow> rows, ColumnChunkWriter writer)
    {
        var bounds = new TextBounds();
        foreach (var row in rows)
        {
            var value = Value(row);
            writer.AddLevel(value is null ? 0 : 1);
            if (value is not null && writer.AddIndex(value)) bounds.Add(value);
        }

        return writer.Finish(this, PageEncoding.RleDictionary, bounds.Minimum, bounds.Maximum);
    }
}

/// <summary>A list per row, perhaps empty, never null.</summary>
/// <param name="Add">Appends a row's values and says how many there are.</param>
internal sealed record ListColumn(string Name, PhysicalType Physical, LogicalType Logical, Func<ShardRow, ColumnChunkWriter, int> Add)
    : ShardColumn(Name, Physical, Logical, true, false)
{
    public override ColumnChunk Write(ReadOnlySpan<ShardRow> rows, ColumnChunkWriter writer)
    {
        foreach (var row in rows)
        {
            var count = Add(row, writer);
            writer.AddLevel(count == 0 ? 0 : 1, repetition: 0);
            for (var index = 1; index < count; index++) writer.AddLevel(1, repetition: 1);
        }

        return writer.Finish(this, PageEncoding.Plain, null, null);
    }
}

/// <summary>A lead: a page per row, encoded long before.</summary>
internal sealed record LeadColumn(Signals.Lead Lead)
    : ShardColumn(Signals.Montage.ColumnNames[(int)Lead], PhysicalType.Int32, LogicalType.Int16, true, true)
{
    public override ColumnChunk Write(ReadOnlySpan<ShardRow> rows, ColumnChunkWriter writer)
    {
        foreach (var row in rows)
            writer.AddPage(row.Signals.Page(Lead), row.Signals.Leads.Contains(Lead) ? row.Signals.Samples : 1);
        return writer.FinishPages(PageEncoding.DeltaBinaryPacked);
    }
}
