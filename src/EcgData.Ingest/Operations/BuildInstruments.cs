using System.Diagnostics;
using System.Diagnostics.Metrics;
using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>
/// What a build can be watched by: spans and instruments of the runtime's own kind, which cost nothing where nobody listens.
/// pipelines/deploy/operations.md lists them.
/// </summary>
internal static class BuildInstruments
{
    public const string Name = "EcgData.Ingest";

    /// <summary>From what a record takes to what a night takes, seconds.</summary>
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000],
    };

    public static readonly ActivitySource Spans = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Records = Meter.CreateCounter<long>(
        "ecgdata.records", "{record}", "Source records that were read, by source, state (kept, kept with flags, rejected) and reason.");

    private static readonly Counter<long> Shards = Meter.CreateCounter<long>(
        "ecgdata.shards", "{shard}", "Shards of a plan, by source and outcome (built, reused).");

    private static readonly Counter<long> FilesAsked = Meter.CreateCounter<long>(
        "ecgdata.source.asked", "{file}", "Files of a source that planning asked the system for, by source; not those of folders that have not changed.");

    private static readonly Counter<long> SourceBytes = Meter.CreateCounter<long>(
        "ecgdata.source.read", "By", "Bytes of record files, by source; records inside a container are not counted.");

    private static readonly Counter<long> ShardBytes = Meter.CreateCounter<long>("ecgdata.shard.written", "By", "Bytes of finished shards, by source.");

    private static readonly Histogram<double> Stages = Meter.CreateHistogram(
        "ecgdata.stage.duration", "s", "Seconds of a build's stages (list, shards, shard, commit), by stage.", null, Durations);

    private static readonly Histogram<double> RecordStages = Meter.CreateHistogram(
        "ecgdata.record.duration", "s", "Seconds of a record's stages (read, condition, encode), by stage and source.", null, Durations);

    private static readonly UpDownCounter<long> WorkBytes = Meter.CreateUpDownCounter<long>(
        "ecgdata.work.memory", "By", "Bytes that the records in work hold of their budget.");

    private static readonly UpDownCounter<long> WorkRecords = Meter.CreateUpDownCounter<long>("ecgdata.work.records", "{record}", "Records in work.");

    public static void Begun(long budgetBytes)
    {
        WorkRecords.Add(1);
        WorkBytes.Add(budgetBytes);
    }

    public static void Ended(long budgetBytes)
    {
        WorkRecords.Add(-1);
        WorkBytes.Add(-budgetBytes);
    }

    public static void RecordDone(string source, RecordInWork item, RecordOutcome outcome)
    {
        if (Records.Enabled)
        {
            var tags = new TagList { { "source", source }, { "state", StateName(outcome.State) } };
            if (outcome.Reason is { } reason) tags.Add("reason", reason);
            Records.Add(1, tags);
            SourceBytes.Add(item.FileBytes, new KeyValuePair<string, object?>("source", source));
        }

        if (!RecordStages.Enabled) return;
        Stage("read", item.Times.Read);
        Stage("condition", item.Times.Condition);
        Stage("encode", item.Times.Encode);

        void Stage(string stage, TimeSpan time) => RecordStages.Record(
            time.TotalSeconds, new KeyValuePair<string, object?>("stage", stage), new KeyValuePair<string, object?>("source", source));
    }

    public static void Asked(string source, int files) => FilesAsked.Add(files, new KeyValuePair<string, object?>("source", source));

    public static void ShardDone(string source, bool reused, long sizeBytes)
    {
        if (!Shards.Enabled) return;
        Shards.Add(1, new("source", source), new("outcome", reused ? "reused" : "built"));
        if (!reused) ShardBytes.Add(sizeBytes, new KeyValuePair<string, object?>("source", source));
    }

    public static void StageDone(string stage, TimeSpan time) =>
        Stages.Record(time.TotalSeconds, new KeyValuePair<string, object?>("stage", stage));

    /// <summary>The span of a shard job, or null where nobody listens.</summary>
    public static Activity? StartShard(PlannedShard shard, int index)
    {
        if (Spans.StartActivity("shard") is not { } span) return null;
        return span.SetTag("ecgdata.source", shard.Catalogue.Name).SetTag("ecgdata.shard.index", index).SetTag("ecgdata.shard.reused", false)
            .SetTag("ecgdata.records", shard.Count);
    }

    private static string StateName(RecordState state) => state switch
    {
        RecordState.Kept => "kept",
        RecordState.KeptWithFlags => "kept with flags",
        _ => "rejected",
    };
}
