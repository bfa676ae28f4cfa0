using System.Security.Cryptography;
using System.Text;
using EcgData.Shards;
using EcgData.Shards.Publication;
using EcgData.Signals;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>
/// Turns the receipts of a plan into a version: catalogue, row-group table, manifest, and HEAD last. What the version before has of the same
/// shards is taken over as it stands; of the others it holds a few receipts and a row group of the catalogue at a time.
/// </summary>
internal sealed class VersionCommit(CorpusStore corpus, BuildPlan plan, IReadOnlyList<string> receiptDigests)
{
    private readonly List<SourceSummary> _sources = [];
    private readonly List<ManifestShard> _shards = [];
    private readonly List<RowGroupRow> _rowGroups = [];

    /// <param name="opened">The tables of the version before, or null to open them if they are needed.</param>
    public async Task<VersionManifest> RunAsync(ParentTables? opened, CancellationToken cancel)
    {
        if (plan.Parent is { } parent && VersionForecast.Is(parent, plan, receiptDigests) && await TablesHoldAsync(parent, cancel))
        {
            await CheckShardsAsync(parent.Shards, cancel);
            return parent;
        }

        await using var catalogueWriter = corpus.Objects.Create();
        await using var rowGroupWriter = corpus.Objects.Create();
        ManifestTable catalogue;
        Task<ManifestTable>? rowGroups = null;
        try
        {
            await using var own = opened is null ? await ParentTables.OpenAsync(corpus, plan.Parent, cancel) : null;
            await using var hashed = new HashingStream(catalogueWriter.Stream);
            await using (var table = await CatalogueTableWriter.CreateAsync(hashed, cancel))
            {
                await AddSourcesAsync(table, opened ?? own!, cancel);
                rowGroups = Task.Run(() => WriteRowGroupsAsync(rowGroupWriter.Stream, cancel), cancel);   // the catalogue's last rows take a core too
            }

            catalogue = new ManifestTable(hashed.Finish(), hashed.Length, _shards.Sum(shard => (long)shard.Records));
        }
        finally
        {
            // whatever has failed: nothing is written any more when the writers are disposed of
            if (rowGroups is not null) await ((Task)rowGroups).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        var manifest = VersionManifest.Identify(Contents(catalogue, await rowGroups));
        await CheckShardsAsync(_shards, cancel);
        if (plan.Parent?.Id == manifest.Id && await TablesHoldAsync(manifest, cancel)) return manifest;
        cancel.ThrowIfCancellationRequested();
        await Task.WhenAll(   // each waits for the disk
            catalogueWriter.CommitAsync(CorpusPaths.Catalogue(manifest.Id), CancellationToken.None),
            rowGroupWriter.CommitAsync(CorpusPaths.RowGroups(manifest.Id), CancellationToken.None),
            DescribeAsync(manifest));
        await corpus.WriteManifestAsync(manifest, CancellationToken.None);
        await CheckErasuresAsync(manifest.Id);
        await corpus.MoveHeadAsync(manifest.Id, plan.HeadTag, CancellationToken.None);
        return manifest;
    }

    private async Task<ManifestTable> WriteRowGroupsAsync(Stream stream, CancellationToken cancel)
    {
        await using var hashed = new HashingStream(stream);
        await RowGroupTable.WriteAsync(hashed, _rowGroups, cancel);
        return new ManifestTable(hashed.Finish(), hashed.Length, _rowGroups.Count);
    }

    /// <summary>Nobody was erased while the version was made. After the manifest is written: whoever erases later finds it there and withdraws it.</summary>
    private async Task CheckErasuresAsync(string id)
    {
        if ((await corpus.Objects.FindAsync(CorpusPaths.Erasures))?.Tag == plan.ErasuresTag) return;
        if (plan.Parent?.Id != id)
        {
            string[] documents = [CorpusPaths.Manifest(id), CorpusPaths.Catalogue(id), CorpusPaths.RowGroups(id), CorpusPaths.Croissant(id), CorpusPaths.DataCard(id)];
            foreach (var document in documents) await corpus.Objects.DeleteAsync(document);
        }

        throw new CorpusException(
            $"{corpus.Objects.Address}: a patient was erased while this was built. HEAD is as it was, and nothing is lost: build again, and what " +
            "does not hold the patient is reused.");
    }

    /// <summary>What search engines and people are told of the version.</summary>
    private async Task DescribeAsync(VersionManifest manifest)
    {
        var sources = manifest.Sources.Select(Describe).ToList();
        await Task.WhenAll(
            WriteAsync(CorpusPaths.Croissant(manifest.Id), Croissant.Describe(manifest, sources)),
            WriteAsync(CorpusPaths.DataCard(manifest.Id), DataCard.Describe(manifest, sources)));
    }

    /// <summary>A source that was carried over may be one that this program does not read.</summary>
    private static SourceDescription Describe(SourceSummary source)
    {
        var known = KnownSources.All.FirstOrDefault(known => known.Manifest.Name == source.Name.Split('#')[0])?.Manifest;
        return new SourceDescription(
            source.Name, known?.Title ?? source.Release, known?.Access ?? "unknown", source.Licence, known?.Citation ?? source.Release,
            known?.Doi, known?.Home, known?.Published);
    }

    private async Task WriteAsync(string name, byte[] content)
    {
        await using var writer = corpus.Objects.Create();
        await writer.Stream.WriteAsync(content);
        await writer.CommitAsync(name);
    }

    private VersionManifest Contents(ManifestTable catalogue, ManifestTable rowGroups)
    {
        var records = _sources.Aggregate(RecordCounts.Zero, (sum, source) => sum + source.Records);
        if (!records.AddUp || records.Read != catalogue.Rows || _shards.Sum(shard => (long)shard.Rows) != _sources.Sum(s => s.Segments))
            throw new InvalidOperationException(
                $"The books do not balance: {records.Read} records read, {records.Kept} kept, {records.KeptWithFlags} kept with flags, " +
                $"{records.Rejected} rejected, {catalogue.Rows} catalogued. Nothing is committed.");
        return new VersionManifest
        {
            Id = "",
            Recipe = plan.Recipe.Conditioning,
            RecipeHash = plan.Recipe.ConditioningHash(),
            ProcessingVersion = Conditioning.ProcessingVersion,
            WriterVersion = ShardWriter.WriterVersion,
            CatalogueVersion = CatalogueTableWriter.Version,
            Signature = VersionManifest.Join(_sources),
            Sources = _sources,
            Totals = new VersionTotals(
                records, _sources.Sum(source => source.Segments), _sources.Sum(source => source.Seconds),
                _shards.Count(shard => shard.Path is not null), _shards.Sum(shard => shard.SizeBytes)),
            Catalogue = catalogue,
            RowGroups = rowGroups,
            Shards = _shards,
        };
    }

    /// <summary>Writes the catalogue, source by source; on the way it sums up each source and gathers its shards and row groups.</summary>
    private async Task AddSourcesAsync(CatalogueTableWriter table, ParentTables parent, CancellationToken cancel)
    {
        var names = plan.Catalogues.Select(built => built.Name).Concat(plan.CarriedOver.Select(carried => carried.Name));
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            if (plan.Catalogues.FirstOrDefault(built => built.Name == name) is { } built) await AddBuiltAsync(table, built, parent, cancel);
            else await AddCarriedAsync(table, name, parent, cancel);
        }
    }

