namespace EcgData.Consumers.Arrow;

/// <summary>Types of Arrow columns that a stream of batches has; the value is the type's number in Arrow's Schema.fbs.</summary>
internal enum ArrowType : byte
{
    Int = 2,
    FloatingPoint = 3,
    Utf8 = 5,
    Bool = 6,
    List = 12,
    FixedSizeList = 16,
}

/// <summary>
/// A column of the stream's schema. <paramref name="Size"/>: bits of a whole number, elements of a fixed-size list; else 0.
/// <paramref name="Element"/>: what a list is made of.
/// </summary>
internal sealed record ArrowColumn(
    string Name, ArrowType Type, int Size = 0, bool IsNullable = false, ArrowColumn? Element = null,
    params (string Key, string Value)[] Metadata)
{
    /// <summary>The columns of a stream, in their order: the one schema that there is.</summary>
    public static ArrowColumn[] Of(StreamDescription stream)
    {
        var values = checked(stream.Leads.Count * stream.CropSamples);
        return
        [
            new("position", ArrowType.Int, 64),
            new("next_position", ArrowType.Int, 64),   // the batch's, on every row: not every reader shows a batch's metadata
            new("record_id", ArrowType.Utf8),
            new("segment", ArrowType.Int, 32),
            new("start", ArrowType.Int, 32),
            // a canonical extension type: readers that know it give [count, leads, samples] at once, others a list
            new("signal", ArrowType.FixedSizeList, values, Element: new("item", ArrowType.FloatingPoint), Metadata:
            [
                ("ARROW:extension:name", "arrow.fixed_shape_tensor"),
                ("ARROW:extension:metadata", $$"""{"shape":[{{stream.Leads.Count}},{{stream.CropSamples}}],"dim_names":["lead","sample"]}"""),
            ]),
            new("lead_mask", ArrowType.FixedSizeList, stream.Leads.Count, Element: new("item", ArrowType.FloatingPoint)),
            new("gap_mask", ArrowType.FixedSizeList, values, Element: new("item", ArrowType.Bool)),
            new("source", ArrowType.Utf8, IsNullable: true),
            new("site", ArrowType.Utf8, IsNullable: true),
            new("licence", ArrowType.Utf8, IsNullable: true),
            new("patient", ArrowType.Utf8, IsNullable: true),
            new("age_years", ArrowType.FloatingPoint, IsNullable: true),
            new("sex", ArrowType.Utf8, IsNullable: true),
            new("fold", ArrowType.Int, 32, IsNullable: true),
            new("labels", ArrowType.List, IsNullable: true, Element: new("item", ArrowType.Utf8)),
            new("label_weights", ArrowType.List, IsNullable: true, Element: new("item", ArrowType.FloatingPoint)),
        ];
    }
}
