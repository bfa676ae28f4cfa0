using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace EcgData.Ahead;

/// <summary>Reads the signatures of one assembly into trees that another assembly can spell.</summary>
internal sealed class TypeTreeReader(string assembly) : ISignatureTypeProvider<TypeTree, object?>
{
    private const byte ValueTypeKind = (byte)SignatureTypeKind.ValueType;

    public TypeTree GetPrimitiveType(PrimitiveTypeCode typeCode) => new PrimitiveType(typeCode);

    public TypeTree GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
        Named(reader, handle, rawTypeKind == ValueTypeKind);

    public TypeTree GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
        Named(reader, handle, rawTypeKind == ValueTypeKind);

    public TypeTree GetTypeFromSpecification(MetadataReader reader, object? context, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, context);

    public TypeTree GetGenericInstantiation(TypeTree genericType, ImmutableArray<TypeTree> typeArguments) =>
        new GenericType((NamedType)genericType, typeArguments);

    public TypeTree GetGenericTypeParameter(object? context, int index) => new TypeVariable(SignatureTypeCode.GenericTypeParameter, index);

    public TypeTree GetGenericMethodParameter(object? context, int index) => new TypeVariable(SignatureTypeCode.GenericMethodParameter, index);

    public TypeTree GetSZArrayType(TypeTree elementType) => new IndirectType(SignatureTypeCode.SZArray, elementType);

    public TypeTree GetByReferenceType(TypeTree elementType) => new IndirectType(SignatureTypeCode.ByReference, elementType);

    public TypeTree GetPointerType(TypeTree elementType) => new IndirectType(SignatureTypeCode.Pointer, elementType);

    public TypeTree GetPinnedType(TypeTree elementType) => new IndirectType(SignatureTypeCode.Pinned, elementType);

    public TypeTree GetArrayType(TypeTree elementType, ArrayShape shape) => new RankedArrayType(elementType, shape);

    public TypeTree GetFunctionPointerType(MethodSignature<TypeTree> signature) => new FunctionPointerType(signature);

    public TypeTree GetModifiedType(TypeTree modifier, TypeTree unmodifiedType, bool isRequired) =>
        new ModifiedType(modifier, unmodifiedType, isRequired);

    public NamedType Named(MetadataReader reader, TypeDefinitionHandle handle, bool isValueType)
    {
        var type = reader.GetTypeDefinition(handle);
        var enclosing = type.GetDeclaringType() is { IsNil: false } outer ? Named(reader, outer, isValueType: false) : null;
        return new NamedType(assembly, enclosing, reader.GetString(type.Namespace), reader.GetString(type.Name), isValueType);
    }

    private NamedType Named(MetadataReader reader, TypeReferenceHandle handle, bool isValueType)
    {
        var type = reader.GetTypeReference(handle);
        var outer = type.ResolutionScope.Kind == HandleKind.TypeReference
            ? Named(reader, (TypeReferenceHandle)type.ResolutionScope, isValueType: false)
            : null;
        var within = type.ResolutionScope.Kind == HandleKind.AssemblyReference
            ? reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name)
            : outer?.Assembly ?? assembly;
        return new NamedType(within, outer, reader.GetString(type.Namespace), reader.GetString(type.Name), isValueType);
    }
}
