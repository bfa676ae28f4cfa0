using System.CommandLine;
using EcgData.Shards.Exports;
using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata export CORPUS --subset F --to DIR --format parquet|npy</c>: a subset's rows as files of their own.</summary>
internal static class ExportVerb
{
    private enum Format
    {
        Parquet,
        Npy,
    }

    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var version = Corpora.VersionOption();
        var subset = new Option<string?>("--subset") { Description = "A subset manifest. Default: the whole version.", HelpName = "FILE" };
        var to = new Option<string>("--to") { Description = "Folder to make; must not be there yet.", HelpName = "DIR", Required = true };
        var format = new Option<Format>("--format") { Description = "parquet: shards of the subset's rows alone; npy: arrays and a line of JSON per row.", Required = true };
        var values = new Option<NumpyValues>("--values") { Description = "npy: int16 (microvolt) or float32 (millivolt).", DefaultValueFactory = _ => NumpyValues.Int16 };
        var samples = new Option<int?>("--samples") { Description = "npy: length of the arrays. Default: a whole segment.", HelpName = "N" };
        var command = new Command("export", "Write a subset's rows as files of their own.") { corpus, version, subset, to, format, values, samples };
        command.SetAction((arguments, cancel) => RunAsync(
            arguments.GetValue(corpus)!, arguments.GetValue(version), arguments.GetValue(subset), arguments.GetValue(to)!, arguments.GetValue(format),
            arguments.GetValue(values), arguments.GetValue(samples), new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        string address, string? versionId, string? subsetFile, string to, Format format, NumpyValues values, int? samples, Terminal terminal, CancellationToken cancel)
    {
        if (Path.Exists(to)) throw new UsageException($"--to {to}: is there already. Expected a folder to make; remove it, or choose another.");
        if (samples is < 1) throw new UsageException($"--samples {samples}: expected 1 or more.");
        var corpus = Corpora.OpenExisting(address);
        var subset = await SubsetFile.ReadAsync(subsetFile, cancel);
        var version = await corpus.ReadManifestAsync(versionId ?? subset?.Version, cancel);
        var selection = subset is null ? null : await subset.LoadSelectionAsync(corpus, version, cancel);
        var index = await RowGroupIndex.LoadAsync(corpus, version, cancel);
        var rows = new SelectedRows(corpus, index, selection);
        if (rows.Count == 0) throw new UsageException($"{subsetFile ?? address}: no rows. Expected some to export; make the subset larger.");
        var length = samples ?? (int)Math.Round(version.Recipe.SegmentSeconds * version.Recipe.SamplingFrequencyHz);

        var whole = Path.GetFullPath(to).TrimEnd(Path.DirectorySeparatorChar);
        var unfinished = $"{whole}.new-{Environment.ProcessId}";   // beside its place, so that taking it is one rename
        Directory.CreateDirectory(unfinished);
        ExportManifest manifest;
        try
        {
            IReadOnlyList<ExportedFile> files;
            using (var progress = new LiveProgress(terminal, "rows", rows.Count))
            {
                files = format == Format.Parquet
                    ? await ParquetExport.WriteAsync(rows, version, unfinished, progress, cancel)
                    : await NumpyExport.WriteAsync(rows, length, values, unfinished, progress, cancel);
            }

            manifest = new ExportManifest
            {
                Version = version.Id,
                Subset = subset?.Digest,
                Format = format == Format.Parquet ? "parquet" : "npy",
                Values = format == Format.Parquet ? null : values == NumpyValues.Int16 ? "int16 microvolt" : "float32 millivolt",
                Samples = format == Format.Parquet ? null : length,
                Rows = rows.Count,
                Attribution = subset?.Terms.Attribution ?? [.. version.Sources.Select(source => $"{source.Release}: {source.Licence}")],
                Files = files,
            };
            await manifest.WriteAsync(unfinished, cancel);
            Directory.Move(unfinished, whole);
        }
        catch
        {
            if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
            throw;
        }

        terminal.Result(
            new { to = whole, manifest.Version, manifest.Subset, manifest.Format, manifest.Rows, manifest.Files },
            console => console.WriteLine($"{manifest.Rows:N0} rows in {manifest.Files.Count:N0} files, {manifest.Files.Sum(file => file.SizeBytes) / 1e6:N1} MB: {to}"));
        return ExitCode.Done;
    }
}
