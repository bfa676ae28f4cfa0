namespace EcgData.Consumers;

/// <summary>Which contract this package states.</summary>
public static class ConsumerContract
{
    /// <summary>
    /// Version of the contract, and major version of this assembly. It grows when a plug-in that was compiled against an earlier one
    /// would no longer do what it says; a host loads plug-ins of its own version alone.
    /// </summary>
    public const int Version = 1;
}
