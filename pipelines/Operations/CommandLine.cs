namespace EcgData.Pipelines.Operations;

/// <summary>The command line as the history keeps it.</summary>
internal static class CommandLine
{
    /// <summary>Without the hook's address, which may be all that one needs to know to use it.</summary>
    public static string Shown(IReadOnlyList<string> arguments)
    {
        var shown = new string[arguments.Count];
        for (var index = 0; index < shown.Length; index++)
        {
            var argument = arguments[index];
            var follows = index > 0 && arguments[index - 1] == Hook.Option;
            var holds = argument.StartsWith(Hook.Option + "=", StringComparison.Ordinal) || argument.StartsWith(Hook.Option + ":", StringComparison.Ordinal);
            shown[index] = follows ? "…" : holds ? argument[..(Hook.Option.Length + 1)] + "…" : argument;
        }

        return string.Join(' ', shown);
    }

    public static string Shown() => Shown(Environment.GetCommandLineArgs()[1..]);
}
