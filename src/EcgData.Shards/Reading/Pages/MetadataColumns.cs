using System.Text;
using EcgData.Shards.Parquet;
using EcgData.Signals;

namespace EcgData.Shards.Reading.Pages;

/// <summary>The small columns of a row group while it is opened, of which the metadata of its rows are made.</summary>
internal sealed class MetadataColumns(int rows)
{
    private readonly int[] _counts = new int[rows];
    private readonly Dictionary<string, Array> _columns = new(StringComparer.Ordinal);
    private bool[] _known = [];

    public void Add(ShardColumn column, ref SmallColumn pages)
    {
        var values = pages.Counts(column, _counts);
        switch (column.Name)
        {
            case "start_seconds": _columns[column.Name] = Numbers<double>(ref pages, values); break;
            case "segment" or "fold" or "derived_leads" or "flags": _columns[column.Name] = Numbers<int>(ref pages, values); break;
            case "age_years": _columns[column.Name] = Spread(Numbers<float>(ref pages, values)); break;
            case "record_id" or "patient": _columns[column.Name] = Texts(ref pages, values); break;
            case "sex": _columns[column.Name] = Spread(Texts(ref pages, values)); break;
            case "source" or "licence": _columns[column.Name] = pages.DictionaryTexts(values); break;
            case "site": _columns[column.Name] = Spread(pages.DictionaryTexts(values)); break;
            case "labels": _columns[column.Name] = Split(Texts(ref pages, values)); break;
            case "label_weights": _columns[column.Name] = Split(Numbers<float>(ref pages, values)); break;
            case "patient_known":
                _known = new bool[rows];
                for (var row = 0; row < rows; row++) _known[row] = pages.Bit(row);
                break;
            default: break;   // nobody has asked for it
        }
    }

    public SegmentMetadata[] Build()
    {
        var metadata = new SegmentMetadata[rows];
        for (var row = 0; row < rows; row++)
        {
            metadata[row] = new SegmentMetadata
            {
                RecordId = Of<string>("record_id", row),
                Segment = Of<int>("segment", row),
                StartSeconds = Of<double>("start_seconds", row),
                Source = Of<string>("source", row),
                Site = Of<string?>("site", row),
                Licence = Of<string>("licence", row),
                Patient = Of<string>("patient", row),
                PatientKnown = _known[row],
                AgeYears = Of<float?>("age_years", row),
                Sex = Of<string?>("sex", row),
                Labels = Of<string[]>("labels", row),
                LabelWeights = Of<float[]>("label_weights", row),
                Fold = Of<int>("fold", row),
                DerivedLeads = new LeadSet(Of<int>("derived_leads", row)),
                Flags = (RecordFlags)Of<int>("flags", row),
            };
        }

        return metadata;
    }

    private T Of<T>(string column, int row) => ((T[])_columns[column])[row];

    private static T[] Numbers<T>(ref SmallColumn pages, int count)
        where T : unmanaged
    {
        pages.CheckRoom<T>(count);
        var values = new T[count];
        pages.Numbers<T>(values);
        return values;
    }

    private static string[] Texts(ref SmallColumn pages, int count)
    {
        pages.CheckRoom<int>(count);   // a length each
        var (starts, lengths) = (new int[count], new int[count]);
        var bytes = pages.Texts(starts, lengths);
        var texts = new string[count];
        for (var index = 0; index < count; index++) texts[index] = Encoding.UTF8.GetString(bytes.Slice(starts[index], lengths[index]));
        return texts;
    }

    private float?[] Spread(float[] values)
    {
        var (spread, next) = (new float?[rows], 0);
        for (var row = 0; row < rows; row++) spread[row] = _counts[row] == 0 ? null : values[next++];
        return spread;
    }

    private string?[] Spread(string[] values)
    {
        var (spread, next) = (new string?[rows], 0);
        for (var row = 0; row < rows; row++) spread[row] = _counts[row] == 0 ? null : values[next++];
        return spread;
    }

    private T[][] Split<T>(T[] values)
    {
        var (lists, next) = (new T[rows][], 0);
        for (var row = 0; row < rows; next += _counts[row++]) lists[row] = values[next..(next + _counts[row])];
        return lists;
    }
}
