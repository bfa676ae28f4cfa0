using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcgData.Signals;

namespace EcgData.Shards;

/// <summary>Compares two versions of a corpus by their manifests and catalogues; no shard is read.</summary>
/// <remarks>
/// Records of shards that both versions have are the same. Of the others memory holds 48 bytes each, so a comparison costs what has
/// changed: a few megabytes after a nightly build, half a gigabyte where another recipe has changed eleven million records.
/// </remarks>
public sealed class VersionComparison(CorpusStore corpus, VersionManifest from, VersionManifest to)
{
    private const int MostExamples = 20;

    private readonly Dictionary<string, Tally> _tallies = new(StringComparer.Ordinal);

    /// <summary>Labels of the earlier version, once compared.</summary>
    public LabelTally LabelsBefore { get; } = new();

    /// <summary>Labels of the later version, once compared.</summary>
    public LabelTally LabelsAfter { get; } = new();

    public async Task<VersionDifference> RunAsync(CancellationToken cancel)
    {
        var same = from.Shards.Intersect(to.Shards).Select(shard => shard.Path).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var asking = Task.Run(() => GroupsAsync(from, cancel), cancel);
        var (groupsAfter, groupsBefore) = (await GroupsAsync(to, cancel), await asking);
        var both = groupsBefore.Select(group => group.Digest).Intersect(groupsAfter.Select(group => group.Digest)).ToHashSet(StringComparer.Ordinal);
        var before = new Dictionary<RecordKey, Marks>();
        await using var after = Rows(to, groupsAfter, both, same, LabelsAfter, cancel).GetAsyncEnumerator(cancel);
        var first = Task.Run(() => after.MoveNextAsync().AsTask(), cancel);   // after a night, one row group of each version is read: side by side
        try
        {
            await foreach (var row in Rows(from, groupsBefore, both, same, LabelsBefore, cancel)) before[RecordKey.Of(row.RecordId)] = Marks.Of(row);
        }
        finally
        {
            await ((Task)first).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);   // nobody may end what is under way
        }

        for (var isOne = await first; isOne; isOne = await after.MoveNextAsync())
        {
            var row = after.Current;
            if (!before.Remove(RecordKey.Of(row.RecordId), out var marks))
            {
                Count(row, RecordChange.Added);
                continue;
            }

            var changes = marks.Changes(Marks.Of(row)).ToList();
            foreach (var change in changes) Count(row, change);
            if (changes.Count > 0) TallyOf(row).Modified++;
        }

        if (before.Count > 0)
        {
            await foreach (var row in Rows(from, groupsBefore, both, same, labels: null, cancel))
            {
                if (before.ContainsKey(RecordKey.Of(row.RecordId))) Count(row, RecordChange.Removed);
            }
        }

