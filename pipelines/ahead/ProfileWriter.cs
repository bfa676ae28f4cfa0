using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace EcgData.Ahead;

/// <summary>
/// Writes a profile as crossgen2 reads it (.mibc): an assembly whose method <c>AssemblyDictionary</c> has, for every set of assemblies, their
/// names and the token of another method, which has the tokens of the profiled methods that take all of the set. No wall clock, no chance: the
/// same methods give the same bytes.
/// </summary>
internal sealed class ProfileWriter
{
    // Where crossgen2 looks for the type that stands for every reference type.
    private static readonly NamedType Canon = new("System.Private.Canon", null, "System", "__Canon", IsValueType: false);
    private static readonly BlobContentId ContentId = new(new Guid("97F4DBD4-F6D1-4FAD-91B3-1001F92068E5"), 0x04030201);

    private readonly MetadataBuilder _metadata = new();
    private readonly BlobBuilder _bodies = new();
    private readonly Dictionary<string, AssemblyReferenceHandle> _assemblies = [];
    private readonly Dictionary<NamedType, TypeReferenceHandle> _types = [];
    private readonly Dictionary<BlobHandle, TypeSpecificationHandle> _constructed = [];
    private readonly Dictionary<(EntityHandle Type, StringHandle Name, BlobHandle Signature), MemberReferenceHandle> _members = [];
    private readonly Dictionary<(MemberReferenceHandle Method, BlobHandle Arguments), MethodSpecificationHandle> _instances = [];

    /// <param name="stream">Gets the profile.</param>
    /// <param name="name">Of the assembly that the profile is.</param>
    /// <param name="methods">One that comes twice is written once.</param>
    public static void Write(Stream stream, string name, IEnumerable<MethodInstance> methods) => new ProfileWriter().Serialize(stream, name, methods);

    private void Serialize(Stream stream, string name, IEnumerable<MethodInstance> methods)
    {
        _metadata.AddModule(0, _metadata.GetOrAddString(name), _metadata.GetOrAddGuid(ContentId.Guid), default, default);
        _metadata.AddAssembly(_metadata.GetOrAddString(name), new Version(0, 0, 0, 0), default, default, default, AssemblyHashAlgorithm.None);
        _metadata.AddTypeDefinition(default, default, _metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1),
            MetadataTokens.MethodDefinitionHandle(1));

        var encoder = new MethodBodyStreamEncoder(_bodies);
        var dictionary = new InstructionEncoder(new BlobBuilder());
        foreach (var group in methods.GroupBy(AssembliesOf).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var tokens = new InstructionEncoder(new BlobBuilder());
            foreach (var token in group.Select(Token).Distinct()) Load(tokens, token);
            dictionary.LoadString(_metadata.GetOrAddUserString(group.Key));
            Load(dictionary, AddGlobalMethod(encoder, $"Methods{_metadata.GetRowCount(TableIndex.MethodDef)}", tokens));
        }
        AddGlobalMethod(encoder, "AssemblyDictionary", dictionary);

