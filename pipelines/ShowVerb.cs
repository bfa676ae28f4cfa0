using System.CommandLine;
using EcgData.Reports;
using EcgData.Shards;
using EcgData.Sources;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata show CORPUS RECORD --out FILE</c>: draws a record as an ECG sheet.</summary>
internal static class ShowVerb
{
    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var record = new Argument<string>("record") { Description = "The record's id, ptb-xl/1." };
        var version = Corpora.VersionOption();
        var output = new Option<string>("--out") { Description = "The picture to write, .svg or .png.", HelpName = "FILE", Required = true };
        var segment = new Option<int>("--segment") { Description = "Which segment of the record, from 0.", HelpName = "N" };
        var layout = new Option<string>("--layout")
        {
            Description = "3x4 with a rhythm strip, or 12x1.",
            DefaultValueFactory = _ => "3x4",
            HelpName = "LAYOUT",
        };
        layout.AcceptOnlyFromAmong("3x4", "12x1");
        var command = new Command("show", "Draw a record as an ECG sheet, 25 mm/s and 10 mm/mV.")
        {
            corpus, record, version, output, segment, layout,
        };
        command.SetAction((arguments, cancel) => RunAsync(
            arguments.GetValue(corpus)!, arguments.GetValue(record)!, arguments.GetValue(version), arguments.GetValue(output)!,
            arguments.GetValue(segment), arguments.GetValue(layout) == "12x1" ? SheetLayout.TwelveByOne : SheetLayout.ThreeByFour,
            new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        string address, string recordId, string? version, string output, int segmentIndex, SheetLayout layout, Terminal terminal,
        CancellationToken cancel)
    {
        var format = Path.GetExtension(output);
        if (format is not (".svg" or ".png")) throw new UsageException($"--out {output}: expected a file ending in .svg or .png.");
        var corpus = Corpora.OpenExisting(address);
        var manifest = await corpus.ReadManifestAsync(version, cancel);
        var row = await FindAsync(corpus, manifest, recordId, cancel);
        if (row.Shard is null) throw new UsageException($"{recordId} has no signal in version {manifest.Id}: it was rejected, {row.Reason}");
        if (segmentIndex < 0 || segmentIndex >= row.Segments)
            throw new UsageException($"--segment {segmentIndex}: {recordId} has {row.Segments} segments, numbered from 0.");
        var segment = await corpus.ReadSegmentAsync(manifest, row, segmentIndex, cancel);
        if (format == ".svg") await File.WriteAllTextAsync(output, EcgSheet.DrawSvg(segment, layout), cancel);
        else await File.WriteAllBytesAsync(output, EcgSheet.DrawPng(segment, layout), cancel);
        terminal.Result(
            new { record = recordId, segment = segmentIndex, file = output },
            console => console.WriteLine($"{recordId}, segment {segmentIndex}: {output}"));
        return ExitCode.Done;
    }

    private static async Task<CatalogueRow> FindAsync(
        CorpusStore corpus, VersionManifest manifest, string recordId, CancellationToken cancel)
    {
        var near = new List<string>();
        await foreach (var row in corpus.ReadCatalogueAsync(manifest, cancel))
        {
            if (row.RecordId == recordId) return row;
            if (near.Count < 10_000) near.Add(row.RecordId);
        }

        var advice = near.Count == 0 ? "The version is empty." : $"Did you mean '{Spelling.Nearest(recordId, near)}'? 'ecgdata list' finds records.";
        throw new UsageException($"'{recordId}' is not in version {manifest.Id}. {advice}");
    }
}
