using System.CommandLine;
using EcgData.Shards;
using EcgData.Storage;

namespace EcgData.Pipelines;

/// <summary>Finds the corpus that a verb is asked to work on.</summary>
internal static class Corpora
{
    /// <summary>A corpus to read.</summary>
    public static Argument<string> Argument() => new("corpus") { Description = "The corpus: a folder." };

    public static Option<string?> VersionOption() => new("--version-id")
    {
        Description = "A version that 'ecgdata log' lists. Default: the current one.",
        HelpName = "ID",
    };

    /// <exception cref="UsageException">An address of a kind that is not read.</exception>
    public static CorpusStore Open(string address)
    {
        if (string.IsNullOrWhiteSpace(address)) throw new UsageException("The corpus has no name. Expected a folder, such as data/corpus.");
        if (address.Contains("://", StringComparison.Ordinal))
            throw new UsageException($"{address}: a corpus is a folder here. Expected a path; this program does not reach remote stores.");
        return new CorpusStore(new LocalObjectStore(address));
    }

    /// <exception cref="UsageException">There is no corpus at that address.</exception>
    public static CorpusStore OpenExisting(string address)
    {
        var corpus = Open(address);
        if (!Directory.Exists(address))
            throw new UsageException($"{address}: no such folder. Expected a corpus; 'ecgdata build --corpus {address} …' makes one.");
        return corpus;
    }
}
