using System.CommandLine;
using EcgData.Ingest;
using EcgData.Reports;
using EcgData.Shards;
using EcgData.Sources;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata report CORPUS --out FILE.html</c>: a version as one page.</summary>
internal static class ReportVerb
{
    /// <summary>Sheets take 60 KB each, and a page is read on a phone too.</summary>
    private const int MostExamples = 6;

    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var version = Corpora.VersionOption();
        var output = new Option<string>("--out") { Description = "The page to write, .html.", HelpName = "FILE", Required = true };
        var command = new Command("report", "Write a version as one page: counts, sources, licences, quality, labels, amplitudes, examples.") { corpus, version, output };
        command.SetAction((arguments, cancel) => RunAsync(
            arguments.GetValue(corpus)!, arguments.GetValue(version), arguments.GetValue(output)!, new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(string address, string? versionId, string output, Terminal terminal, CancellationToken cancel)
    {
        if (Path.GetExtension(output) is not (".html" or ".htm")) throw new UsageException($"--out {output}: expected a file ending in .html.");
        var corpus = Corpora.OpenExisting(address);
        var version = await corpus.ReadManifestAsync(versionId, cancel);
        var summary = await CatalogueSummary.ReadAsync(corpus, version, cancel);
        List<(string, string)> examples = [];
        foreach (var row in summary.Examples.Values.Take(MostExamples))
            examples.Add((row.RecordId, EcgSheet.DrawSvg(await corpus.ReadSegmentAsync(version, row, 0, cancel), SheetLayout.ThreeByFour)));
        var texts = version.Sources.Select(source => (source.Name, Manifest: Known(source.Name))).Where(source => source.Manifest is not null)
            .ToDictionary(source => source.Name, source => new SourceText(source.Manifest!.Title, source.Manifest.Access, source.Manifest.Citation));
        var page = VersionPage.Write(version, texts, summary, SourceStatistics.Of(version).Rows, examples);
        await File.WriteAllTextAsync(output, page, cancel);
        terminal.Result(new { version = version.Id, file = output }, console => console.WriteLine($"Version {version.Id}: {output}"));
        return ExitCode.Done;
    }

    /// <summary>A source that was carried over may be one that this program does not know.</summary>
    private static SourceManifest? Known(string name) => KnownSources.All.FirstOrDefault(known => known.Manifest.Name == name.Split('#')[0])?.Manifest;
}
