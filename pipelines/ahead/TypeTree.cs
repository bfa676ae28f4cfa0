using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace EcgData.Ahead;

/// <summary>A type as a signature spells it.</summary>
internal abstract record TypeTree;

/// <summary>A type that signatures have a code for: int, string, object.</summary>
internal sealed record PrimitiveType(PrimitiveTypeCode Code) : TypeTree;

/// <summary>A type by its name, in an assembly or in another type; a generic one without its arguments.</summary>
internal sealed record NamedType(string Assembly, NamedType? Enclosing, string Namespace, string Name, bool IsValueType) : TypeTree
{
    /// <summary>As the runtime prints it: <c>Namespace.Outer`1+Inner</c>.</summary>
    public string FullName => Enclosing is { } outer ? $"{outer.FullName}+{Name}" : Namespace.Length == 0 ? Name : $"{Namespace}.{Name}";
}

internal sealed record GenericType(NamedType Definition, ImmutableArray<TypeTree> Arguments) : TypeTree;

internal sealed record IndirectType(SignatureTypeCode Kind, TypeTree Element) : TypeTree;

internal sealed record RankedArrayType(TypeTree Element, ArrayShape Shape) : TypeTree;

internal sealed record TypeVariable(SignatureTypeCode Kind, int Index) : TypeTree;

internal sealed record ModifiedType(TypeTree Modifier, TypeTree Type, bool IsRequired) : TypeTree;

internal sealed record FunctionPointerType(MethodSignature<TypeTree> Signature) : TypeTree;

/// <summary>Stands for every reference type: code is compiled once for all of them.</summary>
internal sealed record AnyReference : TypeTree
{
    public static AnyReference Instance { get; } = new();
}