    private async Task AddBuiltAsync(CatalogueTableWriter table, SourceCatalogue catalogue, ParentTables parent, CancellationToken cancel)
    {
        var sums = new SourceSums();
        int[] shards = [.. Enumerable.Range(0, plan.Shards.Count).Where(index => plan.Shards[index].Catalogue == catalogue)];
        (string Digest, int Records)[] jobs = [.. shards.Select(index => (receiptDigests[index], plan.Shards[index].Count))];
        var source = KeyOf(
            catalogue.Name, catalogue.Release, catalogue.Source.Manifest.Licence, catalogue.Source.ReaderVersion, plan.Recipe.OptionsOf(catalogue.Name),
            plan.Recipe.ConditioningHash(), Conditioning.ProcessingVersion, ShardWriter.WriterVersion);
        List<int> starts = [.. CatalogueCuts.Find(jobs), jobs.Length];
        string[] inputs = [.. starts.Zip(starts.Skip(1)).Select(group => InputsOf(source, jobs.AsSpan(group.First..group.Second)))];
        await using var fresh = new FreshRowGroups(
            Enumerable.Range(0, inputs.Length).Where(group => !parent.Has(inputs[group])),
            group => FreshRowGroup.MakeAsync(corpus, plan, shards[starts[group]..starts[group + 1]], receiptDigests, inputs[group], cancel));
        for (var group = 0; group < inputs.Length; group++)
        {
            var digests = jobs[starts[group]..starts[group + 1]].Select(job => job.Digest);
            if (await parent.TakeAsync(inputs[group], digests, cancel) is { } taken)
            {
                await table.AddAsync(taken.Group, cancel);
                sums.Add(taken.Group.Group.Sums!);
                foreach (var shard in taken.Shards) await AddShardAsync(shard, parent, cancel);
                continue;
            }

            var made = await fresh.TakeAsync(group);
            await table.AddAsync(made.RowGroup, cancel);
            sums.Add(made.RowGroup.Group.Sums!);
            _shards.AddRange(made.Shards);
            _rowGroups.AddRange(made.RowGroupRows);
        }

        _sources.Add(sums.Summary(catalogue, plan.Recipe));
    }

