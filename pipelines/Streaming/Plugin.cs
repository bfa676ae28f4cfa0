using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using EcgData.Consumers;

namespace EcgData.Pipelines.Streaming;

/// <summary>A consumer in an assembly of its own: <c>PLUGIN.dll</c>, its folder, or <c>PLUGIN.dll#Type</c> where it has several.</summary>
internal sealed class Plugin
{
    private readonly Type _type;

    private Plugin(Type type) => _type = type;

    /// <summary>The implementation's full name.</summary>
    public string Name => _type.FullName!;

    /// <summary>Makes a consumer.</summary>
    /// <exception cref="ConsumerException">Its constructor failed.</exception>
    public IBatchConsumer Create()
    {
        try
        {
            return (IBatchConsumer)Activator.CreateInstance(_type)!;
        }
        catch (TargetInvocationException e)
        {
            var cause = e.InnerException ?? e;
            throw new ConsumerException(
                $"The constructor of {Name}", $"threw {cause.GetType().Name}: {cause.Message}", "a consumer that can be made",
                "Mend the plug-in; what may fail belongs into Open.", cause);
        }
    }

    /// <exception cref="UsageException">There is no plug-in, none that this program can load, or several.</exception>
    public static Plugin Load(string address)
    {
        var (path, wanted) = address.Split('#', 2) is [var file, var type] ? (file, type) : (address, null);
        path = Find(Path.GetFullPath(path));
        CheckContract(path);
        var implementations = Implementations(path);
        var chosen = wanted is null ? implementations : [.. implementations.Where(type => type.FullName == wanted || type.Name == wanted)];
        return chosen switch
        {
            [var one] => new Plugin(one),
            [] when wanted is not null => throw new UsageException(
                $"{path}: no consumer is called '{wanted}'. Expected one of {Names(implementations)}."),
            [] => throw new UsageException(
                $"{path}: no public class with a constructor without parameters implements {nameof(IBatchConsumer)}. Expected one; " +
                "implement it, or name another assembly."),
            _ => throw new UsageException(
                $"{path}: {chosen.Count} classes implement {nameof(IBatchConsumer)}: {Names(chosen)}. Name one: '{path}#{chosen[0].FullName}'."),
        };
    }

    private static string Find(string path)
    {
        if (File.Exists(path)) return path;
        if (!Directory.Exists(path))
            throw new UsageException($"{path}: no such file or folder. Expected the assembly of a plug-in, or '-', 'unix:/path' or 'tcp://127.0.0.1:PORT'.");

        // a built plug-in is the one assembly that has its dependencies written beside it
        string[] built = [.. Directory.EnumerateFiles(path, "*.deps.json").Select(deps => deps[..^".deps.json".Length] + ".dll").Where(File.Exists)];
        return built is [var one]
            ? one
            : throw new UsageException($"{path}: {built.Length} assemblies with a .deps.json in this folder. Expected one; name the plug-in's .dll itself.");
    }

    /// <summary>Reads the plug-in's references before any of its code is loaded.</summary>
    private static void CheckContract(string path)
    {
        var contract = typeof(IBatchConsumer).Assembly.GetName();
        try
        {
            using var file = new PEReader(File.OpenRead(path));
            var metadata = file.HasMetadata ? file.GetMetadataReader() : throw new BadImageFormatException("it holds no .NET metadata");
            foreach (var handle in metadata.AssemblyReferences)
            {
                var reference = metadata.GetAssemblyReference(handle);
                if (!metadata.StringComparer.Equals(reference.Name, contract.Name!)) continue;
                if (reference.Version.Major == ConsumerContract.Version) return;
                throw new UsageException(
                    $"{path}: the plug-in was compiled for contract {reference.Version.Major} ({contract.Name} {reference.Version}). This program keeps " +
                    $"contract {ConsumerContract.Version}: compile the plug-in against {contract.Name} {ConsumerContract.Version}.x.");
            }
        }
        catch (BadImageFormatException e)
        {
            throw new UsageException($"{path}: not a .NET assembly: {e.Message.TrimEnd('.')}. Expected the .dll of a plug-in.");
        }

        throw new UsageException($"{path}: it does not reference {contract.Name}, so it holds no consumer. Expected the .dll of a plug-in.");
    }

    private static List<Type> Implementations(string path)
    {
        try
        {
            return
            [
                .. new PluginContext(path).LoadFromAssemblyPath(path).GetTypes()
                    .Where(type => type is { IsVisible: true, IsAbstract: false } && type.IsAssignableTo(typeof(IBatchConsumer))
                        && type.GetConstructor(Type.EmptyTypes) is not null)
                    .OrderBy(type => type.FullName, StringComparer.Ordinal),
            ];
        }
        catch (ReflectionTypeLoadException e)
        {
            throw Missing(path, e.LoaderExceptions.OfType<Exception>().First());
        }
        catch (Exception e) when (e is FileNotFoundException or FileLoadException or TypeLoadException)
        {
            throw Missing(path, e);
        }
        catch (BadImageFormatException e)
        {
            throw new UsageException($"{path}: cannot be loaded here: {e.Message} Expected an assembly for .NET {Environment.Version.Major} on this machine.");
        }
    }

    private static UsageException Missing(string path, Exception cause) => new(
        $"{path}: a part of the plug-in cannot be loaded: {cause.Message.ReplaceLineEndings(" ")} Expected it in the plug-in's folder: build the plug-in with " +
        "<EnableDynamicLoading>true</EnableDynamicLoading> and copy the folder as a whole.");

    private static string Names(IEnumerable<Type> types) => string.Join(", ", types.Select(type => type.FullName));
}
