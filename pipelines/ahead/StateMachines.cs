using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace EcgData.Ahead;

/// <summary>
/// What an asynchronous method becomes when it waits: its state machine, boxed. Only virtual calls reach the box, so nobody sees ahead that it
/// is needed; but every asynchronous method has one, and so a list of them needs no keeping.
/// </summary>
internal static class StateMachines
{
    private const string Box = "System.Runtime.CompilerServices.AsyncTaskMethodBuilder`1+AsyncStateMachineBox`1";
    private const string NoResult = "System.Threading.Tasks.VoidTaskResult";

    /// <summary>All methods of the boxes of one assembly's state machines; generic ones with reference types as arguments.</summary>
    public static IEnumerable<MethodInstance> BoxesOf(string assembly, Assemblies assemblies)
    {
        var (box, noResult) = (assemblies.Named(Box).Single(), assemblies.Named(NoResult).Single().Name);
        foreach (var type in assemblies.All.Where(type => type.Name.Assembly == assembly))
        {
            if (type.Field("<>t__builder") is not { } builder) continue;
            var result = builder is GenericType generic ? Shared(generic.Arguments.Single()) : noResult;
            TypeTree machine = type.Arity == 0
                ? type.Name
                : new GenericType(type.Name, [.. Enumerable.Repeat<TypeTree>(AnyReference.Instance, type.Arity)]);
            foreach (var method in box.Methods([result, machine])) yield return method;
        }
    }

    /// <summary>The type that code is compiled for: one for all reference types.</summary>
    private static TypeTree Shared(TypeTree type) => type switch
    {
        NamedType { IsValueType: true } => type,
        GenericType { Definition.IsValueType: true } generic => generic with { Arguments = [.. generic.Arguments.Select(Shared)] },
        PrimitiveType { Code: not (PrimitiveTypeCode.String or PrimitiveTypeCode.Object) } => type,
        _ => AnyReference.Instance,
    };
}
