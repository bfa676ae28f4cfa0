using System.Diagnostics;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>What is compiled ahead of time beyond what the compiler finds by itself.</summary>
public sealed class AheadTests : IDisposable
{
    private static readonly string List = Path.Join(Repository.Root, "pipelines", "ahead", "methods.txt");

    /// <summary>Built beside the tests.</summary>
    private static readonly string Program = Path.Join(
        AppContext.BaseDirectory.Replace("EcgData.Pipelines.Tests", "EcgData.Ahead", StringComparison.Ordinal), "EcgData.Ahead.dll");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Profile_OfTheList_HoldsItAndEveryStateMachine()
    {
        var report = Write(List, "a.mibc");
        Assert.InRange(int.Parse(report.Split(';')[1].Trim().Split(' ')[0]), 0, File.ReadLines(List).Count() / 10);   // of a list that has aged: make ahead
        var missing = StateMachines().Except(TypesIn("a.mibc"));
        Assert.Empty(missing);
    }

    [Fact]
    public void Profile_OfTheSameList_HasTheSameBytes()
    {
        Write(List, "a.mibc");
        File.Move(_folder["a.mibc"], _folder["b.mibc"]);
        Write(List, "a.mibc");
        Assert.Equal(File.ReadAllBytes(_folder["b.mibc"]), File.ReadAllBytes(_folder["a.mibc"]));
    }

    [Fact]
    public void Profile_OfALineWhoseNamesHaveGone_GoesOnWithoutIt()
    {
        File.WriteAllLines(
            _folder["list.txt"],
            ["System.Collections.Generic.List`1[EcgData.Signals.Gone]:Add", "System.SZArrayHelper:get_Count[int]", "Gone.Type`1[int]:Gone"]);
        Assert.Contains("; 2 lines of ", Write(_folder["list.txt"], "a.mibc"), StringComparison.Ordinal);
        Assert.Contains("System.SZArrayHelper", TypesIn("a.mibc"));
    }

    /// <summary>The program that <c>make build</c> leaves, where the list is not younger: the runtime itself says what it compiles.</summary>
    [Fact]
    public void Night_OfThePublishedProgram_CompilesFewMethods()
    {
        var ecgdata = Path.Join(Repository.Root, "bin", "ecgdata");
        Assert.SkipUnless(
            File.Exists(ecgdata) && File.GetLastWriteTimeUtc(ecgdata) >= File.GetLastWriteTimeUtc(List),
            $"{ecgdata} is not there, or older than {List}: 'make build' makes it.");
        string[] build = ["build", "--corpus", _folder["corpus"], "--source", $"ptb-xl={_folder["tree"]}", "--set", SyntheticCorpus.SmallShards];
        Run(ecgdata, ["synth", _folder["tree"], "--source", "ptb-xl", "--records", "60", "--defects", "0"]);
        Run(ecgdata, [.. build, "--limit", "50"]);
        Run(ecgdata, build, ("DOTNET_JitStdOutFile", _folder["compiled.txt"]), ("DOTNET_JitDisasmSummary", "1"));
        var compiled = File.ReadAllLines(_folder["compiled.txt"]);
        Assert.DoesNotContain(compiled, line => line.Contains("AsyncStateMachineBox`1[", StringComparison.Ordinal) && line.Contains(",EcgData.", StringComparison.Ordinal));
        Assert.InRange(compiled.Length, 1, 300);   // some 610 without a profile
    }

    /// <summary>Writes a profile of the assemblies beside the tests and those of the framework.</summary>
    /// <returns>What the program says.</returns>
    private string Write(string list, string profile)
    {
        File.WriteAllLines(
            _folder["assemblies.txt"],
            Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll").Concat(Directory.EnumerateFiles(RuntimeEnvironment.GetRuntimeDirectory(), "*.dll"))
                .DistinctBy(Path.GetFileName));
        return Run("dotnet", [Program, list, _folder[profile], _folder["assemblies.txt"]]);
    }

    /// <summary>The asynchronous methods of the program and its rooms, each by the type that the compiler makes of it.</summary>
    private static IEnumerable<string> StateMachines() =>
        from file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
        let name = Path.GetFileNameWithoutExtension(file)
        where name == "ecgdata" || name.StartsWith("EcgData.", StringComparison.Ordinal) && Repository.Projects[name].IsRoom
        from type in Assembly.Load(name).GetTypes()
        where type.IsAssignableTo(typeof(IAsyncStateMachine))
        select type.FullName!;

    private List<string> TypesIn(string profile)
    {
        using var image = new PEReader(File.OpenRead(_folder[profile]));
        var reader = image.GetMetadataReader();
        return [.. reader.TypeReferences.Select(Name)];

        string Name(TypeReferenceHandle handle)
        {
            var type = reader.GetTypeReference(handle);
            var (space, name) = (reader.GetString(type.Namespace), reader.GetString(type.Name));
            if (type.ResolutionScope.Kind == HandleKind.TypeReference) return $"{Name((TypeReferenceHandle)type.ResolutionScope)}+{name}";
            return space.Length == 0 ? name : $"{space}.{name}";
        }
    }

    private string Run(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["XDG_CACHE_HOME"] = _folder["caches"];
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}.\n{output}\n{errors.Result}");
        return output;
    }
}
