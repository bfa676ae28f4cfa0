using System.CommandLine;
using EcgData.Models.Checkpoints;
using EcgData.Models.Encoders;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata inspect CHECKPOINT</c>: what a safetensors file holds; <c>--export</c> takes the encoder out of it.</summary>
internal static class InspectVerb
{
    public static Command Create()
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "A safetensors file." };
        var export = new Option<string?>("--export")
        {
            Description = "Write the encoder alone, without head, teacher and optimiser: weights for PyTorch's safetensors loader, and for embed and evaluate.",
            HelpName = "FILE",
        };
        var names = new Option<WeightNames>("--names")
        {
            Description = "Names of what --export writes: ours, or study: those of the study's code (S4 only).",
            DefaultValueFactory = _ => WeightNames.Ours,
        };
        var command = new Command("inspect", "Show what a checkpoint holds.") { checkpoint, export, names };
        command.SetAction(arguments => Run(arguments.GetValue(checkpoint)!, arguments.GetValue(export), arguments.GetValue(names), new Terminal(arguments)));
        return command;
    }

    private static int Run(string path, string? export, WeightNames names, Terminal terminal)
    {
        using var file = Checkpoints.Open(path);
        var parts = file.Header.Entries.GroupBy(entry => entry.Name.Split('.')[0], StringComparer.Ordinal)
            .OrderBy(part => part.Key, StringComparer.Ordinal)
            .Select(part => new { name = part.Key, tensors = part.Count(), values = part.Sum(entry => entry.Count), bytes = part.Sum(entry => entry.Bytes) }).ToList();
        if (export is not null) Export(path, export, names);
        terminal.Result(
            new
            {
                file = path,
                bytes = new FileInfo(path).Length,
                metadata = file.Metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal).ToDictionary(),
                parts,
                tensors = file.Header.Entries.Select(entry => new { entry.Name, type = entry.Type.ToString(), entry.Shape, entry.Count, entry.Bytes }),
            },
            console =>
            {
                foreach (var (key, value) in file.Metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal)) console.WriteLine($"{key}: {value}");
                var table = new Table { Border = TableBorder.Simple };
                table.AddColumns("tensor", "type", "shape", "values");
                foreach (var entry in file.Header.Entries.OrderBy(entry => entry.Name, StringComparer.Ordinal))
                    table.AddRow(Markup.Escape(entry.Name), $"{entry.Type}", Markup.Escape($"[{string.Join(", ", entry.Shape)}]"), $"{entry.Count:N0}");
                console.Write(table);
                foreach (var part in parts) console.WriteLine($"{part.name}: {part.values:N0} values in {part.tensors:N0} tensors, {Quantity.Bytes(part.bytes)}");
            });
        return ExitCode.Done;
    }

    private static void Export(string from, string to, WeightNames names)
    {
        var (encoder, options, input) = Checkpoints.Load(from);
        using (encoder)
        {
            if (names == WeightNames.Ours)
            {
                EncoderFile.Write(to, encoder, options, input);
                return;
            }

            var weights = PublishedWeights.Export(encoder);
            SafetensorsWriter.Write(to, weights.Select(weight => (weight.Key, weight.Value)), EncoderFile.Describe(options, input));
            foreach (var weight in weights.Values) weight.Dispose();
        }
    }

    private enum WeightNames
    {
        Ours,
        Study,
    }
}
