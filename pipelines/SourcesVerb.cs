using System.CommandLine;
using EcgData.Sources;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata sources [NAME]</c>: what can be taken in, and what to download for it.</summary>
internal static class SourcesVerb
{
    public static Command Create()
    {
        var name = new Argument<string?>("name")
        {
            Description = "A source; without it, all are listed.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("sources", "List the known sources, or tell about one.") { name };
        command.SetAction(arguments => Run(arguments.GetValue(name), new Terminal(arguments)));
        return command;
    }

    private static int Run(string? name, Terminal terminal)
    {
        if (name is not null)
        {
            var manifest = KnownSources.Find(name).Manifest;
            terminal.Result(manifest, console => Describe(manifest, console));
            return ExitCode.Done;
        }

        var manifests = KnownSources.All.Select(source => source.Manifest).ToList();
        terminal.Result(manifests, console =>
        {
            var table = new Table { Border = TableBorder.Simple };
            table.AddColumns("source", "version", "records", "patients", "licence", "access", "title");
            foreach (var manifest in manifests)
            {
                table.AddRow(
                    manifest.Name, manifest.Version, $"{manifest.Records:N0}", $"{manifest.Patients:N0}",
                    Markup.Escape(manifest.Licence), manifest.Access, Markup.Escape(manifest.Title));
            }

            console.Write(table);
        });
        return ExitCode.Done;
    }

    private static void Describe(SourceManifest manifest, IAnsiConsole console)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        Row("source", manifest.Release);
        Row("title", manifest.Title);
        Row("records", $"{manifest.Records:N0}");
        Row("patients", $"{manifest.Patients:N0}");
        Row("size", manifest.SizeBytes is { } size ? Quantity.Bytes(size) : null);
        Row("licence", manifest.Licence);
        Row("access", manifest.Access);
        Row("citation", manifest.Citation);
        Row("doi", manifest.Doi);
        Row("home", manifest.Home);
        Row("download", manifest.Download);
        foreach (var file in manifest.Files) Row(file.Required ? "needs" : "uses", file.Path);
        console.Write(grid);

        void Row(string label, string? value)
        {
            if (!string.IsNullOrEmpty(value)) grid.AddRow(Markup.Escape(label), Markup.Escape(value));
        }
    }
}
