namespace EcgData.Pipelines;

/// <summary>What the program ends with.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Done, but not everything asked for is true: a verification failed, more was rejected than the recipe allows.</summary>
    public const int NotAllTrue = 1;

    /// <summary>Bad usage or recipe, before any work.</summary>
    public const int BadUsage = 2;

    /// <summary>A fault during the work.</summary>
    public const int Fault = 3;

    /// <summary>Ctrl-C.</summary>
    public const int Cancelled = 130;
}

/// <summary>What was asked for cannot be done as asked; found before any work.</summary>
internal sealed class UsageException(string message) : Exception(message);
