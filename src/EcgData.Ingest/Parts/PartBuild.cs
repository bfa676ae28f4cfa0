using EcgData.Shards;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>
/// Builds one part of a plan on whatever machine it runs, and finishes a plan once all parts are built. Parts know nothing of each
/// other: what a part leaves is shards and receipts, which are the same whoever makes them, so one that runs twice, dies or comes late does no harm.
/// </summary>
public sealed class PartBuild(CorpusStore corpus, PlanDocument document, ChecksumBook checksums, Func<string, IEcgSource> findSource)
{
    private readonly PlanStore _plans = new(corpus);

    /// <summary>The plan of part <paramref name="number"/> of <paramref name="count"/>: its shards alone, those that are there already marked.</summary>
    /// <param name="folders">Where sources lie on this machine, as far as it is elsewhere than on the one that planned.</param>
    /// <exception cref="SourceException">A source is not there.</exception>
    /// <exception cref="InvalidDataException">The plan's entries are damaged.</exception>
    public async Task<BuildPlan> PlanAsync(int number, int count, IReadOnlyDictionary<string, string> folders, CancellationToken cancel)
    {
        var part = document.Part(number, count).ToList();
        List<SourceCatalogue> catalogues = [];
        List<PlannedShard> shards = [];
        try
        {
            foreach (var source in document.Sources.Where(source => part.Any(shard => shard.Source == source.Name)))
            {
                var folder = new SourceFolder(folders.GetValueOrDefault(source.Name, source.Folder));
                var jobs = part.Where(shard => shard.Source == source.Name).ToList();
                await using var entries = await _plans.OpenEntriesAsync(document.Id, source.Name, cancel);
                var options = document.Recipe.Sources.GetValueOrDefault(source.Name, new SourceOptions());
                var catalogue = SourceCatalogue.Restore(source.Name, findSource(source.Name), folder, options, EntriesOf(jobs, entries, folder), cancel);
                catalogues.Add(catalogue);
                var first = 0;
                foreach (var job in jobs)
                {
                    shards.Add(new PlannedShard
                    {
                        Catalogue = catalogue,
                        Folder = job.Folder,
                        First = first,
                        Count = job.Count,
                        Readable = job.Count,
                        InputDigest = job.InputDigest,
                        Reused = await _plans.FindReceiptAsync(document.Id, job.InputDigest, cancel),
                    });
                    first += job.Count;
                }
            }
        }
        catch
        {
            catalogues.ForEach(catalogue => catalogue.Dispose());
            throw;
        }

        return new BuildPlan { Recipe = document.Recipe, Catalogues = catalogues, Shards = shards };
    }

    /// <summary>Builds what is missing of a part.</summary>
    public async Task RunAsync(BuildPlan part, int workers, BuildProgress progress, CancellationToken cancel)
    {
        var planner = new Planner(corpus, checksums, findSource);
        var digests = await new CorpusBuild(corpus, part, planner, workers).BuildShardsAsync(progress, cancel);
        for (var index = 0; index < digests.Length; index++)
        {
            if (digests[index] != part.Shards[index].InputDigest)
                await _plans.WriteFoundAsync(document.Id, part.Shards[index].InputDigest!, digests[index], cancel);
        }
    }

    /// <summary>The shards of the plan that nobody has built yet.</summary>
    public async Task<IReadOnlyList<PlanShard>> FindMissingAsync(CancellationToken cancel)
    {
        List<PlanShard> missing = [];
        foreach (var shard in document.Shards)
        {
            if (await _plans.FindReceiptAsync(document.Id, shard.InputDigest, cancel) is null) missing.Add(shard);
        }

        return missing;
    }

    /// <summary>Commits the version of a plan that is built, and removes the plan.</summary>
    /// <exception cref="CorpusException">The corpus or a source has changed since the plan was made, or a shard is missing.</exception>
    public async Task<VersionManifest> FinishAsync(IReadOnlyDictionary<string, string> folders, CancellationToken cancel)
    {
        var head = await corpus.Objects.FindAsync(CorpusPaths.Head, cancel);
        var parent = head is null ? null : await corpus.ReadAnyManifestAsync(null, cancel);
        if (parent?.Id != document.Parent)
            throw new CorpusException(
                $"{corpus.Objects.Address}: HEAD is {parent?.Id ?? "not there"}, plan {document.Id} was made on {document.Parent ?? "no version"}: another build " +
                "finished first. Plan again; what both have made is reused.");
        var (erasures, erasuresTag) = await corpus.ReadErasuresAsync(cancel);
        List<SourceCatalogue> catalogues = [];
        try
        {
            foreach (var source in document.Sources) catalogues.Add(Relist(source, folders, new ErasedPatients(erasures), cancel));
            List<PlannedShard> shards = [];
            foreach (var shard in document.Shards)
            {
                shards.Add(new PlannedShard
                {
                    Catalogue = catalogues.Single(catalogue => catalogue.Name == shard.Source),
                    Folder = shard.Folder,
                    First = shard.First,
                    Count = shard.Count,
                    Readable = shard.Count,
                    InputDigest = shard.InputDigest,
                    Reused = await _plans.FindReceiptAsync(document.Id, shard.InputDigest, cancel) ?? throw new CorpusException(
                        $"{corpus.Objects.Address}: {shard} of plan {document.Id} is not built. Run the parts that are missing; 'ecgdata progress' names them."),
                });
            }

            var plan = new BuildPlan
            {
                Recipe = document.Recipe,
                Catalogues = catalogues,
                Shards = shards,
                Parent = parent,
                HeadTag = head?.Tag,
                ErasuresTag = erasuresTag,
                Dropped = document.Dropped,
            };
            var version = await new VersionCommit(corpus, plan, [.. shards.Select(shard => shard.Reused!)]).RunAsync(opened: null, cancel);
            await _plans.DeleteAsync(document.Id, CancellationToken.None);
            return version;
        }
        finally
        {
            catalogues.ForEach(catalogue => catalogue.Dispose());
        }
    }

    /// <summary>Lists a source again: the catalogue's rows come from it, and it must be what was planned.</summary>
    private SourceCatalogue Relist(PlanSource source, IReadOnlyDictionary<string, string> folders, ErasedPatients erased, CancellationToken cancel)
    {
        var folder = new SourceFolder(folders.GetValueOrDefault(source.Name, source.Folder));
        var options = document.Recipe.Sources.GetValueOrDefault(source.Name, new SourceOptions());
        var catalogue = SourceCatalogue.Read(source.Name, findSource(source.Name), folder, options, source.Limit, null, cancel, erased);
        if (PlanEntries.Hash(catalogue, cancel) == source.CatalogueSha256) return catalogue;
        catalogue.Dispose();
        throw new CorpusException(
            $"{folder.Path}: the metadata of {source.Name} is not what plan {document.Id} was made of. Plan again; what is built and has not changed is reused.");
    }

    /// <summary>The entries of the jobs, one job after the other; tells the book what the plan has found out about their files.</summary>
    private IEnumerable<CatalogueEntry> EntriesOf(IReadOnlyList<PlanShard> jobs, Stream entries, SourceFolder folder)
    {
        foreach (var job in jobs)
        {
            entries.Position = job.EntriesOffset;
            foreach (var (entry, contents) in PlanEntries.Read(entries, job.Count))
            {
                for (var index = 0; index < contents.Length; index++)
                {
                    if (contents[index].State == FileState.Known) checksums.Learn(folder, entry.Files[index], contents[index]);
                }

                yield return entry;
            }
        }
    }
}
