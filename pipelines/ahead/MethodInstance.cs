using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace EcgData.Ahead;

/// <summary>A method with the type arguments of its type and its own; its signature is that of the definition.</summary>
internal sealed record MethodInstance(TypeTree Owner, string Name, MethodSignature<TypeTree> Signature, ImmutableArray<TypeTree> Arguments);
