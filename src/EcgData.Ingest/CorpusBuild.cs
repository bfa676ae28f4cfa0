using System.Diagnostics;
using EcgData.Shards;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>Carries out a plan: builds the shards that are not there, then commits the version.</summary>
public sealed class CorpusBuild(CorpusStore corpus, BuildPlan plan, Planner planner, int workers)
{
    /// <summary>Shards in hand at a time: while one is made durable, the workers fill the next.</summary>
    private const int ShardsInHand = 2;

    /// <summary>Bytes that the records in work may hold: beyond it reading waits.</summary>
    private const long WorkBytes = 192L << 20;

    /// <summary>Records of a plan that leave tens of megabytes of garbage.</summary>
    private const int ManyRecords = 20_000;

    /// <summary>Builds what is missing and moves HEAD. What is finished when it fails or is cancelled is found again by the next build.</summary>
    /// <returns>The version; the parent itself where nothing has changed.</returns>
    /// <exception cref="OperationCanceledException">HEAD and every version are as they were.</exception>
    public async Task<VersionManifest> RunAsync(BuildProgress progress, CancellationToken cancel)
    {
        // what the commit takes over is read while the cores wait for disks now and then
        await using var parent = plan.ToBuild.Any() ? await ParentTables.OpenAsync(corpus, plan.Parent, cancel) : null;
        var receipts = await BuildShardsAsync(progress, cancel);
        // Now next to nothing is alive. A collection in the midst of the commit, which has its rows in hand, takes six times as long.
        if (plan.Records >= ManyRecords && plan.ToBuild.Any()) GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        var start = Stopwatch.GetTimestamp();
        using var span = BuildInstruments.Spans.StartActivity("commit");
        var version = await new VersionCommit(corpus, plan, receipts).RunAsync(parent, cancel);
        span?.SetTag("ecgdata.version", version.Id);
        progress.StageDone("commit", start);
        return version;
    }

    /// <summary>Builds what is missing of the plan's shards.</summary>
    /// <returns>The receipt's digest of each shard of the plan.</returns>
    internal async Task<string[]> BuildShardsAsync(BuildProgress progress, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        var digests = new string[plan.Shards.Count];
        var readers = plan.Catalogues.ToDictionary(catalogue => catalogue, catalogue => new Lazy<IRecordReader>(
            () => catalogue.Source.OpenReader(catalogue.Folder, catalogue.Options)));
        var scheduler = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, workers).ConcurrentScheduler;
        var budget = new ByteBudget(WorkBytes);
        try
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, digests.Length),
                new ParallelOptions { MaxDegreeOfParallelism = ShardsInHand, CancellationToken = cancel },
                async (index, stop) =>
                {
                    var shard = plan.Shards[index];
                    if (shard.Reused is { } digest)
                    {
                        digests[index] = digest;
                        BuildInstruments.ShardDone(shard.Catalogue.Name, reused: true, 0);
                        return;
                    }

                    digests[index] = (await BuildShardAsync(index, readers[shard.Catalogue].Value, scheduler, budget, progress, stop)).InputDigest;
                });
            progress.StageDone("shards", start);
            return digests;
        }
        finally
        {
            foreach (var reader in readers.Values.Where(reader => reader.IsValueCreated)) reader.Value.Dispose();
        }
    }

    private async Task<Receipt> BuildShardAsync(
        int index, IRecordReader reader, TaskScheduler scheduler, ByteBudget budget, BuildProgress progress, CancellationToken cancel)
    {
        var (shard, start) = (plan.Shards[index], Stopwatch.GetTimestamp());
        using var span = BuildInstruments.StartShard(shard, index);
        await using var job = new ShardJob(shard, plan.Recipe, corpus, planner, progress);
        var receipt = await job.RunAsync(reader, workers, scheduler, budget, cancel);
        span?.SetTag("ecgdata.shard.size", receipt.Shard?.SizeBytes ?? 0).SetTag("ecgdata.rows", receipt.Shard?.Rows ?? 0);
        progress.ShardDone();
        BuildInstruments.ShardDone(shard.Catalogue.Name, reused: false, receipt.Shard?.SizeBytes ?? 0);
        BuildInstruments.StageDone("shard", Stopwatch.GetElapsedTime(start));
        return receipt;
    }
}
