using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using EcgData.Shards;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>Makes the plan of a build: reads the catalogues, cuts them into shards, and sees which are there.</summary>
/// <param name="corpus">The corpus to plan for.</param>
/// <param name="checksums">What is known of the sources' files.</param>
/// <param name="findSource">The source of a name, <see cref="KnownSources.Find"/>.</param>
/// <param name="trust">What a shard that is there is taken for.</param>
public sealed class Planner(CorpusStore corpus, ChecksumBook checksums, Func<string, IEcgSource> findSource, ShardTrust trust = ShardTrust.Size)
{
    private const int MostCores = 512;   // that a parallel query takes

    /// <param name="sources">Name in the corpus and folder of each source to build.</param>
    /// <param name="limit">Take the first records of each source's table only.</param>
    /// <param name="progress">Gets sentences on what is being done.</param>
    /// <exception cref="SourceException">A folder is not its source.</exception>
    /// <exception cref="CorpusException">The corpus is damaged, or its other sources were built with another recipe.</exception>
    /// <exception cref="ArgumentException">The recipe does not fit the sources.</exception>
    public async Task<BuildPlan> CreateAsync(
        BuildRecipe recipe, IReadOnlyDictionary<string, string> sources, IReadOnlyCollection<string> drop, int? limit,
        UnreadFiles unread, IProgress<PlanningStep>? progress, CancellationToken cancel)
    {
        recipe.Validate();
        if (recipe.Sources.Keys.FirstOrDefault(name => !sources.ContainsKey(name)) is { } unused)
            throw new ArgumentException(
                $"Recipe key 'sources.{unused}' sets options for a source that is not built. " +
                $"Name it with --source {unused}=DIR, or take the key out.");
        var head = await corpus.Objects.FindAsync(CorpusPaths.Head, cancel);
        var parent = head is null ? null : await corpus.ReadAnyManifestAsync(null, cancel);
        CheckCarriedOver(recipe, sources, drop, parent);
        var (erasures, erasuresTag) = await corpus.ReadErasuresAsync(cancel);
        var erased = new ErasedPatients(erasures);
        if (parent is not null && erasures?.Withdrawn.Contains(parent.Id) == true)
            await CheckErasedAsync(parent, erased, name => !sources.ContainsKey(name) && !drop.Contains(name), cancel);

        List<SourceCatalogue> catalogues = [];
        try
        {
            foreach (var (name, path) in sources.OrderBy(source => source.Key, StringComparer.Ordinal))
            {
                cancel.ThrowIfCancellationRequested();
                var options = recipe.Sources.TryGetValue(name, out var set) ? set : new SourceOptions();
                var listed = new InlineProgress<long>(count => progress?.Report(new PlanningStep(name, "listed", count)));
                using var span = BuildInstruments.Spans.StartActivity("list")?.SetTag("ecgdata.source", name);
                var start = Stopwatch.GetTimestamp();
                catalogues.Add(SourceCatalogue.Read(
                    name, findSource(name), new SourceFolder(path), options, limit, listed, cancel, erased));
                span?.SetTag("ecgdata.records", catalogues[^1].Count);
                BuildInstruments.StageDone("list", Stopwatch.GetElapsedTime(start));
            }

            var finished = new FinishedJobs(corpus, parent, trust);
            await finished.CheckCarriedOverAsync(shard => !sources.ContainsKey(shard.Source) && !drop.Contains(shard.Source), cancel);
            List<PlannedShard> shards = [];
            foreach (var catalogue in catalogues)
            {
                long checkedRecords = 0;
                var inputsHead = InputDigest.HeadOf(catalogue, recipe);
                // what takes time is asking for files, and reading those without a checksum: as many at once as there are cores, and no core waits
                // for another but at the very end
                var compared = Partitioner.Create(catalogue.Cut(recipe.Shards.TargetRows), EnumerablePartitionerOptions.NoBuffering)
                    .AsParallel().AsOrdered().WithMergeOptions(ParallelMergeOptions.NotBuffered)
                    .WithDegreeOfParallelism(Math.Min(Environment.ProcessorCount, MostCores)).WithCancellation(cancel)
                    .Select(cut => (Cut: cut, Inputs: InputsOf(catalogue, inputsHead, cut.First, cut.Count, unread, cancel, finished.IsOfParent)));
                foreach (var ((folder, first, count), (digest, readable)) in compared)
                {
                    shards.Add(new PlannedShard
                    {
                        Catalogue = catalogue,
                        Folder = folder,
                        First = first,
                        Count = count,
                        Readable = readable,
                        InputDigest = digest,
                        Reused = digest is not null && await finished.HoldAsync(digest, cancel) ? digest : null,
                    });
                    progress?.Report(new PlanningStep(catalogue.Name, "compared", checkedRecords += count));
                }
            }

            return new BuildPlan
            {
                Recipe = recipe,
                Catalogues = catalogues,
                Shards = shards,
                Parent = parent,
                HeadTag = head?.Tag,
                ErasuresTag = erasuresTag,
                Dropped = drop,
                Trust = trust,
            };
        }
        catch
        {
            catalogues.ForEach(catalogue => catalogue.Dispose());
            throw;
        }
    }

