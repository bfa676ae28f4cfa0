using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace EcgData.Ahead;

/// <summary>The types of some assemblies, read without loading any.</summary>
internal sealed class Assemblies
{
    private readonly ILookup<string, DefinedType> _types;

    /// <param name="files">Files that are no assemblies are passed over.</param>
    public Assemblies(IEnumerable<string> files) =>
        _types = files.OrderBy(Path.GetFileName, StringComparer.Ordinal).SelectMany(Read).ToLookup(type => type.Name.FullName, StringComparer.Ordinal);

    public IEnumerable<DefinedType> All => _types.SelectMany(types => types);

    /// <summary>All types of a name as the runtime prints it: those that the compiler makes up are in several assemblies.</summary>
    public IEnumerable<DefinedType> Named(string fullName) => _types[fullName];

    private static IEnumerable<DefinedType> Read(string file)
    {
        var image = new PEReader(ImmutableArray.Create(File.ReadAllBytes(file)));
        if (!image.HasMetadata || image.GetMetadataReader() is not { IsAssembly: true } reader) return [];
        var signatures = new TypeTreeReader(reader.GetString(reader.GetAssemblyDefinition().Name));
        return reader.TypeDefinitions.Select(handle => new DefinedType(reader, signatures, handle));
    }
}
