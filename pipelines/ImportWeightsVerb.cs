using System.CommandLine;
using EcgData.Models;
using EcgData.Models.Checkpoints;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata import-weights FILE --out FILE</c>: the study's published S4 weights, under our names.</summary>
internal static class ImportWeightsVerb
{
    public static Command Create()
    {
        var from = new Argument<string>("weights") { Description = "The published encoder's state under its own names, in a safetensors file." };
        var to = new Option<string>("--out") { Description = "The safetensors file that embed and evaluate take.", HelpName = "FILE", Required = true };
        var input = new Option<InputScaling>("--input")
        {
            Description = "What its input was scaled by in pretraining: Millivolt (CPC), PtbXlAsPublished (the other four).",
            DefaultValueFactory = _ => InputScaling.Millivolt,
        };
        var command = new Command("import-weights", "Take over the S4 weights that the study publishes.") { from, to, input };
        command.SetAction(arguments => Run(arguments.GetValue(from)!, arguments.GetValue(to)!, arguments.GetValue(input), new Terminal(arguments)));
        return command;
    }

    private static int Run(string from, string to, InputScaling input, Terminal terminal)
    {
        var (encoder, options) = Checkpoints.LoadPublished(from);
        using (encoder)
        {
            EncoderFile.Write(to, encoder, options, input);
            var parameters = encoder.parameters().Sum(parameter => parameter.numel());
            terminal.Result(
                new { file = to, encoder = options, input, parameters },
                console => console.WriteLine($"{to}: {options.S4.Layers} S4 layers, width {options.Width}, {(options.Causal ? "causal" : "bidirectional")}, {parameters:N0} parameters."));
        }

        return ExitCode.Done;
    }
}
