using System.CommandLine;

namespace EcgData.Pipelines;

internal static class TryVerb
{
    public static Command Create() => new("try", "Take a few gradient steps on crops of a corpus, to see that training works here.");
}
