using System.CommandLine;
using System.Security.Cryptography;
using EcgData.Ingest;
using EcgData.Shards;
using EcgData.Shards.Subsets;
using EcgData.Sources;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata erase CORPUS --patient SOURCE/ID</c>: removes patients for good, and withdraws the versions that hold them.</summary>
internal static class EraseVerb
{
    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var patient = new Option<string[]>("--patient") { Description = "A patient, by the source's name in the corpus and its own patient id; repeat it for more.", HelpName = "SOURCE/ID" };
        var record = new Option<string[]>("--record") { Description = "The patient of a record, all of whose records go; repeat it for more.", HelpName = "RECORD" };
        var subsets = new Option<string[]>("--subsets") { Description = "A folder with subsets and exports: those that hold the patients are listed.", HelpName = "DIR" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be withdrawn, and stop." };
        var command = new Command("erase", "Remove patients from every later version, and withdraw the versions that hold them.") { corpus, patient, record, subsets, dryRun };
        command.SetAction((arguments, cancel) => RunAsync(
            arguments.GetValue(corpus)!, arguments.GetValue(patient) ?? [], arguments.GetValue(record) ?? [], arguments.GetValue(subsets) ?? [],
            arguments.GetValue(dryRun), new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        string address, string[] patients, string[] records, string[] folders, bool dryRun, Terminal terminal, CancellationToken cancel)
    {
        if (patients.Length + records.Length == 0)
            throw new UsageException("Nobody to erase: name a patient with --patient SOURCE/ID, or one of the patient's records with --record.");
        if (Array.Find(folders, folder => !Directory.Exists(folder)) is { } missing)
            throw new UsageException($"--subsets {missing}: no such folder. Expected one that holds subsets or exports.");
        var corpus = Corpora.OpenExisting(address);
        var versions = await corpus.ListVersionsAsync(cancel).ToListAsync(cancel);
        var keys = await KeysAsync(corpus, versions, patients, records, cancel);
        var erasure = new PatientErasure(corpus);
        var outcome = dryRun
            ? await erasure.FindAsync(keys, cancel)
            : await erasure.RunAsync(keys, RandomNumberGenerator.GetBytes(ErasureList.KeyBytes), cancel);
        if (!dryRun && await corpus.ReadHeadAsync(cancel) is { } head) await AddHistoryAsync(corpus, head, keys.Count, cancel);
        var rows = outcome.Withdrawn.ToDictionary(version => version.Id, version => version.Rows);
        var uses = await new PatientUses(corpus, rows).FindAsync(folders, cancel);
        var found = rows.Values.SelectMany(some => some).Select(row => row.Patient).ToHashSet();
        var unknown = keys.Where(key => !found.Contains(key)).Select(key => key.Value).ToList();
        terminal.Result(
            new
            {
                dryRun,
                patients = keys.Select(key => key.Value),
                inNoVersion = unknown,
                withdrawn = outcome.Withdrawn.Select(version => new { version.Id, version.Records }),
                buildAgain = outcome.Sources,
                plansRemoved = outcome.PlansRemoved,
                uses,
            },
            console => Print(console, address, outcome, uses, unknown.Count, dryRun));
        return unknown.Count == 0 ? ExitCode.Done : ExitCode.NotAllTrue;
    }

    private static void Print(IAnsiConsole console, string address, ErasureOutcome outcome, IReadOnlyList<PatientUse> uses, int unknown, bool dryRun)
    {
        foreach (var version in outcome.Withdrawn)
            console.WriteLine($"version {version.Id}: {version.Records:N0} records{(dryRun ? "" : "; withdrawn")}");
        foreach (var plan in outcome.PlansRemoved) console.WriteLine($"plan {plan}: removed, for it holds what is erased; plan again");
        foreach (var use in uses)
        {
            console.WriteLine($"{use.Kind} {use.Path}: {(use.Records is { } count ? $"{count:N0} records" : "may hold records")}, of version {use.Version}; make it again");
        }

        if (unknown > 0)
            console.WriteLine($"{unknown:N0} of {outcome.Patients.Count:N0} patients are in no version; a build that meets them leaves them out. Are the ids right?");
        if (dryRun) return;
        if (outcome.Sources.Count > 0)
        {
            var sources = string.Join(' ', outcome.Sources.Select(source => $"--source {source}=DIR"));
            console.WriteLine($"The current version cannot be read any more. Build the next one: ecgdata build --corpus {address} {sources}");
        }

        if (outcome.Withdrawn.Count > 0) console.WriteLine($"Then drop the bytes: ecgdata gc {address}");
    }

    /// <exception cref="UsageException">A source or a record that no version knows.</exception>
    private static async Task<List<PatientKey>> KeysAsync(
        CorpusStore corpus, List<string> versions, string[] patients, string[] records, CancellationToken cancel)
    {
        HashSet<PatientKey> keys = [];
        List<VersionManifest> manifests = [];
        foreach (var id in versions) manifests.Add(await corpus.ReadAnyManifestAsync(id, cancel));
        var sources = manifests.SelectMany(version => version.Sources).Select(source => source.Name).Distinct().ToList();
        foreach (var patient in patients)
        {
            var slash = patient.IndexOf('/', StringComparison.Ordinal);
            if (slash <= 0 || slash == patient.Length - 1) throw new UsageException($"--patient {patient}: expected SOURCE/ID, such as ptb-xl/15709.");
            if (!sources.Contains(patient[..slash]))
                throw new UsageException(
                    $"--patient {patient}: no version has a source '{patient[..slash]}'." +
                    (sources.Count == 0 ? "" : $" The nearest is '{Spelling.Nearest(patient[..slash], sources)}'."));
            keys.Add(PatientKey.Of(patient[..slash], patient[(slash + 1)..]));
        }

        foreach (var record in records) keys.Add(await PatientOfAsync(corpus, manifests, record, cancel));
        return [.. keys];
    }

    private static async Task<PatientKey> PatientOfAsync(CorpusStore corpus, List<VersionManifest> manifests, string record, CancellationToken cancel)
    {
        var isErased = false;
        foreach (var version in manifests)
        {
            var row = await corpus.ReadCatalogueAsync(version, cancel).FirstOrDefaultAsync(row => row.RecordId == record, cancel);
            if (row is null) continue;
            if (!row.IsErased) return new PatientKey(row.Patient);
            isErased = true;
        }

        throw new UsageException(isErased
            ? $"--record {record}: its patient was erased already."
            : $"--record {record}: no version has it. Expected SOURCE/ID, as 'ecgdata list' shows.");
    }

    /// <summary>That it happened, and not to whom: the command line stays out.</summary>
    private static Task<int> AddHistoryAsync(CorpusStore corpus, string head, int patients, CancellationToken cancel) => corpus.AddHistoryAsync(
        number => new HistoryEntry
        {
            Number = number,
            Version = head,
            Parent = head,
            Finished = TimeProvider.System.GetUtcNow(),
            Seconds = 0,
            Command = $"erase ({patients} patients)",
            Machine = Environment.MachineName,
            ShardsBuilt = 0,
            ShardsReused = 0,
            RecordsBuilt = 0,
        },
        cancel);
}