    private async Task AddCarriedAsync(CatalogueTableWriter table, string name, ParentTables parent, CancellationToken cancel)
    {
        var summary = plan.Parent!.Sources.Single(source => source.Name == name);
        ManifestShard[] shards = [.. plan.Parent.Shards.Where(shard => shard.Source == name)];
        if (plan.Parent.CatalogueVersion == CatalogueTableWriter.Version)
        {
            long rows = 0;
            await foreach (var group in parent.TakeSourceAsync(name, cancel))
            {
                await table.AddAsync(group, cancel);
                rows += group.Group.Rows;
            }

            if (rows != summary.Records.Read) throw ParentTables.Damaged(name);
        }
        else
        {
            await EncodeCarriedAsync(table, summary, shards, cancel);
        }

        _sources.Add(summary);
        foreach (var shard in shards) await AddShardAsync(shard, parent, cancel);
    }

    /// <summary>A source that is carried over from a catalogue whose row groups cannot be: its rows are cut as a build would cut them.</summary>
    private async Task EncodeCarriedAsync(CatalogueTableWriter table, SourceSummary summary, ManifestShard[] shards, CancellationToken cancel)
    {
        (string Digest, int Records)[] jobs = [.. shards.Select(shard => (shard.InputDigest, shard.Records))];
        var source = KeyOf(
            summary.Name, summary.Release, summary.Licence, summary.ReaderVersion, summary.Options,
            plan.Parent!.RecipeHash, plan.Parent.ProcessingVersion, plan.Parent.WriterVersion);
        await using var rows = corpus.ReadCatalogueAsync(plan.Parent, cancel).Where(row => row.Source == summary.Release).GetAsyncEnumerator(cancel);
        List<int> starts = [.. CatalogueCuts.Find(jobs), jobs.Length];
        for (var group = 0; group + 1 < starts.Count; group++)
        {
            var (first, end) = (starts[group], starts[group + 1]);
            var taken = new List<CatalogueRow>();
            for (var left = jobs.AsSpan(first..end).ToArray().Sum(job => job.Records); left > 0; left--)
                taken.Add(await rows.MoveNextAsync() ? rows.Current : throw ParentTables.Damaged(summary.Name));
            await table.AddAsync(
                await CatalogueTableWriter.EncodeAsync(taken, InputsOf(source, jobs.AsSpan(first..end)), await TrySumAsync(jobs[first..end], cancel), cancel), cancel);
        }
    }

