using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace EcgData.Pipelines;

/// <summary>
/// The same program with a runtime. A native image starts in milliseconds, but can neither load a plug-in nor give TorchSharp the reflection
/// that it lives on: it hands verbs that need either over.
/// </summary>
internal static partial class ManagedProgram
{
    /// <summary>Whether this is the program with a runtime. Where it is not, what is behind this switch is not even compiled.</summary>
    [FeatureSwitchDefinition("EcgData.HasRuntime")]
    public static bool IsThis => !AppContext.TryGetSwitch("EcgData.HasRuntime", out var has) || has;

    private static string Path => System.IO.Path.Join(AppContext.BaseDirectory, "managed", "ecgdata");

    /// <summary>Takes this process's place: its streams, signals and exit code are those of the other program from here on.</summary>
    /// <returns>Only where the other program cannot be run: the exit code for that.</returns>
    public static int TakeOver(string[] arguments)
    {
        Execute(Path, [Path, .. arguments, null]);
        Console.Error.WriteLine(
            $"ecgdata: {Path} cannot be run: {Marshal.GetLastPInvokeErrorMessage()}. All verbs but 'build' need it; 'make build' puts it there.");
        return ExitCode.Fault;
    }

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, string?[] arguments);
}
