using System.IO.Hashing;
using System.Text.Json;

namespace EcgData.Shards;

/// <summary>
/// What a catalogue's footer tells of one of its row groups, under the key <see cref="MetadataKey"/>: enough to take it over into the next
/// version's catalogue as it stands, and to know what its records add up to without reading them.
/// </summary>
public sealed record CatalogueGroup
{
    /// <summary>Key of the list of all of them in the file's metadata.</summary>
    public const string MetadataKey = "ecgdata.row_groups";

    /// <summary>Name of the source in the corpus, <c>ptb-xl</c>.</summary>
    public required string Source { get; init; }

    public required int Rows { get; init; }

    /// <summary>All its pages, which follow those of the row group before.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>All that its rows follow from, as one hash, hex; null where nobody can tell.</summary>
    public string? Inputs { get; init; }

    /// <summary>Kept records by label; null where there are more than <see cref="MostLabels"/>.</summary>
    public IReadOnlyDictionary<string, long>? Labels { get; init; }

    /// <summary>What its records add up to; null where their receipts did not tell.</summary>
    public CatalogueSums? Sums { get; init; }

    /// <summary>XxHash128, hex, of its pages, of their place and of all above: what is taken over is held against it.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Labels beyond which a row group does not count them: a footer is read whole.</summary>
    public const int MostLabels = 256;

    /// <summary>This, with the digest that belongs to it.</summary>
    /// <param name="rowGroup">Its structure in the footer of a file that begins with it.</param>
    internal CatalogueGroup Sealed(ReadOnlySpan<byte> pages, ReadOnlySpan<byte> rowGroup) => this with { Digest = DigestOf(pages, rowGroup) };

    internal bool Holds(ReadOnlySpan<byte> pages, ReadOnlySpan<byte> rowGroup) => Digest == DigestOf(pages, rowGroup);

    private string DigestOf(ReadOnlySpan<byte> pages, ReadOnlySpan<byte> rowGroup)
    {
        var hash = new XxHash128();
        hash.Append(pages);
        hash.Append(rowGroup);
        hash.Append(JsonSerializer.SerializeToUtf8Bytes(this with { Digest = "" }, CorpusJson.Compact.For<CatalogueGroup>()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>What a row group's records add up to; sums of row groups add up to their source's.</summary>
/// <param name="Seconds">Of signal stored: decimal, so that the sum is the same whatever the order.</param>
/// <param name="Rejections">Rejected records by reason.</param>
/// <param name="Flags">Kept records by flag.</param>
/// <param name="Signature">Of the shards' rows, hex (<see cref="ContentSignature"/>).</param>
/// <param name="Statistics">Exact sums per lead.</param>
public sealed record CatalogueSums(
    RecordCounts Records, long Segments, decimal Seconds, IReadOnlyDictionary<string, long> Rejections, IReadOnlyDictionary<string, long> Flags,
    string Signature, IReadOnlyDictionary<string, LeadStatistics> Statistics);
