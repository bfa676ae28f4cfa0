using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace EcgData.Ahead;

/// <summary>
/// A line of the list, <c>Type[arguments]:Method[arguments]</c>, spelled as the runtime prints what it compiles. It stands for all overloads.
/// </summary>
internal sealed record MethodLine(string Type, ImmutableArray<string> TypeArguments, string Method, ImmutableArray<string> MethodArguments)
{
    public static MethodLine Parse(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) throw new FormatException($"'{line}' names no method; expected is Type[arguments]:Method[arguments].");
        var (type, typeArguments) = Split(line[..colon]);
        var (method, methodArguments) = Split(line[(colon + 1)..]);
        return new MethodLine(type, typeArguments, method, methodArguments);
    }

    /// <returns>The methods that the line means in these assemblies; none where a name has gone.</returns>
    public IEnumerable<MethodInstance> Find(Assemblies assemblies)
    {
        var (ofType, ofMethod) = (Resolve(TypeArguments, assemblies), Resolve(MethodArguments, assemblies));
        if (ofType is not { } typeArguments || ofMethod is not { } methodArguments) return [];
        return assemblies.Named(Type)
            .Where(type => type.Arity == typeArguments.Length)
            .SelectMany(type => type.Methods(typeArguments, methodArguments, Method));
    }

    private static ImmutableArray<TypeTree>? Resolve(ImmutableArray<string> names, Assemblies assemblies)
    {
        var types = names.Select(name => Resolve(name, assemblies)).OfType<TypeTree>().ToImmutableArray();
        return types.Length == names.Length ? types : null;
    }

    private static TypeTree? Resolve(string name, Assemblies assemblies)
    {
        if (name == "System.__Canon") return AnyReference.Instance;
        if (Primitive(name) is { } code) return new PrimitiveType(code);
        if (name.EndsWith("[]", StringComparison.Ordinal))
            return Resolve(name[..^2], assemblies) is { } element ? new IndirectType(SignatureTypeCode.SZArray, element) : null;
        var (definition, names) = Split(name);
        if (assemblies.Named(definition).FirstOrDefault() is not { } type || Resolve(names, assemblies) is not { } arguments) return null;
        if (type.Arity != arguments.Length) return null;
        return arguments.IsEmpty ? type.Name : new GenericType(type.Name, arguments);
    }

    private static PrimitiveTypeCode? Primitive(string name) => name switch
    {
        "bool" => PrimitiveTypeCode.Boolean,
        "char" => PrimitiveTypeCode.Char,
        "sbyte" => PrimitiveTypeCode.SByte,
        "byte" => PrimitiveTypeCode.Byte,
        "short" => PrimitiveTypeCode.Int16,
        "ushort" => PrimitiveTypeCode.UInt16,
        "int" => PrimitiveTypeCode.Int32,
        "uint" => PrimitiveTypeCode.UInt32,
        "long" => PrimitiveTypeCode.Int64,
        "ulong" => PrimitiveTypeCode.UInt64,
        "nint" => PrimitiveTypeCode.IntPtr,
        "nuint" => PrimitiveTypeCode.UIntPtr,
        "float" => PrimitiveTypeCode.Single,
        "double" => PrimitiveTypeCode.Double,
        _ => null,
    };

    /// <summary>Takes apart a name and the list in square brackets that ends it.</summary>
    private static (string Name, ImmutableArray<string> Arguments) Split(string text)
    {
        if (!text.EndsWith(']') || text.EndsWith("[]", StringComparison.Ordinal)) return (text, []);
        var arguments = new List<string>();
        var (depth, end) = (0, text.Length - 1);
        for (var at = end; at >= 0; at--)
        {
            if (text[at] == ']') depth++;
            else if (text[at] == '[') depth--;
            if (depth > 1 || (depth == 1 && text[at] != ',')) continue;
            arguments.Add(text[(at + 1)..end]);
            end = at;
            if (depth == 0) break;
        }

        arguments.Reverse();
        return (text[..end], [.. arguments]);
    }
}
