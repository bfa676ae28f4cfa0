using System.CommandLine;
using EcgData.Pipelines.Streaming;
using EcgData.Shards.Reading;
using EcgData.Signals;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata stream CORPUS --to CONSUMER</c>: feeds one epoch to a plug-in, or as an Arrow IPC stream to a pipe or a socket.</summary>
internal static class StreamVerb
{
    private static readonly OrderOptions Order = new();
    private static readonly ReadingOptions Reading = new();

    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var version = Corpora.VersionOption();
        var subset = new Option<string?>("--subset") { Description = "A subset manifest. Default: the whole version.", HelpName = "FILE" };
        var to = new Option<string>("--to")
        {
            Description = "'-' (Arrow to standard output), unix:/path, tcp://127.0.0.1:PORT (Arrow to whoever connects), or a plug-in's .dll or folder.",
            HelpName = "CONSUMER",
            Required = true,
        };
        var options = ConsumerOption();
        var from = new Option<string?>("--from")
        {
            Description = "Position of the first item, or the file that a consumer keeps its state in.",
            HelpName = "N|FILE",
        };
        var batch = Number("--batch", "Crops in a global batch.", Reading.Batch);
        var seed = new Option<ulong>("--seed") { Description = "Decides order and crops.", DefaultValueFactory = _ => Order.Seed, HelpName = "N" };
        var epoch = new Option<int?>("--epoch") { Description = "From 0. Default: the state's, or 0.", HelpName = "N" };
        var rank = Number("--rank", "Which slice of every batch is wanted, from 0.", Reading.Rank);
        var world = Number("--world", "Into how many slices every batch is cut.", Reading.World);
        var leads = new Option<string?>("--leads") { Description = "Names such as II,V1. Default: all twelve.", HelpName = "NAMES" };
        var crop = new Option<double>("--crop") { Description = "Length of a crop.", DefaultValueFactory = _ => Order.CropSeconds, HelpName = "SECONDS" };
        var crops = new Option<CropPlacement>("--crops")
        {
            Description = "Random: one per item and epoch; consecutive: all of a segment.",
            DefaultValueFactory = _ => Order.Crops,
        };
        var unit = new Option<ItemUnit>("--unit") { Description = "What an item is: a record or a segment.", DefaultValueFactory = _ => Order.Unit };
        var ordered = new Option<bool>("--ordered") { Description = "In stored order, not shuffled." };
        var metadata = new Option<bool>("--metadata") { Description = "Labels, age, sex, fold, source and so on beside the signals." };
        var dropLast = new Option<bool>("--drop-last") { Description = "Leave the last batch out where it is short." };
        var sourceRun = Number("--source-run", "Items in a row from one source, a multiple of the batch; 0: mixed.", Order.SourceRun);
        var weights = new Option<string[]>("--weight") { Description = "Share of a source, ptb-xl=0.5; repeat it for each.", HelpName = "SOURCE=SHARE" };
        var threads = Number("--threads", "Threads that read and decode.", Reading.Threads);
        var prefetch = Number("--prefetch", "Batches that are read ahead.", Reading.Prefetch);
        var command = new Command("stream", "Feed an epoch to a consumer.")
        {
            corpus, version, subset, to, options, from, batch, seed, epoch, rank, world, leads, crop, crops, unit, ordered, metadata, dropLast,
            sourceRun, weights, threads, prefetch,
        };
        command.SetAction((arguments, cancel) => new StreamCommand
        {
            Corpus = arguments.GetValue(corpus)!,
            VersionId = arguments.GetValue(version),
            Subset = arguments.GetValue(subset),
            To = arguments.GetValue(to)!,
            ConsumerOptions = ParseOptions(arguments.GetValue(options) ?? []),
            From = arguments.GetValue(from),
            Epoch = arguments.GetValue(epoch),
            Reading = Reading with
            {
                Order = Order with
                {
                    Seed = arguments.GetValue(seed),
                    Unit = arguments.GetValue(unit),
                    Crops = arguments.GetValue(crops),
                    CropSeconds = arguments.GetValue(crop),
                    Ordered = arguments.GetValue(ordered),
                    SourceRun = arguments.GetValue(sourceRun),
                    Weights = ParseWeights(arguments.GetValue(weights) ?? []),
                },
                Batch = arguments.GetValue(batch),
                Rank = arguments.GetValue(rank),
                World = arguments.GetValue(world),
                DropLast = arguments.GetValue(dropLast),
                Leads = ParseLeads(arguments.GetValue(leads)),
                Threads = arguments.GetValue(threads),
                Prefetch = arguments.GetValue(prefetch),
                Metadata = arguments.GetValue(metadata),
            },
        }.RunAsync(new Terminal(arguments), cancel));
        return command;
    }

    /// <summary>Options that go to the consumer unread.</summary>
    public static Option<string[]> ConsumerOption() => new("--option") { Description = "An option of the plug-in; repeat it for each.", HelpName = "KEY=VALUE" };

    /// <exception cref="UsageException">No key and value, or a key twice.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> ParseOptions(string[] options)
    {
        var pairs = options.Select(option => option.Split('=', 2) is [{ Length: > 0 } key, var value]
            ? KeyValuePair.Create(key, value)
            : throw new UsageException($"--option {option}: expected KEY=VALUE.")).ToList();
        return pairs.CountBy(pair => pair.Key).FirstOrDefault(count => count.Value > 1) is { Key: { } twice }
            ? throw new UsageException($"--option {twice}: given more than once. Expected each key once.")
            : pairs;
    }

    private static Option<int> Number(string name, string description, int otherwise) =>
        new(name) { Description = description, DefaultValueFactory = _ => otherwise, HelpName = "N" };

    private static LeadSet ParseLeads(string? names)
    {
        if (names is null) return LeadSet.All;
        var leads = LeadSet.None;
        foreach (var name in names.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            leads = Montage.TryParse(name, out var lead)
                ? leads.With(lead)
                : throw new UsageException($"--leads {names}: '{name}' is no lead. Expected some of {LeadSet.All}.");
        }

        return leads.Count > 0 ? leads : throw new UsageException($"--leads '{names}': no lead. Expected some of {LeadSet.All}.");
    }

    private static Dictionary<string, double> ParseWeights(string[] weights)
    {
        var shares = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var weight in weights)
        {
            if (weight.Split('=', 2) is not [{ Length: > 0 } source, var text] || !double.TryParse(text, out var share) || !(share is > 0 and < double.PositiveInfinity)
                || !shares.TryAdd(source, share))
                throw new UsageException($"--weight {weight}: expected SOURCE=SHARE with a number above 0, each source once.");
        }

        return shares;
    }
}