    /// <summary>What the receipts of shards add up to; null where one does not tell.</summary>
    private async Task<CatalogueSums?> TrySumAsync((string Digest, int Records)[] jobs, CancellationToken cancel)
    {
        var sums = new SourceSums();
        foreach (var (digest, _) in jobs)
        {
            if (await corpus.ReadReceiptAsync(digest, cancel) is not { Signature: not null } receipt) return null;
            sums.Add(receipt);
        }

        return sums.Sums();
    }

    /// <summary>A shard of the version before, with its row groups.</summary>
    private async Task AddShardAsync(ManifestShard shard, ParentTables parent, CancellationToken cancel)
    {
        _shards.Add(shard);
        if (shard.Path is not { } path) return;
        if (await parent.RowGroupsOfAsync(path) is { } rows)
        {
            _rowGroups.AddRange(rows);
            return;
        }

        var receipt = await corpus.ReadReceiptAsync(shard.InputDigest, cancel) ?? throw new CorpusException(
            $"{corpus.Objects.Address}: {CorpusPaths.RowGroups(plan.Parent!.Id)} says nothing of {path}, or is damaged, and the shard's receipt is missing. " +
            $"Name the source with --source {shard.Source}=DIR, and both are made again.");
        _rowGroups.AddRange(receipt.Shard!.RowGroups.Select(group => new RowGroupRow(path, group)));
    }

    /// <summary>What all row groups of a source follow from.</summary>
    private static string KeyOf(
        string name, string release, string licence, int readerVersion, string options, string recipeHash, int processingVersion, int writerVersion) =>
        $"ecgdata catalogue\n{CatalogueTableWriter.Version}\n{name}\n{release}\n{licence}\n{readerVersion}\n{options}\n{recipeHash}\n" +
        $"{processingVersion}\n{writerVersion}\n";

    private static string InputsOf(string source, ReadOnlySpan<(string Digest, int Records)> jobs)
    {
        var text = new StringBuilder(source);
        foreach (var (digest, _) in jobs) text.Append(digest).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Every shard of the version is there with its size: nothing that a version names may be missing from the day it is published.</summary>
    private async Task CheckShardsAsync(IEnumerable<ManifestShard> shards, CancellationToken cancel)
    {
        var stored = await corpus.ListSizesAsync(CorpusPaths.Shards, cancel);
        foreach (var shard in shards.Where(shard => shard.Path is not null))
        {
            if (stored.TryGetValue(shard.Path!, out var size) && size == shard.SizeBytes) continue;
            throw new CorpusException(
                $"{corpus.Objects.Address}: {shard.Path} " + (stored.ContainsKey(shard.Path!) ? $"has {size} bytes" : "is missing") +
                $", expected {shard.SizeBytes}. HEAD is as it was; build again, and the shard is made again. " +
                $"If source {shard.Source} is not part of this build, name it.");
        }
    }

    /// <summary>The tables of a version that is there already: what is missing or damaged is written again.</summary>
    private async Task<bool> TablesHoldAsync(VersionManifest manifest, CancellationToken cancel)
    {
        foreach (var (name, table) in new[] { (CorpusPaths.Catalogue(manifest.Id), manifest.Catalogue), (CorpusPaths.RowGroups(manifest.Id), manifest.RowGroups) })
        {
            if ((await corpus.Objects.FindAsync(name, cancel))?.SizeBytes != table.SizeBytes) return false;
            if (plan.Trust == ShardTrust.Content && await corpus.HashAsync(name, cancel) != table.Sha256) return false;
        }

        return true;
    }
}
