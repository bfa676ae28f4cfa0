using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;
using EcgData.Shards.Subsets;

namespace EcgData.Shards.Reading;

/// <summary>
/// What to keep in order to go on reading: at most 512 bytes of JSON. The position counts items and nothing else, so that batch size, world
/// and threads may change; what decides the order may not.
/// </summary>
public sealed record ReadingState
{
    /// <summary>Largest JSON that a state becomes, bytes.</summary>
    public const int LargestBytes = 512;

    public const int CurrentSchemaVersion = 1;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>Id of the corpus version.</summary>
    public required string Version { get; init; }

    /// <summary>XxHash128 of the selected rows, hex; null for all rows.</summary>
    public string? Subset { get; init; }

    public required ulong Seed { get; init; }

    public required int Epoch { get; init; }

    /// <summary>Of the next item.</summary>
    public required long Position { get; init; }

    public required ItemUnit Unit { get; init; }

    public required CropPlacement Crops { get; init; }

    public required double CropSeconds { get; init; }

    public required bool Ordered { get; init; }

    public required int OpenRowGroups { get; init; }

    public required int SourceRun { get; init; }

    /// <summary>XxHash128 of the sources' weights, hex; null where there are none.</summary>
    public string? Weights { get; init; }

    /// <exception cref="InvalidDataException">It is no state, or one of another release.</exception>
    public static ReadingState Parse(string json)
    {
        try
        {
            var state = JsonSerializer.Deserialize<ReadingState>(json, CorpusJson.Compact) ?? throw new JsonException("It is null.");
            if (state.SchemaVersion != CurrentSchemaVersion) throw new InvalidDataException(
                $"The reading state has schema version {state.SchemaVersion}; readable is {CurrentSchemaVersion}. Go on with the release that wrote it, or begin the epoch again.");
            if (state.Position >= 0 && state.Epoch >= 0) return state;
            throw new InvalidDataException($"The reading state has position {state.Position} of epoch {state.Epoch}; expected are numbers from 0 on. It is damaged: begin the epoch again.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The reading state is damaged: {e.Message} Expected is the JSON that a reader gave: begin the epoch again.", e);
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, CorpusJson.Compact);

    /// <summary>Options with which a reader goes on where this state was taken.</summary>
    /// <param name="options">Those of the run; batch, world, rank, threads and so on as they are to be from now on.</param>
    /// <exception cref="InvalidDataException">Version, subset or order are not those of the state: its position would mean something else.</exception>
    public ReadingOptions Continue(string versionId, RowSelection? selection, ReadingOptions options)
    {
        var now = Of(versionId, selection, options.Order, Position);
        Hold("the version", Version, now.Version, "--version, or the corpus as it was");
        Hold("the subset", Subset ?? "all rows", now.Subset ?? "all rows", "the subset that the run began with");
        Hold("seed", Seed, now.Seed);
        Hold("unit", Unit, now.Unit);
        Hold("crops", Crops, now.Crops);
        Hold("cropSeconds", CropSeconds, now.CropSeconds);
        Hold("ordered", Ordered, now.Ordered);
        Hold("openRowGroups", OpenRowGroups, now.OpenRowGroups);
        Hold("sourceRun", SourceRun, now.SourceRun);
        Hold("weights", Weights ?? "none", now.Weights ?? "none");
        return options with { From = Position, Order = options.Order with { Epoch = Epoch } };
    }

    internal static ReadingState Of(string versionId, RowSelection? selection, OrderOptions order, long position) => new()
    {
        Version = versionId,
        Subset = selection is null ? null : DigestOf(selection),
        Seed = order.Seed,
        Epoch = order.Epoch,
        Position = position,
        Unit = order.Unit,
        Crops = order.Crops,
        CropSeconds = order.CropSeconds,
        Ordered = order.Ordered,
        OpenRowGroups = order.OpenRowGroups,
        SourceRun = order.SourceRun,
        Weights = order.Weights.Count == 0 ? null : DigestOf(order.Weights),
    };

    private static string DigestOf(RowSelection selection)
    {
        var hash = new XxHash128();
        Span<int> count = [0];
        for (var group = 0; group < selection.Groups; group++)
        {
            count[0] = selection.CountOf(group);
            hash.Append(MemoryMarshal.AsBytes(count));
            hash.Append(MemoryMarshal.AsBytes(selection.BitsOf(group)));
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private static string DigestOf(IReadOnlyDictionary<string, double> weights)
    {
        var text = string.Join('\n', weights.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{pair.Key}\t{pair.Value.ToString("R", CultureInfo.InvariantCulture)}"));
        return Convert.ToHexStringLower(XxHash128.Hash(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    private static void Hold<T>(string what, T then, T now, string? expected = null)
    {
        if (!EqualityComparer<T>.Default.Equals(then, now)) throw new InvalidDataException(
            $"Reading cannot go on: {what} was {then} when the state was kept and is {now} now, which is another order. " +
            $"Give {expected ?? $"{what} {then}"}, or begin the epoch again.");
    }
}