        var names = from.Sources.Concat(to.Sources).Select(source => source.Name).Distinct().Order(StringComparer.Ordinal);
        return new VersionDifference(from.Id, to.Id, CorpusCauses(), [.. names.Select(Difference).OfType<SourceDifference>()], from.Signature, to.Signature);
    }

    /// <summary>What the catalogue tells of its row groups; nothing where an older program wrote it.</summary>
    private async Task<IReadOnlyList<CatalogueGroup>> GroupsAsync(VersionManifest version, CancellationToken cancel)
    {
        await using var catalogue = await corpus.OpenCatalogueAsync(version, cancel);
        return catalogue?.Groups ?? [];
    }

    /// <summary>The rows of the shards that only one version has; the labels of all are counted in <paramref name="labels"/>.</summary>
    /// <param name="groups">The version's row groups: those that count their own labels are not read for them.</param>
    /// <param name="both">Digests of the row groups that both versions have.</param>
    private async IAsyncEnumerable<CatalogueRow> Rows(
        VersionManifest version, IReadOnlyList<CatalogueGroup> groups, HashSet<string> both, HashSet<string> same, LabelTally? labels,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        if (labels is not null) await CountLabelsAsync(version, groups, labels, cancel);
        if (groups.Count > 0 && groups.All(group => both.Contains(group.Digest))) yield break;
        await foreach (var row in corpus.ReadCatalogueAsync(
            version, index => groups.Count == 0 || !both.Contains(groups[index].Digest), shard => shard is null || !same.Contains(shard), cancel))
        {
            yield return row;
        }
    }

    private async Task CountLabelsAsync(VersionManifest version, IReadOnlyList<CatalogueGroup> groups, LabelTally labels, CancellationToken cancel)
    {
        foreach (var group in groups.Where(group => group.Labels is not null)) labels.Add(group.Source, group.Labels!);
        if (groups.Count > 0 && groups.All(group => group.Labels is not null)) return;
        await foreach (var row in corpus.ReadCatalogueAsync(version, index => groups.Count == 0 || groups[index].Labels is null, null, cancel)) labels.Add(row);
    }

    private void Count(CatalogueRow row, RecordChange change) => TallyOf(row).Add(change, row.RecordId);

    private Tally TallyOf(CatalogueRow row)
    {
        var name = row.RecordId[..row.RecordId.IndexOf('/', StringComparison.Ordinal)];
        if (!_tallies.TryGetValue(name, out var tally)) _tallies[name] = tally = new Tally();
        return tally;
    }

    private SourceDifference? Difference(string name)
    {
        var (before, after) = (from.Sources.FirstOrDefault(source => source.Name == name), to.Sources.FirstOrDefault(source => source.Name == name));
        var shardsBefore = from.Shards.Where(shard => shard.Source == name).ToHashSet();
        var shardsAfter = to.Shards.Where(shard => shard.Source == name).ToHashSet();
        var kept = shardsBefore.Count(shardsAfter.Contains);
        var causes = Causes(before, after);
        var tally = _tallies.GetValueOrDefault(name) ?? new Tally();
        return causes.Count == 0 && tally.Counts.Count == 0 && kept == shardsBefore.Count && kept == shardsAfter.Count
            ? null
            : new SourceDifference(name, causes, tally.Counts, tally.Modified, tally.Examples, kept, shardsAfter.Count - kept, shardsBefore.Count - kept);
    }

    private List<string> CorpusCauses()
    {
        var causes = new List<string>();
        Compare(causes, "recipe", NodeOf(from.Recipe), NodeOf(to.Recipe));
        Compare(causes, "processing version", Text(from.ProcessingVersion), Text(to.ProcessingVersion));
        Compare(causes, "writer's version", Text(from.WriterVersion), Text(to.WriterVersion));
        Compare(causes, "catalogue's version", Text(from.CatalogueVersion), Text(to.CatalogueVersion));
        return causes;
    }

    private static JsonNode? NodeOf(ConditioningOptions recipe) => JsonSerializer.SerializeToNode(recipe, CorpusJson.Compact.For<ConditioningOptions>());

    private static List<string> Causes(SourceSummary? before, SourceSummary? after)
    {
        if (before is null) return ["the source is new"];
        if (after is null) return ["the source was taken out"];
        var causes = new List<string>();
        Compare(causes, "release", before.Release, after.Release);
        Compare(causes, "licence", before.Licence, after.Licence);
        Compare(causes, "reader's version", Text(before.ReaderVersion), Text(after.ReaderVersion));
        Compare(causes, "options", before.Options, after.Options);
        return causes;
    }

    /// <summary>Every value of a recipe that is another, by its key.</summary>
    private static void Compare(List<string> causes, string key, JsonNode? before, JsonNode? after)
    {
        if (before is JsonObject a && after is JsonObject b)
        {
            foreach (var name in a.Select(pair => pair.Key).Union(b.Select(pair => pair.Key))) Compare(causes, $"{key}.{name}", a[name], b[name]);
        }
        else if (!JsonNode.DeepEquals(before, after))
        {
            causes.Add($"{key}: {before?.ToJsonString() ?? "nothing"}, now {after?.ToJsonString() ?? "nothing"}");
        }
    }

    private static void Compare(List<string> causes, string what, string before, string after)
    {
        if (before != after) causes.Add($"{what}: {(before.Length == 0 ? "none" : before)}, now {(after.Length == 0 ? "none" : after)}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A record's id as a hash. Not a UInt128: code that has one is never compiled ahead of time.</summary>
    private readonly record struct RecordKey(ulong First, ulong Second)
    {
        public static RecordKey Of(string recordId)
        {
            Span<byte> hash = stackalloc byte[QuickHash.Bytes128];
            QuickHash.Write128(MemoryMarshal.AsBytes(recordId.AsSpan()), hash);
            return MemoryMarshal.Read<RecordKey>(hash);
        }
    }

    /// <summary>A record's row as four hashes, one for each way in which it may change.</summary>
    private readonly record struct Marks(ulong Files, ulong Labels, ulong Metadata, ulong Outcome, bool IsErased)
    {
        public static Marks Of(CatalogueRow row) => new(
            Hash([.. row.Files, .. row.Checksums]),
            Hash([.. row.Labels, .. row.LabelWeights.Select(weight => weight.ToString("R", CultureInfo.InvariantCulture))]),
            Hash([row.Patient, Text(row.PatientKnown), row.Site, row.Recorded, Text(row.AgeYears), row.Sex, Text(row.Fold), row.Licence]),
            Hash([
                row.State, row.Reason, Text(row.Flags), Text(row.Segments), Text(row.NativeSamplingFrequencyHz), Text(row.NativeSamples),
                row.DuplicateOf]),
            row.IsErased);

        public IEnumerable<RecordChange> Changes(Marks other)
        {
            if (other.IsErased && !IsErased)
            {
                yield return RecordChange.Erased;   // nothing else is known of it any more
                yield break;
            }

            if (Files != other.Files) yield return RecordChange.Files;
            if (Labels != other.Labels) yield return RecordChange.Labels;
            if (Metadata != other.Metadata) yield return RecordChange.Metadata;
            if (Outcome != other.Outcome) yield return RecordChange.Outcome;
        }

        private static string? Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture);

        private static ulong Hash(IEnumerable<string?> fields) =>
            QuickHash.Of(MemoryMarshal.AsBytes(string.Join('\0', fields.Select(field => field ?? "\u0001")).AsSpan()));
    }

    /// <summary>Counts of changes, with the first few ids of each.</summary>
    private sealed class Tally
    {
        private readonly SortedDictionary<RecordChange, IReadOnlyList<string>> _examples = [];

        public SortedDictionary<RecordChange, long> Counts { get; } = [];

        /// <summary>Records that are in both versions and have changed, in however many ways.</summary>
        public long Modified { get; set; }

        public IReadOnlyDictionary<RecordChange, IReadOnlyList<string>> Examples => _examples;

        public void Add(RecordChange change, string recordId)
        {
            Counts[change] = Counts.GetValueOrDefault(change) + 1;
            if (change == RecordChange.Erased) return;   // nothing that is kept names who was erased
            if (Counts[change] == 1) _examples[change] = new List<string>(MostExamples);
            if (Counts[change] <= MostExamples) ((List<string>)_examples[change]).Add(recordId);
        }
    }
}
