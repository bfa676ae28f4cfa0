using Azure;
using Azure.Identity;

namespace EcgData.Storage;

/// <summary>What Azure says, with the store, what was being done and what to do; never a header or a signature.</summary>
internal static class AzureFailure
{
    /// <summary>Whether an exception comes from the service, the credential chain or the network.</summary>
    public static bool IsOne(Exception e) => e is RequestFailedException or AuthenticationFailedException or CredentialUnavailableException
        || e is AggregateException all && all.InnerExceptions.All(IsOne);

    public static IOException Reading(string address, string name, Exception cause) => Wrap(address, $"read '{name}'", cause);

    public static IOException Writing(string address, string action, Exception cause) => Wrap(address, action, cause);

    private static IOException Wrap(string address, string action, Exception cause)
    {
        while (cause is AggregateException all) cause = all.InnerExceptions[0];
        var (found, advice) = cause switch
        {
            AuthenticationFailedException => (
                "the credential chain has no credential that works.",
                "Sign in (az login), give the machine an identity, or set AZURE_STORAGE_CONNECTION_STRING."),
            RequestFailedException { Status: 401 or 403 } failed => (
                $"the service refused ({failed.Status} {failed.ErrorCode}).",
                "The identity needs the role Storage Blob Data Contributor on the container, a connection string the account's current key; and the machine's clock must be right."),
            RequestFailedException { Status: 0 } => (
                "the service could not be reached, tried again several times.", "Check the address, the network and the firewall of the account."),
            RequestFailedException { Status: 412 } => (
                "the object was replaced while it was read.", "Run the command again: it will see the new one."),
            RequestFailedException failed => (
                $"the service said {failed.Status} {failed.ErrorCode}, tried again several times where that helps.", "Run the command again; what was committed is whole."),
            _ => ($"{cause.GetType().Name}.", "Run the command again; what was committed is whole."),
        };
        return new IOException($"{address}: cannot {action}: {found} {advice}", cause);
    }
}
