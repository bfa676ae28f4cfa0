namespace EcgData.Storage;

/// <summary>What the system says about a failing disk, with the store, what was being done and what to do.</summary>
internal static class StoreFailure
{
    private const int NoSpace = 28;         // errno ENOSPC
    private const int ReadOnly = 30;        // errno EROFS
    private const int QuotaExceeded = 122;  // errno EDQUOT
    private const int DiskFull = unchecked((int)0x80070070);   // what .NET gives where it asks for room ahead

    public static IOException Writing(string address, string action, Exception cause) => Wrap(
        address, action, cause, cause switch
        {
            { HResult: NoSpace or QuotaExceeded or DiskFull } =>
                "The store is full: free space, raise the quota or choose another folder; what was committed is whole.",
            { HResult: ReadOnly } or UnauthorizedAccessException =>
                "The store cannot be written: make the folder writable for this user, or choose another folder.",
            _ => "Expected a folder that can be made and written: check the path and the disk, or choose another folder.",
        });

    public static IOException Reading(string address, string name, Exception cause) => Wrap(
        address, $"read '{name}'", cause, "Expected files that this user may read: check the folder's permissions and the disk.");

    /// <summary>A failure that was told already stays as it is.</summary>
    private static IOException Wrap(string address, string action, Exception cause, string advice) =>
        cause is IOException told && told.Message.StartsWith($"{address}: ", StringComparison.Ordinal)
            ? told
            : new IOException($"{address}: cannot {action}: {cause.Message} {advice}", cause);
}
