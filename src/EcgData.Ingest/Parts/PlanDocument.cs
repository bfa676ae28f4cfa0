using System.Security.Cryptography;
using System.Text.Json;
using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>A plan written down, <c>plans/&lt;id&gt;/plan.json</c>: what many machines build together. Schema in <c>schemas/</c>.</summary>
public sealed record PlanDocument
{
    public const int CurrentSchemaVersion = 2;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>Hash of everything below.</summary>
    public required string Id { get; init; }

    public required BuildRecipe Recipe { get; init; }

    /// <summary>In the order of their names.</summary>
    public required IReadOnlyList<PlanSource> Sources { get; init; }

    public required IReadOnlyCollection<string> Dropped { get; init; }

    /// <summary>The version that HEAD named, or null.</summary>
    public required string? Parent { get; init; }

    /// <summary>By source, then in the order of the plan.</summary>
    public required IReadOnlyList<PlanShard> Shards { get; init; }

    public static PlanDocument Identify(PlanDocument contents)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(contents with { Id = "" }, BuildRecipe.Compiled.For<PlanDocument>());
        return contents with { Id = Convert.ToHexStringLower(SHA256.HashData(bytes))[..20] };
    }

    /// <summary>The shards that part <paramref name="number"/> of <paramref name="count"/> builds: neighbours, and about as many records as every other part has.</summary>
    /// <param name="number">From 1.</param>
    public IEnumerable<PlanShard> Part(int number, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, count);
        var all = Shards.Where(shard => !shard.Reused).Sum(shard => (long)shard.Count);
        long before = 0;
        foreach (var shard in Shards.Where(shard => !shard.Reused))
        {
            // the middle of a shard decides, so that each belongs to exactly one part
            var part = (int)Math.Min(count - 1, (before + (long)(shard.Count / 2)) * count / all);
            before += shard.Count;
            if (part == number - 1) yield return shard;
        }
    }
}

/// <summary>A source of a plan.</summary>
/// <param name="Folder">Absolute path on the machine that planned; a part may be told another.</param>
/// <param name="Limit">Records of the table that were taken, or null for all.</param>
/// <param name="CatalogueSha256">Over every entry in the order of the plan: another catalogue is another plan.</param>
public sealed record PlanSource(string Name, string Folder, int? Limit, string CatalogueSha256);

/// <summary>A shard job of a plan.</summary>
/// <param name="First">Index of its first record in its source's catalogue.</param>
/// <param name="Reused">It was there when the plan was made.</param>
/// <param name="EntriesOffset">Where its records stand in the source's entries; 0 where they do not.</param>
/// <param name="EntriesBytes">0 for a reused shard.</param>
public sealed record PlanShard(
    string Source, string Folder, int First, int Count, string InputDigest, bool Reused, long EntriesOffset, long EntriesBytes)
{
    public override string ToString() => $"{Source}{(Folder.Length == 0 ? "" : "/" + Folder)} records {First + 1}-{First + Count}";
}
