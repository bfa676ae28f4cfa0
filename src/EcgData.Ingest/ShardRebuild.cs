using System.Text.Json;
using EcgData.Shards;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>Makes shards of a version again from their sources and compares: the proof that a corpus is what it says it was made of.</summary>
/// <param name="scratch">Where the shards are made; each is removed when it has been compared.</param>
public sealed class ShardRebuild(
    CorpusStore corpus, VersionManifest version, ChecksumBook checksums, Func<string, IEcgSource> findSource, CorpusStore scratch)
{
    private const long WorkBytes = 192L << 20;   // as in a build

    /// <summary>Makes shards of one source again.</summary>
    /// <param name="folder">Where the source lies.</param>
    /// <param name="shardDone">Called with each shard that has been compared.</param>
    /// <returns>What differs: the inputs, which makes another shard lawful, or else the bytes.</returns>
    /// <exception cref="SourceException">The folder is not the source.</exception>
    public async Task<IReadOnlyList<VerificationProblem>> RunAsync(
        string name, string folder, IReadOnlyCollection<ManifestShard> shards, int workers, Action<ManifestShard>? shardDone, CancellationToken cancel)
    {
        var summary = version.Sources.Single(source => source.Name == name);
        var options = summary.Options.Length == 0 ? null : JsonSerializer.Deserialize<SourceOptions>(summary.Options, CorpusJson.Recipe);
        var recipe = new BuildRecipe
        {
            Conditioning = version.Recipe,
            Sources = options is null ? new Dictionary<string, SourceOptions>() : new Dictionary<string, SourceOptions> { [name] = options },
        };
        var (source, place) = (findSource(name), new SourceFolder(folder));
        var records = await RecordsOfAsync(shards, cancel);
        var erased = new ErasedPatients((await corpus.ReadErasuresAsync(cancel)).List);
        var entries = source.ReadCatalogue(place, options ?? new SourceOptions(), cancel).Select(entry => ErasedEntry.Unless(entry, name, erased));
        var listed = Entries(entries, records.Values);
        List<VerificationProblem> problems = [];
        foreach (var shard in shards)
        {
            if (!records.TryGetValue(shard, out var ids))
            {
                problems.Add(new VerificationProblem(shard.Path!, $"has no receipt {shard.InputDigest}, so its records are not known. Build again."));
            }
            else if (ids.Find(id => !listed.ContainsKey(id)) is { } vanished)
            {
                problems.Add(new VerificationProblem(
                    shard.Path!, $"cannot be made again: {place.Path} does not list record '{vanished}' any more. Give the release that it was made of."));
            }
            else
            {
                using var catalogue = SourceCatalogue.Restore(
                    name, source, place, options ?? new SourceOptions(), ids.Select(id => listed[id]), cancel);
                if (await CompareAsync(shard, catalogue, recipe, workers, cancel) is { } problem) problems.Add(problem);
            }

            shardDone?.Invoke(shard);
        }

        return problems;
    }

    private async Task<VerificationProblem?> CompareAsync(
        ManifestShard shard, SourceCatalogue catalogue, BuildRecipe recipe, int workers, CancellationToken cancel)
    {
        var planner = new Planner(scratch, checksums, findSource);
        var planned = new PlannedShard
        {
            Catalogue = catalogue,
            Folder = "",
            First = 0,
            Count = catalogue.Count,
            Readable = catalogue.Count,
            InputDigest = planner.InputsOf(catalogue, InputDigest.HeadOf(catalogue, recipe), 0, catalogue.Count, UnreadFiles.Read, cancel).Digest,
        };
        using var reader = catalogue.Source.OpenReader(catalogue.Folder, catalogue.Options);
        var scheduler = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, workers).ConcurrentScheduler;
        Receipt made;
        await using (var job = new ShardJob(planned, recipe, scratch, planner, new BuildProgress()))
            made = await job.RunAsync(reader, workers, scheduler, new ByteBudget(WorkBytes), cancel);
        if (made.Shard is { } written) await scratch.Objects.DeleteAsync(written.Path, cancel);
        await scratch.Objects.DeleteAsync(CorpusPaths.Receipt(made.InputDigest), cancel);
        if (made.Shard?.Sha256 == shard.Sha256) return null;
        var found = made.Shard?.Sha256 ?? "no shard, for every record is turned away";
        return new VerificationProblem(shard.Path!, made.InputDigest == shard.InputDigest
            ? $"made again from the same input it is another: {found}. The build is not deterministic, or one of the two machines is broken"
            : $"made again it is {found}: its inputs are not what they were. Give the release and the program that it was made with");
    }

    /// <summary>The records of each shard in the order of the plan, as its receipt has them.</summary>
    private async Task<Dictionary<ManifestShard, List<string>>> RecordsOfAsync(
        IReadOnlyCollection<ManifestShard> shards, CancellationToken cancel)
    {
        var records = new Dictionary<ManifestShard, List<string>>();
        foreach (var shard in shards)
        {
            if (await corpus.ReadReceiptAsync(shard.InputDigest, cancel) is { } receipt) records[shard] = [.. receipt.Records.Select(record => record.Id)];
        }

        return records;
    }

    private static Dictionary<string, CatalogueEntry> Entries(IEnumerable<CatalogueEntry> all, IEnumerable<List<string>> wanted)
    {
        var ids = wanted.SelectMany(shard => shard).ToHashSet(StringComparer.Ordinal);
        var entries = new Dictionary<string, CatalogueEntry>(StringComparer.Ordinal);
        foreach (var entry in all)
        {
            if (ids.Contains(entry.NativeId)) entries[entry.NativeId] = entry;
        }

        return entries;
    }
}
