using EcgData.Shards.Parquet;
using EcgData.Signals;

namespace EcgData.Shards;

/// <summary>The columns of a shard, in their order: <c>schemas/shard.md</c> in code.</summary>
internal static class ShardSchema
{
    /// <summary>Version of the columns and of what they mean; a reader knows the versions that it can read.</summary>
    public const int Version = 1;

    public const string VersionKey = "ecgdata.schema_version";
    public const string RecipeHashKey = "ecgdata.recipe_hash";
    public const string ProcessingVersionKey = "ecgdata.processing_version";

    public static IReadOnlyList<ShardColumn> Columns { get; } =
    [
        new TextColumn("record_id", row => row.RecordId, IsBounded: true),
        new NumberColumn<int>("segment", PhysicalType.Int32, row => row.Segment),
        new NumberColumn<double>("start_seconds", PhysicalType.Double, row => row.StartSeconds),
        new NumberColumn<int>("samples", PhysicalType.Int32, row => row.Samples),
        new DictionaryColumn("source", row => row.Source),
        new DictionaryColumn("site", row => row.Site, IsNullable: true),
        new DictionaryColumn("licence", row => row.Licence),
        new TextColumn("patient", row => row.Patient),
        new BooleanColumn("patient_known", row => row.PatientKnown),
        new NumberColumn<long>("rank", PhysicalType.Int64, row => row.Rank),
        new NumberColumn<double>("sampling_frequency_hz", PhysicalType.Double, row => row.SamplingFrequencyHz),
        new NumberColumn<double>("native_sampling_frequency_hz", PhysicalType.Double, row => row.NativeSamplingFrequencyHz),
        new DictionaryColumn("amplitude_unit", row => row.AmplitudeUnit),
        .. Enum.GetValues<Lead>().Select(lead => new LeadColumn(lead)),
        new NumberColumn<int>("derived_leads", PhysicalType.Int32, row => row.DerivedLeads.Bits),
        new NumberColumn<int>("flags", PhysicalType.Int32, row => (int)row.Flags),
        new ListColumn("gaps", PhysicalType.Int32, LogicalType.None, AddGaps),
        new NumberColumn<float>("age_years", PhysicalType.Single, row => row.AgeYears, IsNullable: true),
        new TextColumn("sex", row => row.Sex, IsNullable: true),
        new ListColumn("labels", PhysicalType.ByteArray, LogicalType.Text, AddLabels),
        new ListColumn("label_weights", PhysicalType.Single, LogicalType.None, AddLabelWeights),
        new NumberColumn<int>("fold", PhysicalType.Int32, row => row.Fold),
        new TextColumn("source_file", row => row.SourceFile),
        new TextColumn("source_sha256", row => row.SourceSha256),
    ];

    private static int AddGaps(ShardRow row, ColumnChunkWriter writer)
    {
        foreach (var gap in row.Gaps)
        {
            writer.AddNumber((int)gap.Lead);
            writer.AddNumber(gap.Start);
            writer.AddNumber(gap.End);
        }

        return 3 * row.Gaps.Count;
    }

    private static int AddLabels(ShardRow row, ColumnChunkWriter writer)
    {
        foreach (var label in row.Labels) writer.AddText(label);
        return row.Labels.Count;
    }

    private static int AddLabelWeights(ShardRow row, ColumnChunkWriter writer)
    {
        foreach (var weight in row.LabelWeights) writer.AddNumber(weight);
        return row.LabelWeights.Count;
    }
}
