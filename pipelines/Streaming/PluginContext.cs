using System.Reflection;
using System.Runtime.Loader;
using EcgData.Consumers;

namespace EcgData.Pipelines.Streaming;

/// <summary>
/// Where a plug-in lives: its own packages, from its own folder, whatever versions the program has. It shares the contract and the
/// framework with the program, and nothing else of it.
/// </summary>
internal sealed class PluginContext(string assemblyPath) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(assemblyPath))
{
    private static readonly string Contract = typeof(IBatchConsumer).Assembly.GetName().Name!;

    /// <summary>Public key tokens that the assemblies of .NET are signed with.</summary>
    private static readonly string[] FrameworkKeys = ["b03f5f7f11d50a3a", "b77a5c561934e089", "cc7b13ffcd2ddd51", "7cec85d7bea7798e", "31bf3856ad364e35"];

    private readonly AssemblyDependencyResolver _resolver = new(assemblyPath);

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == Contract) return null;   // the program's own: else its IBatchConsumer would be another type than ours
        if (_resolver.ResolveAssemblyToPath(assemblyName) is { } path) return LoadFromAssemblyPath(path);
        if (IsOfTheFramework(assemblyName)) return null;
        throw new FileNotFoundException($"{assemblyName.FullName} is not in the plug-in's folder.", assemblyName.FullName);
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    /// <summary>
    /// Anything else that the program happens to have is not lent: a plug-in would come to depend on what is no contract, and on its versions.
    /// </summary>
    private static bool IsOfTheFramework(AssemblyName name) =>
        name.GetPublicKeyToken() is { Length: > 0 } token && FrameworkKeys.Contains(Convert.ToHexStringLower(token));
}
