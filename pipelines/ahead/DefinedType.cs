using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace EcgData.Ahead;

/// <summary>A type in the assembly that defines it.</summary>
internal sealed class DefinedType(MetadataReader reader, TypeTreeReader signatures, TypeDefinitionHandle handle)
{
    private readonly TypeDefinition _definition = reader.GetTypeDefinition(handle);

    public NamedType Name => signatures.Named(reader, handle, IsValueType());

    /// <summary>How many type arguments it takes, those of the types around it included.</summary>
    public int Arity => _definition.GetGenericParameters().Count;

    /// <summary>The type of the field of that name, null where there is none.</summary>
    public TypeTree? Field(string name) => _definition.GetFields()
        .Select(reader.GetFieldDefinition)
        .Where(field => reader.StringComparer.Equals(field.Name, name))
        .Select(field => field.DecodeSignature(signatures, null))
        .FirstOrDefault();

    /// <summary>The methods that have code, all that take these arguments or those of one name.</summary>
    public IEnumerable<MethodInstance> Methods(
        ImmutableArray<TypeTree> typeArguments, ImmutableArray<TypeTree> methodArguments = default, string? name = null)
    {
        var arguments = methodArguments.IsDefault ? [] : methodArguments;
        TypeTree owner = typeArguments.IsEmpty ? Name : new GenericType(Name, typeArguments);
        return _definition.GetMethods()
            .Select(reader.GetMethodDefinition)
            .Where(method => method.RelativeVirtualAddress != 0 && method.GetGenericParameters().Count == arguments.Length)
            .Where(method => name is null || reader.StringComparer.Equals(method.Name, name))
            .Select(method => new MethodInstance(owner, reader.GetString(method.Name), method.DecodeSignature(signatures, null), arguments));
    }

    private bool IsValueType()
    {
        if (_definition.BaseType is not { IsNil: false, Kind: HandleKind.TypeReference or HandleKind.TypeDefinition } parent) return false;
        var (space, name) = parent.Kind == HandleKind.TypeReference
            ? (reader.GetTypeReference((TypeReferenceHandle)parent).Namespace, reader.GetTypeReference((TypeReferenceHandle)parent).Name)
            : (reader.GetTypeDefinition((TypeDefinitionHandle)parent).Namespace, reader.GetTypeDefinition((TypeDefinitionHandle)parent).Name);
        return reader.StringComparer.Equals(space, "System")
            && (reader.StringComparer.Equals(name, "Enum")
                || reader.StringComparer.Equals(name, "ValueType") && !reader.StringComparer.Equals(_definition.Name, "Enum"));
    }
}
