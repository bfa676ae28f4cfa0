using System.CommandLine;
using System.Globalization;
using EcgData.Shards;
using EcgData.Shards.Subsets;
using EcgData.Sources;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata subset CORPUS --sizes 18k,45k,all --out DIR</c>: nested subsets of a version, as manifests.</summary>
internal static class SubsetVerb
{
    /// <summary>Beyond it a quota is not kept: half a percent of the records.</summary>
    private const double LargestDeviation = 0.005;

    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var recipe = new Argument<string?>("recipe") { Description = "A recipe (JSON). The options below add to it.", Arity = ArgumentArity.ZeroOrOne };
        var output = new Option<string>("--out") { Description = "Folder for the subsets.", HelpName = "DIR", Required = true };
        var sizes = new Option<string?>("--sizes") { Description = "Records of each rung: 18k,45k,106k,753k,all.", HelpName = "LIST" };
        var seed = new Option<ulong?>("--seed") { Description = "Keys the order of the patients. Default: 0, by which shards are sorted.", HelpName = "S" };
        var ladders = new Option<int?>("--ladders") { Description = "As many independent ladders, by this seed and the next ones; their overlap is told.", HelpName = "K" };
        var where = Repeated("--where", "CONDITION", "A condition on the records, as of 'list'. source=a|b stands for either.");
        var allow = Repeated("--allow", "TERMS", "open, credentialed or restricted (each with the ones before it), no-nc, no-sa.");
        var leaveOut = Repeated("--leave-out", "SOURCE", "A source to leave out.");
        var exclude = Repeated("--exclude-evaluation", "SOURCE:FOLDS", "Leave out all patients of ptb-xl:9,10, and certify it.");
        var quota = Repeated("--quota", "COLUMN=SHARES", "sex=female:0.5,male:0.5; source, site, or age=0-40:0.3,40+:0.7. Without shares, those of the corpus.");
        var mix = new Option<string?>("--mix") { Description = "Sources: proportional (default) or balanced.", HelpName = "MIX" };
        var whole = new Option<bool>("--whole-groups") { Description = "Split no patient: give up the exact size." };
        var duplicates = Repeated("--duplicates", "FILE", "A CSV of record-id pairs that are of one patient.");
        var folds = Repeated("--folds", "FILE", "A CSV with record_id,fold: folds in place of the catalogue's.");
        var set = Repeated("--set", "KEY=VALUE", "A value of the recipe, predicate.mix=balanced.");
        var version = Corpora.VersionOption();
        var command = new Command("subset", "Make nested subsets of a version: manifests that name its rows, no copy.")
        {
            corpus, recipe, output, sizes, seed, ladders, where, allow, leaveOut, exclude, quota, mix, whole, duplicates, folds, set, version,
        };
        command.SetAction((arguments, cancel) =>
        {
            var read = RecipeFile.Read<SubsetOptions>(arguments.GetValue(recipe), arguments.GetValue(set) ?? [], "subset-recipe");
            var predicate = read.Predicate;
            var options = read with
            {
                Sizes = arguments.GetValue(sizes) is { } list ? list.Split(',') : read.Sizes,
                Seed = arguments.GetValue(seed) ?? read.Seed,
                Ladders = arguments.GetValue(ladders) ?? read.Ladders,
                Duplicates = [.. read.Duplicates, .. Values(duplicates)],
                Folds = [.. read.Folds, .. Values(folds)],
                Predicate = predicate with
                {
                    Where = [.. predicate.Where, .. Values(where)],
                    Allow = [.. predicate.Allow, .. Values(allow).SelectMany(words => words.Split(','))],
                    LeaveOut = [.. predicate.LeaveOut, .. Values(leaveOut)],
                    ExcludeEvaluation = [.. predicate.ExcludeEvaluation, .. Values(exclude)],
                    Quotas = Quotas(predicate.Quotas, Values(quota)),
                    Mix = arguments.GetValue(mix) is { } word ? MixOf(word) : predicate.Mix,
                    WholeGroups = predicate.WholeGroups || arguments.GetValue(whole),
                },
            };
            return RunAsync(arguments.GetValue(corpus)!, arguments.GetValue(version), options, arguments.GetValue(output)!, new Terminal(arguments), cancel);

            string[] Values(Option<string[]> option) => arguments.GetValue(option) ?? [];
        });
        return command;
    }

    private static Option<string[]> Repeated(string name, string value, string description) => new(name) { Description = description, HelpName = value };

    private static async Task<int> RunAsync(
        string address, string? version, SubsetOptions options, string output, Terminal terminal, CancellationToken cancel)
    {
        var corpus = Corpora.OpenExisting(address);
        var manifest = await corpus.ReadManifestAsync(version, cancel);
        SubsetResult result;
        try
        {
            result = await new SubsetBuild(corpus, manifest, TermsOf(manifest)).RunAsync(options, cancel);
        }
        catch (Exception e) when (e is FormatException or SubsetException)
        {
            throw new UsageException(e.Message);
        }

        await result.WriteAsync(output, cancel);
        var rungs = result.Ladders.SelectMany(ladder => ladder.Rungs.Select(rung => (Folder: result.FolderOf(output, ladder), Rung: rung))).ToList();
        var missed = rungs.SelectMany(rung => rung.Rung.Manifest.Report.Quotas.Where(quota => Math.Abs(quota.Found - quota.Wanted) > LargestDeviation)
            .Select(quota => (rung.Rung.Manifest.Name, Quota: quota))).ToList();
        terminal.Result(
            new
            {
                version = manifest.Id,
                rungs = rungs.Select(rung => Describe(rung.Folder, rung.Rung)),
                overlaps = result.Overlaps,
                quotasMissed = missed.Count,
            },
            console => Print(console, manifest, rungs, result.Overlaps, missed));
        return missed.Count == 0 ? ExitCode.Done : ExitCode.NotAllTrue;
    }

    private static object Describe(string folder, SubsetRung rung) => new
    {
        rung.Manifest.Name,
        rung.Manifest.Seed,
        file = Path.Join(folder, $"{rung.Manifest.Name}.json"),
        rung.Manifest.Digest,
        rung.Manifest.Records,
        rung.Manifest.Segments,
        rung.Manifest.Patients,
        rung.Manifest.RecordsDigest,
        rung.Manifest.GrowthStable,
        rows = rung.Manifest.Selection?.File,
        certificate = rung.Certificate?.Digest,
        rung.Manifest.Terms,
        rung.Manifest.Sources,
        rung.Manifest.Report,
    };

    private static void Print(
        IAnsiConsole console, VersionManifest version, List<(string Folder, SubsetRung Rung)> rungs, IReadOnlyList<SubsetOverlap> overlaps,
        List<(string Name, QuotaDeviation Quota)> missed)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("subset", "seed", "records", "segments", "patients", "access", "strictest licence", "sources", "files");
        foreach (var (folder, rung) in rungs)
        {
            var manifest = rung.Manifest;
            string[] files =
            [
                Path.Join(folder, $"{manifest.Name}.json"), .. manifest.Selection is { } rows ? [rows.File] : Array.Empty<string>(),
                .. rung.Certificate is null ? Array.Empty<string>() : [$"{manifest.Name}.certificate.json"],
            ];
            table.AddRow(
                manifest.Name, $"{manifest.Seed}", $"{manifest.Records:N0}", $"{manifest.Segments:N0}", $"{manifest.Patients:N0}", manifest.Terms.Access,
                Markup.Escape(manifest.Terms.Strictest), Markup.Escape(string.Join(", ", manifest.Sources.Select(source => $"{source.Name} {source.Records:N0}"))),
                Markup.Escape(string.Join(", ", files)));
        }

        console.Write(table);
        if (rungs.Count > 0 && !rungs[0].Rung.Manifest.GrowthStable)
            console.WriteLine("With quotas, records that are added to the corpus can change who is in a subset: it is not growth-stable.");
        foreach (var links in rungs.Take(1).SelectMany(rung => rung.Rung.Manifest.Report.Links))
            console.WriteLine($"{links.Origin}: {links.Pairs:N0} links, {links.Unknown:N0} of them to records that are not in version {version.Id}.");
        foreach (var folds in rungs.Take(1).SelectMany(rung => rung.Rung.Manifest.Report.Folds))
            console.WriteLine(
                $"{folds.File}: {folds.Records:N0} folds, {folds.Unknown:N0} of records that are not here, {folds.Differ:N0} differ from what stood before, " +
                $"{folds.SplitGroups:N0} patient groups are split over folds.");
        foreach (var overlap in overlaps)
            console.WriteLine(
                $"{overlap.Name}: seeds {overlap.SeedA} and {overlap.SeedB} share {overlap.Shared:N0} records, {overlap.Share:P2}; by chance {overlap.Expected:P2}.");
        foreach (var (name, quota) in missed)
            console.WriteLine(
                $"{name}: {quota.Column} {quota.Value} has {quota.Found:P2} where {quota.Wanted:P2} was asked for" +
                $"{(quota.Exhausted ? ": there are no more of it" : "")}.");
    }

    /// <summary>Of the sources that this program knows: of others it cannot tell the terms, so the strictest hold.</summary>
    private static List<SourceTerms> TermsOf(VersionManifest version)
    {
        var terms = new List<SourceTerms>();
        foreach (var source in version.Sources)
        {
            if (KnownSources.All.FirstOrDefault(known => known.Manifest.Name == source.Name.Split('#')[0])?.Manifest is { } manifest)
                terms.Add(new SourceTerms(source.Name, source.Licence, manifest.Access, manifest.Citation));
        }

        return terms;
    }

    private static Dictionary<string, IReadOnlyDictionary<string, double>> Quotas(
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> recipe, string[] added)
    {
        var quotas = recipe.ToDictionary(quota => quota.Key, quota => quota.Value, StringComparer.Ordinal);
        foreach (var text in added)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var shares = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var part in equals < 0 ? [] : text[(equals + 1)..].Split(','))
            {
                var colon = part.LastIndexOf(':');
                if (colon <= 0 || !double.TryParse(part[(colon + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var share)
                    || !shares.TryAdd(part[..colon], share))
                    throw new UsageException($"--quota {text}: '{part}' is no share. Expected COLUMN=VALUE:SHARE,…, such as sex=female:0.5,male:0.5.");
            }

            quotas[equals < 0 ? text : text[..equals]] = shares;
        }

        return quotas;
    }

    private static SourceMix MixOf(string word) => word switch
    {
        "proportional" => SourceMix.Proportional,
        "balanced" => SourceMix.Balanced,
        _ => throw new UsageException($"--mix {word}: expected proportional or balanced."),
    };
}
