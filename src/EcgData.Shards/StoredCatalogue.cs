using System.Text.Json;
using EcgData.Shards.Parquet;

namespace EcgData.Shards;

/// <summary>A catalogue whose row groups can be taken over one by one.</summary>
public sealed class StoredCatalogue : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly FooterParts _footer;
    private readonly long[] _offsets;
    private byte[] _pages = [];

    private StoredCatalogue(Stream stream, FooterParts footer, IReadOnlyList<CatalogueGroup> groups, long[] offsets) =>
        (_stream, _footer, Groups, _offsets) = (stream, footer, groups, offsets);

    public IReadOnlyList<CatalogueGroup> Groups { get; }

    /// <param name="stream">A <c>catalogue.parquet</c>; seekable, closed with this.</param>
    /// <returns>null where its footer tells nothing of its row groups, or nothing that holds: an older program's, or damaged.</returns>
    public static async Task<StoredCatalogue?> OpenAsync(Stream stream, CancellationToken cancel = default)
    {
        try
        {
            var (footer, end) = await FooterParts.ReadAsync(stream, cancel);
            var groups = footer.Metadata.TryGetValue(CatalogueGroup.MetadataKey, out var text)
                ? JsonSerializer.Deserialize(text, CorpusJson.Compact.For<CatalogueGroup[]>())
                : null;
            if (groups?.Length == footer.RowGroups.Count)
            {
                var offsets = new long[groups.Length];
                long offset = FooterParts.FirstOffset;
                for (var index = 0; index < groups.Length; index++)
                {
                    offsets[index] = offset;
                    if (groups[index].SizeBytes <= 0 || groups[index].SizeBytes > Math.Min(end - offset, Array.MaxLength)) break;
                    offset += groups[index].SizeBytes;
                }

                if (offset == end) return new StoredCatalogue(stream, footer, groups, offsets);
            }
        }
        catch (Exception e) when (e is InvalidDataException or JsonException)
        {
            // its row groups are made again, and verifying tells of the damage
        }

        await stream.DisposeAsync();
        return null;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <summary>A row group as it stands. Its pages hold until the next is read.</summary>
    /// <returns>null where it is damaged.</returns>
    public async Task<CatalogueRowGroup?> ReadAsync(int index, CancellationToken cancel = default)
    {
        if (_pages.Length < Groups[index].SizeBytes) _pages = new byte[Groups.Max(group => group.SizeBytes)];
        var pages = _pages.AsMemory(0, (int)Groups[index].SizeBytes);
        _stream.Seek(_offsets[index], SeekOrigin.Begin);
        await _stream.ReadExactlyAsync(pages, cancel);
        try
        {
            var rowGroup = FooterParts.Rebase(_footer.RowGroups[index], FooterParts.FirstOffset - _offsets[index], 0);
            return Groups[index].Holds(pages.Span, rowGroup) ? new CatalogueRowGroup(Groups[index], pages, rowGroup) : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
