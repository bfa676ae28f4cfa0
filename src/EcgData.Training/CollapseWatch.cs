using EcgData.Models;
using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Training;

/// <summary>Looks for a collapse, and says when a run is to be stopped because of one. Its state is <see cref="BadLooks"/>.</summary>
public sealed class CollapseWatch(StopRules rules)
{
    /// <summary>Looks in a row that were bad.</summary>
    public int BadLooks { get; set; }

    /// <param name="student">In eval mode.</param>
    /// <param name="millivolt">float[batch, leads, samples], the same crops at every look.</param>
    /// <returns>Figures for the log: rank and variance of the tokens, distance of the teacher.</returns>
    public static Dictionary<string, double> Look(Encoder student, Objective objective, Tensor millivolt)
    {
        using var uncollected = NoCollection.Begin();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var tokens = student.forward(objective.Input.Apply(millivolt));
        var figures = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["rank"] = Collapse.EffectiveRank(tokens),
            ["variance"] = Collapse.Variance(tokens),
        };
        if (objective is MaskedObjective masked) figures["teacherGap"] = masked.Teacher.GapTo(student);
        return figures;
    }

    /// <summary>Why the run is to be stopped, or null.</summary>
    /// <param name="figures">Those of <see cref="Look"/>, and perplexities of codebooks by names that begin so.</param>
    /// <param name="teacherFollows">Whether there is a teacher that is an average of the student: any other may be as far away as it likes.</param>
    public string? Judge(IReadOnlyDictionary<string, double> figures, bool teacherFollows)
    {
        var complaint = Complaint(figures, teacherFollows);
        BadLooks = complaint is null ? 0 : BadLooks + 1;
        return complaint is not null && rules.Patience > 0 && BadLooks >= rules.Patience
            ? $"{complaint}, at {BadLooks} looks in a row: the encoder has collapsed. Lower the rates, look at the data, or set stopRules to what is tolerable."
            : null;
    }

    private string? Complaint(IReadOnlyDictionary<string, double> figures, bool teacherFollows)
    {
        foreach (var (name, value) in figures)
        {
            var least = name switch
            {
                "rank" => rules.LeastRank,
                "variance" => rules.LeastVariance,
                _ when name.StartsWith("perplexity", StringComparison.Ordinal) => rules.LeastPerplexity,
                _ => double.NegativeInfinity,
            };
            if (!(value >= least)) return $"{name} {value:g3}, expected {least:g3} or more";
        }

        return teacherFollows && figures.TryGetValue("teacherGap", out var gap) && !(gap <= rules.GreatestTeacherGap)
            ? $"teacherGap {gap:g3}, expected {rules.GreatestTeacherGap:g3} or less"
            : null;
    }
}
