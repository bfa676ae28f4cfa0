using System.Globalization;
using EcgData.Shards;
using EcgData.Signals;

namespace EcgData.Ingest;

/// <summary>Adds up what the receipts of one source say, and what was added up before.</summary>
internal sealed class SourceSums
{
    private readonly SortedDictionary<string, long> _rejections = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _flags = new(StringComparer.Ordinal);
    private readonly LeadSums _sums = new();
    private RecordCounts _records = RecordCounts.Zero;
    private long _segments;
    private decimal _seconds;
    private ContentSignature _signature;

    public void Add(Receipt receipt)
    {
        foreach (var record in receipt.Records)
        {
            _records += record.State switch
            {
                RecordState.Kept => new RecordCounts(1, 1, 0, 0),
                RecordState.KeptWithFlags => new RecordCounts(1, 0, 1, 0),
                _ => new RecordCounts(1, 0, 0, 1),
            };
            _segments += record.Segments;
            _seconds += (decimal)record.Seconds;   // decimal: the same sum whatever the order of the receipts
            if (record.Reason is { } reason) _rejections[reason] = _rejections.GetValueOrDefault(reason) + 1;
            if (record.State != RecordState.Rejected) CountFlags((RecordFlags)record.Flags);
        }

        _sums.Add(Sums(receipt.Statistics));
        _signature += ContentSignature.Parse(receipt.Signature ?? throw new CorpusException(
            $"Receipt {receipt.InputDigest} has no signature. It is damaged: delete it and build again."));
    }

    public void Add(CatalogueSums sums)
    {
        _records += sums.Records;
        _segments += sums.Segments;
        _seconds += sums.Seconds;
        foreach (var (reason, count) in sums.Rejections) _rejections[reason] = _rejections.GetValueOrDefault(reason) + count;
        foreach (var (flag, count) in sums.Flags) _flags[flag] = _flags.GetValueOrDefault(flag) + count;
        _sums.Add(Sums(sums.Statistics));
        _signature += ContentSignature.Parse(sums.Signature);
    }

    /// <summary>What was added so far.</summary>
    public CatalogueSums Sums() => new(_records, _segments, _seconds, _rejections, _flags, _signature.ToString(), LeadStatistics.Of(_sums));

    public SourceSummary Summary(SourceCatalogue catalogue, BuildRecipe recipe) => new()
    {
        Name = catalogue.Name,
        Release = catalogue.Release,
        Licence = catalogue.Source.Manifest.Licence,
        ReaderVersion = catalogue.Source.ReaderVersion,
        Options = recipe.OptionsOf(catalogue.Name),
        Records = _records,
        Segments = _segments,
        Seconds = double.Parse(_seconds.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        Rejections = _rejections,
        Flags = _flags,
        Signature = _signature.ToString(),
        Statistics = LeadStatistics.Of(_sums),
    };

    private void CountFlags(RecordFlags flags)
    {
        foreach (var flag in Enum.GetValues<RecordFlags>())
        {
            if (flag == RecordFlags.None || !flags.HasFlag(flag)) continue;
            var name = KebabCase.Of(flag);
            _flags[name] = _flags.GetValueOrDefault(name) + 1;
        }
    }

    private static LeadSums Sums(IReadOnlyDictionary<string, LeadStatistics> statistics)
    {
        var sums = new LeadSums();
        foreach (var (column, lead) in statistics)
        {
            var index = Montage.ColumnNames.IndexOf(column);
            (sums.Count[index], sums.Sum[index], sums.SumOfSquares[index]) = (lead.Count, lead.Sum, lead.SumOfSquares);
            (sums.Minimum[index], sums.Maximum[index]) = (lead.Minimum, lead.Maximum);
        }

        return sums;
    }
}