    /// <summary>What a range of records would be built from.</summary>
    /// <param name="head">As <see cref="InputDigest.HeadOf"/> makes it.</param>
    /// <param name="isOfParent">
    /// Whether the version before has a digest. Where it has, and the folders are as they were when all files were there, it is not asked for them again.
    /// </param>
    internal ShardInputs InputsOf(
        SourceCatalogue catalogue, string head, int first, int count, UnreadFiles unread, CancellationToken cancel,
        Func<string, bool>? isOfParent = null)
    {
        using var entries = catalogue.ReadEntries(first, count);
        var folders = isOfParent is null ? null : checksums.Folders.Look(catalogue.Folder, entries, count);
        if (folders is { } unchanged && checksums.Folders.Holds(unchanged))
        {
            var asPublished = InputsAsPublished(head, entries, unchanged.Files);
            // whether to build is decided by asking, never by what is remembered
            if (isOfParent!(asPublished.Digest!)) return asPublished;
        }

        var marks = new List<string>(2 * count);
        var marksEnds = new int[count + 1];
        List<(int Mark, RecordFile File)> unknown = [];
        var (readable, allPlain) = (0, true);
        for (var index = 0; index < count; index++)
        {
            cancel.ThrowIfCancellationRequested();
            var isReadable = false;
            for (var files = EntryCodec.FilesOf(entries[index]); files.Next();)
            {
                var glance = files.IsContainer ? null : checksums.Glance(catalogue.Folder, files.Path, files.IsPublished);
                allPlain &= glance == FileState.Published;
                if (MarkOf(catalogue.Folder, files, glance) is not { } mark)
                {
                    if (unread == UnreadFiles.Leave) return new ShardInputs(null, count);
                    unknown.Add((marks.Count, files.ToFile()));
                    mark = "";
                }

                isReadable = mark != InputDigest.Missing && (isReadable || marks.Count == marksEnds[index]);
                marks.Add(mark);
            }

            if (isReadable) readable++;
            marksEnds[index + 1] = marks.Count;
        }

        BuildInstruments.Asked(catalogue.Name, marks.Count);
        if (allPlain && folders is { } complete) checksums.Folders.Keep(complete);
        var known = CollectionsMarshal.AsSpan(marks);
        if (unknown.Count > 0)
        {
            var read = new string[unknown.Count];
            Parallel.For(0, read.Length, AllCores(cancel), index =>
                read[index] = InputDigest.MarkOf(unknown[index].File, Read(catalogue.Folder, unknown[index].File, cancel)));
            for (var index = 0; index < read.Length; index++) known[unknown[index].Mark] = read[index];
        }

        using var digest = new InputDigest(head);
        for (var index = 0; index < count; index++) digest.Add(entries[index], known[marksEnds[index]..marksEnds[index + 1]]);
        return new ShardInputs(digest.Finish(), readable);
    }

    /// <summary>As <see cref="InputsOf"/> would find it if every file were there and what is published.</summary>
    /// <param name="files">Of each entry.</param>
    private static ShardInputs InputsAsPublished(string head, EntryBlock entries, ReadOnlySpan<int> files)
    {
        var most = 0;
        foreach (var count in files) most = Math.Max(most, count);
        var marks = new string[most];
        Array.Fill(marks, InputDigest.AsPublished);
        using var digest = new InputDigest(head);
        for (var index = 0; index < files.Length; index++) digest.Add(entries[index], marks.AsSpan(0, files[index]));
        return new ShardInputs(digest.Finish(), Readable: files.Length - files.Count(0));
    }

    /// <summary>The digest of a job as its files turned out to be when they were read.</summary>
    internal string DigestAfterReading(PlannedShard shard, BuildRecipe recipe, IReadOnlySet<int> suspects, CancellationToken cancel)
    {
        var entries = new CatalogueEntry[shard.Count];
        var contents = new FileContent[shard.Count][];
        for (var index = 0; index < shard.Count; index++)
        {
            var entry = entries[index] = shard.Catalogue[shard.First + index];
            contents[index] = [.. entry.Files.Select(file => suspects.Contains(index)
                ? checksums.Read(shard.Catalogue.Folder, file, cancel)
                : checksums.Find(shard.Catalogue.Folder, file))];
        }

        using var digest = new InputDigest(shard.Catalogue, recipe);
        for (var index = 0; index < entries.Length; index++) digest.Add(entries[index], contents[index]);
        return digest.Finish();
    }

