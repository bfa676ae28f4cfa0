using System.CommandLine;
using EcgData.Evaluation;
using EcgData.Models.Checkpoints;
using EcgData.Shards;
using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;
using Spectre.Console;
using TorchSharp;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata embed CHECKPOINT --corpus CORPUS --out FILE</c>: what an encoder makes of every crop, as Parquet.</summary>
internal static class EmbedVerb
{
    public static Command Create()
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "A checkpoint of 'ecgdata pretrain', or imported weights." };
        var corpus = new Option<string>("--corpus") { Description = "The corpus.", HelpName = "URI", Required = true };
        var version = Corpora.VersionOption();
        var subset = new Option<string?>("--subset") { Description = "A subset manifest. Default: the whole version.", HelpName = "FILE" };
        var to = new Option<string>("--out") { Description = "The Parquet file that is written: record_id, segment, start_sample, embedding.", HelpName = "FILE", Required = true };
        var batch = new Option<int>("--batch") { Description = "Crops at a time.", DefaultValueFactory = _ => 64, HelpName = "N" };
        var device = PretrainVerb.DeviceOption();
        var threads = PretrainVerb.ThreadsOption();
        var command = new Command("embed", "Write what an encoder makes of every crop: the mean over its tokens.")
        {
            checkpoint, corpus, version, subset, to, batch, device, threads,
        };
        command.SetAction((arguments, cancel) => RunAsync(
            arguments.GetValue(checkpoint)!, arguments.GetValue(corpus)!, arguments.GetValue(version), arguments.GetValue(subset), arguments.GetValue(to)!,
            arguments.GetValue(batch), arguments.GetValue(device)!, arguments.GetValue(threads), new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        string checkpoint, string address, string? versionId, string? subsetPath, string to, int batch, string deviceName, int? threads, Terminal terminal,
        CancellationToken cancel)
    {
        if (batch is < 1 or > 65536) throw new UsageException($"--batch {batch}: expected 1 to 65536.");
        var device = PretrainVerb.Device(deviceName, threads);
        var corpus = Corpora.OpenExisting(address);
        var subset = subsetPath is null ? null : await SubsetManifest.ReadAsync(subsetPath, cancel);
        var version = await corpus.ReadManifestAsync(versionId ?? subset?.Version, cancel);
        var rows = subset is null ? null : await subset.LoadSelectionAsync(corpus, version, cancel);
        var index = await RowGroupIndex.LoadAsync(corpus, version, cancel);
        var (encoder, options, input) = Checkpoints.Load(checkpoint);
        using (encoder)
        {
            encoder.to(device);
            var cropSeconds = Checkpoints.CropSeconds(options, index.SamplingFrequencyHz);
            using var reader = Embeddings.Open(index, version.Id, rows, new StoredRowGroups(corpus.Objects), cropSeconds, batch, cancel);
            var partial = to + ".partial";
            long written;
            using (new LiveProgress(terminal, "crops", reader.Items, () => reader.Position))
            {
                await using var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None);
                written = await EmbeddingTable.WriteAsync(file, Embeddings.Of(encoder, input, reader, batch, device, cancel).ToAsyncEnumerable(), cancel);
                file.Flush(flushToDisk: true);
            }

            File.Move(partial, to, overwrite: true);
            terminal.Result(
                new { file = to, version = version.Id, subset = subset?.Digest, crops = written, width = encoder.Width, tooShort = reader.Order.TooShort },
                console => console.WriteLine($"{to}: {written:N0} crops of {cropSeconds} s, {encoder.Width} numbers each; {reader.Order.TooShort:N0} segments are shorter."));
        }

        return ExitCode.Done;
    }
}
