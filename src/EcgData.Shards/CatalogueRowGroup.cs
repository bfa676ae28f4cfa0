namespace EcgData.Shards;

/// <summary>A row group of a catalogue, encoded.</summary>
public sealed class CatalogueRowGroup
{
    internal CatalogueRowGroup(CatalogueGroup group, ReadOnlyMemory<byte> pages, byte[] structure) =>
        (Group, Pages, Structure) = (group, pages, structure);

    public CatalogueGroup Group { get; }

    internal ReadOnlyMemory<byte> Pages { get; }

    /// <summary>As in the footer of a file that begins with it.</summary>
    internal byte[] Structure { get; }
}
