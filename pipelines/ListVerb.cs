using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcgData.Ingest;
using EcgData.Shards;
using EcgData.Signals;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata list CORPUS [--where …]</c>: finds records.</summary>
internal static class ListVerb
{
    private static readonly JsonSerializerOptions ColumnNames = new(CorpusJson.Readable) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var version = Corpora.VersionOption();
        var where = new Option<string[]>("--where")
        {
            Description = "A condition such as source=ptb-xl, labels=scp:AFIB, age_years>=65, state=rejected or reason~checksum. Repeat it to narrow down.",
            HelpName = "CONDITION",
        };
        var limit = new Option<int>("--limit") { Description = "Most records to print.", DefaultValueFactory = _ => 50, HelpName = "N" };
        var statistics = new Option<bool>("--statistics") { Description = "The amplitudes of each source and lead in place of the records." };
        var command = new Command("list", "Find records of a corpus.") { corpus, version, where, limit, statistics };
        command.SetAction((arguments, cancel) => arguments.GetValue(statistics)
            ? StatisticsAsync(arguments.GetValue(corpus)!, arguments.GetValue(version), new Terminal(arguments), cancel)
            : RunAsync(
            arguments.GetValue(corpus)!, arguments.GetValue(version), arguments.GetValue(where) ?? [], arguments.GetValue(limit),
            new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        string address, string? version, string[] where, int limit, Terminal terminal, CancellationToken cancel)
    {
        if (limit < 0) throw new UsageException($"--limit {limit}: expected 0 or more.");
        List<CataloguePredicate> conditions;
        try
        {
            conditions = [.. where.Select(CataloguePredicate.Parse)];
        }
        catch (FormatException e)
        {
            throw new UsageException($"--where: {e.Message}");
        }

        var corpus = Corpora.OpenExisting(address);
        var manifest = await corpus.ReadManifestAsync(version, cancel);
        List<CatalogueRow> rows = [];
        long found = 0;
        await foreach (var row in corpus.ReadCatalogueAsync(manifest, cancel))
        {
            if (!conditions.TrueForAll(condition => condition.Holds(row))) continue;
            found++;
            if (rows.Count < limit) rows.Add(row);
        }

        terminal.Result(new { version = manifest.Id, found, records = rows.Select(AsColumns) }, console =>
        {
            var table = new Table { Border = TableBorder.Simple };
            table.AddColumns("record", "state", "segments", "Hz", "age", "sex", "fold", "labels", "flags or reason");
            foreach (var row in rows)
            {
                table.AddRow(
                    Markup.Escape(row.RecordId), row.State, $"{row.Segments}", $"{row.NativeSamplingFrequencyHz}", $"{row.AgeYears}",
                    row.Sex ?? "", $"{row.Fold}", Markup.Escape(string.Join(' ', row.Labels)),
                    Markup.Escape(row.Reason ?? FlagNames(row.Flags)));
            }

            console.Write(table);
            console.WriteLine($"{found:N0} records{(found > rows.Count ? $", the first {rows.Count:N0} of them listed" : "")}");
        });
        return ExitCode.Done;
    }

    private static async Task<int> StatisticsAsync(string address, string? version, Terminal terminal, CancellationToken cancel)
    {
        var manifest = await Corpora.OpenExisting(address).ReadManifestAsync(version, cancel);
        var statistics = SourceStatistics.Of(manifest);
        var document = statistics.Rows.Select(row => statistics.Columns.Zip(row).ToDictionary(cell => cell.First, cell => cell.Second));
        terminal.Result(new { version = manifest.Id, statistics = document }, console =>
        {
            var table = new Table { Border = TableBorder.Simple };
            foreach (var column in statistics.Columns) table.AddColumn(column);
            foreach (var row in statistics.Rows)
                table.AddRow([.. row.Select(value => Markup.Escape(value is double number ? $"{number:0.0}" : $"{value:N0}"))]);
            console.Write(table);
        });
        return ExitCode.Done;
    }

    /// <summary>A row under the names that the catalogue's columns have.</summary>
    private static JsonNode? AsColumns(CatalogueRow row) => JsonSerializer.SerializeToNode(row, ColumnNames);

    private static string FlagNames(int flags) => string.Join(' ', Enum.GetValues<RecordFlags>()
        .Where(flag => flag != RecordFlags.None && (flags & (int)flag) != 0).Select(KebabCase.Of));
}