    /// <summary>What is known of each of an entry's files.</summary>
    internal FileContent[] ContentsOf(SourceFolder folder, CatalogueEntry entry)
    {
        var contents = new FileContent[entry.Files.Count];
        for (var index = 0; index < contents.Length; index++) contents[index] = checksums.Find(folder, entry.Files[index]);
        return contents;
    }

    /// <param name="glance">What <see cref="ChecksumBook.Glance"/> says of the file.</param>
    /// <returns>null where the file has to be read to know it.</returns>
    private string? MarkOf(SourceFolder folder, EntryCodec.FilesOfEntry at, FileState? glance)
    {
        if (glance == FileState.Missing) return InputDigest.Missing;
        if (glance == FileState.Published) return InputDigest.AsPublished;
        var file = at.ToFile();
        var content = checksums.Find(folder, file);
        return content.State == FileState.Unread ? null : InputDigest.MarkOf(file, content);
    }

    private static ParallelOptions AllCores(CancellationToken cancel) =>
        new() { CancellationToken = cancel, MaxDegreeOfParallelism = Environment.ProcessorCount };

    private FileContent Read(SourceFolder folder, RecordFile file, CancellationToken cancel)
    {
        if (!file.IsContainer) return checksums.Read(folder, file, cancel);
        lock (checksums)
        {
            // thousands of records share a container: one of them reads it
            var content = checksums.Find(folder, file);
            return content.State == FileState.Unread ? checksums.Read(folder, file, cancel) : content;
        }
    }

    private static void CheckCarriedOver(
        BuildRecipe recipe, IReadOnlyDictionary<string, string> sources, IReadOnlyCollection<string> drop, VersionManifest? parent)
    {
        if (drop.FirstOrDefault(name => parent?.Sources.All(source => source.Name != name) ?? true) is { } unknown)
            throw new ArgumentException($"--drop {unknown}: the corpus holds no source of that name.");
        if (drop.FirstOrDefault(sources.ContainsKey) is { } both)
            throw new ArgumentException($"--drop {both}: the source is built at the same time. Name it once.");
        var kept = parent?.Sources.Where(source => !sources.ContainsKey(source.Name) && !drop.Contains(source.Name)).ToList() ?? [];
        if (kept.Count > 0 && parent!.RecipeHash != recipe.ConditioningHash())
            throw new ArgumentException(
                $"The recipe's conditioning is not the one that {string.Join(", ", kept.Select(source => source.Name))} in this corpus " +
                "went through. A corpus has one: name those sources too, --drop them, or build into another corpus.");
    }

    /// <summary>What is carried over stays as it is: it must hold nobody who was erased since.</summary>
    private async Task CheckErasedAsync(VersionManifest parent, ErasedPatients erased, Func<string, bool> isCarried, CancellationToken cancel)
    {
        if (!parent.Sources.Any(source => isCarried(source.Name))) return;
        var holding = (await PatientRows.FindAsync(corpus, parent, erased.Contain, cancel))
            .Select(row => row.Source).Where(isCarried).Distinct().Order(StringComparer.Ordinal).ToList();
        if (holding.Count > 0)
            throw new ArgumentException(
                $"{string.Join(", ", holding)}: holds a patient who was erased, and is not part of this build. Name it with --source " +
                $"{holding[0]}=DIR, so that it is built without, or take it out with --drop.");
    }

    /// <param name="Digest">null where a file would have to be read for it.</param>
    /// <param name="Readable">Records that have files, none of them missing.</param>
    internal readonly record struct ShardInputs(string? Digest, int Readable);

    /// <summary>Unlike <see cref="Progress{T}"/>, in the caller's thread and order.</summary>
    private sealed class InlineProgress<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}

/// <summary>How far planning is with a source.</summary>
/// <param name="Done">listed (its metadata read) or compared (with what the corpus has).</param>
public readonly record struct PlanningStep(string Source, string Done, long Records);

/// <summary>What planning does with files whose checksum is not known.</summary>
public enum UnreadFiles
{
    /// <summary>Reads them: the plan is exact.</summary>
    Read,

    /// <summary>Leaves them: their shards count as to be built.</summary>
    Leave,
}
