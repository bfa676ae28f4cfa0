using System.CommandLine;
using EcgData.Shards;
using EcgData.Storage;

namespace EcgData.Pipelines;

/// <summary>Finds the corpus that a verb is asked to work on.</summary>
internal static class Corpora
{
    /// <summary>A corpus to read.</summary>
    public static Argument<string> Argument() => new("corpus") { Description = "The corpus: a folder, https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX or az://CONTAINER/PREFIX." };

    public static Option<string?> VersionOption() => new("--version-id")
    {
        Description = "A version that 'ecgdata log' lists. Default: the current one.",
        HelpName = "ID",
    };

    /// <exception cref="UsageException">An address that is none.</exception>
    public static CorpusStore Open(string address)
    {
        if (string.IsNullOrWhiteSpace(address))
            throw new UsageException("The corpus has no name. Expected a folder, such as data/corpus, or the address of an Azure container.");
        if (!IsRemote(address)) return new CorpusStore(new LocalObjectStore(address));
        try
        {
            return new CorpusStore(AzureBlobStore.Open(
                address, Environment.GetEnvironmentVariable("AZURE_STORAGE_CONNECTION_STRING"), Path.GetTempPath()));
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <exception cref="UsageException">There is no corpus at that address.</exception>
    public static CorpusStore OpenExisting(string address)
    {
        var corpus = Open(address);
        if (!IsRemote(address) && !Directory.Exists(address))
            throw new UsageException($"{address}: no such folder. Expected a corpus; 'ecgdata build --corpus {address} …' makes one.");
        return corpus;
    }

    public static bool IsRemote(string address) => address.Contains("://", StringComparison.Ordinal);
}