        var image = new BlobBuilder();
        new ManagedPEBuilder(new PEHeaderBuilder(), new MetadataRootBuilder(_metadata), _bodies, deterministicIdProvider: _ => ContentId).Serialize(image);
        image.WriteContentTo(stream);
    }

    private static void Load(InstructionEncoder il, EntityHandle token)
    {
        il.OpCode(ILOpCode.Ldtoken);
        il.Token(token);
        il.OpCode(ILOpCode.Pop);
    }

    private MethodDefinitionHandle AddGlobalMethod(MethodBodyStreamEncoder encoder, string name, InstructionEncoder il)
    {
        il.OpCode(ILOpCode.Ret);
        var signature = new BlobBuilder();
        new BlobEncoder(signature).MethodSignature().Parameters(0, type => type.Void(), _ => { });
        return _metadata.AddMethodDefinition(MethodAttributes.Public | MethodAttributes.Static, MethodImplAttributes.IL, _metadata.GetOrAddString(name),
            _metadata.GetOrAddBlob(signature), encoder.AddMethodBody(il, maxStack: 8), default);
    }

    // The defining one first.
    private static string AssembliesOf(MethodInstance method)
    {
        var assemblies = new List<string>();
        Visit(method.Owner);
        foreach (var argument in method.Arguments) Visit(argument);
        return string.Join(';', assemblies.Take(1).Concat(assemblies.Skip(1).Distinct().Where(name => name != assemblies[0]).Order(StringComparer.Ordinal)));

        void Visit(TypeTree type)
        {
            switch (type)
            {
                case NamedType named: assemblies.Add(named.Assembly); break;
                case GenericType generic:
                    Visit(generic.Definition);
                    foreach (var argument in generic.Arguments) Visit(argument);
                    break;
                case IndirectType indirect: Visit(indirect.Element); break;
                case RankedArrayType array: Visit(array.Element); break;
            }
        }
    }

    private EntityHandle Token(MethodInstance method)
    {
        var signature = new BlobBuilder();
        Encode(signature, method.Signature);
        var (type, name, blob) = (Token(method.Owner), _metadata.GetOrAddString(method.Name), _metadata.GetOrAddBlob(signature));
        if (!_members.TryGetValue((type, name, blob), out var member))
            _members[(type, name, blob)] = member = _metadata.AddMemberReference(type, name, blob);
        if (method.Arguments.IsEmpty) return member;

        var arguments = new BlobBuilder();
        new BlobEncoder(arguments).MethodSpecificationSignature(method.Arguments.Length);
        foreach (var argument in method.Arguments) Encode(arguments, argument);
        var instantiation = _metadata.GetOrAddBlob(arguments);
        if (!_instances.TryGetValue((member, instantiation), out var instance))
            _instances[(member, instantiation)] = instance = _metadata.AddMethodSpecification(member, instantiation);
        return instance;
    }

    private EntityHandle Token(TypeTree type)
    {
        if (type is NamedType named) return Reference(named);
        var blob = new BlobBuilder();
        Encode(blob, type);
        var signature = _metadata.GetOrAddBlob(blob);
        if (!_constructed.TryGetValue(signature, out var known)) _constructed[signature] = known = _metadata.AddTypeSpecification(signature);
        return known;
    }

    private TypeReferenceHandle Reference(NamedType type)
    {
        if (_types.TryGetValue(type, out var known)) return known;
        EntityHandle scope = type.Enclosing is { } outer ? Reference(outer) : Assembly(type.Assembly);
        return _types[type] = _metadata.AddTypeReference(scope,
            type.Namespace.Length == 0 ? default : _metadata.GetOrAddString(type.Namespace), _metadata.GetOrAddString(type.Name));
    }

    private AssemblyReferenceHandle Assembly(string name)
    {
        if (_assemblies.TryGetValue(name, out var known)) return known;
        return _assemblies[name] = _metadata.AddAssemblyReference(_metadata.GetOrAddString(name), new Version(0, 0, 0, 0), default, default, default, default);
    }

    private void Encode(BlobBuilder blob, MethodSignature<TypeTree> signature)
    {
        blob.WriteByte(signature.Header.RawValue);
        if (signature.Header.IsGeneric) blob.WriteCompressedInteger(signature.GenericParameterCount);
        blob.WriteCompressedInteger(signature.ParameterTypes.Length);
        Encode(blob, signature.ReturnType);
        foreach (var parameter in signature.ParameterTypes) Encode(blob, parameter);
    }

    private void Encode(BlobBuilder blob, TypeTree type)
    {
        switch (type)
        {
            case PrimitiveType primitive: blob.WriteByte((byte)primitive.Code); break;
            case AnyReference: Encode(blob, Canon); break;
            case NamedType named:
                blob.WriteByte((byte)(named.IsValueType ? SignatureTypeKind.ValueType : SignatureTypeKind.Class));
                blob.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(Reference(named)));
                break;
            case GenericType generic:
                blob.WriteByte((byte)SignatureTypeCode.GenericTypeInstance);
                Encode(blob, generic.Definition);
                blob.WriteCompressedInteger(generic.Arguments.Length);
                foreach (var argument in generic.Arguments) Encode(blob, argument);
                break;
            case IndirectType indirect:
                blob.WriteByte((byte)indirect.Kind);
                Encode(blob, indirect.Element);
                break;
            case RankedArrayType array:
                blob.WriteByte((byte)SignatureTypeCode.Array);
                Encode(blob, array.Element);
                new ArrayShapeEncoder(blob).Shape(array.Shape.Rank, array.Shape.Sizes, array.Shape.LowerBounds);
                break;
            case TypeVariable variable:
                blob.WriteByte((byte)variable.Kind);
                blob.WriteCompressedInteger(variable.Index);
                break;
            case ModifiedType modified:
                blob.WriteByte((byte)(modified.IsRequired ? SignatureTypeCode.RequiredModifier : SignatureTypeCode.OptionalModifier));
                blob.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(Token(modified.Modifier)));
                Encode(blob, modified.Type);
                break;
            case FunctionPointerType pointer:
                blob.WriteByte((byte)SignatureTypeCode.FunctionPointer);
                Encode(blob, pointer.Signature);
                break;
            default: throw new InvalidOperationException($"{type} in a signature.");
        }
    }
}
