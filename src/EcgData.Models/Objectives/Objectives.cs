using EcgData.Models.Encoders;

namespace EcgData.Models.Objectives;

/// <summary>Makes the objectives of the study.</summary>
public static class Objectives
{
    private const int HeadStateSize = 64;   // the study's S4 head; its backbone has 8

    /// <param name="student">Of the shape that <paramref name="encoder"/> says; a teacher starts from its weights. Not taken over.</param>
    /// <param name="encoder">What the student was made with.</param>
    /// <param name="seed">Decides head, mask vector, codebooks and a frozen teacher, together with their names.</param>
    /// <returns>On the CPU, in training mode, owned by the caller.</returns>
    /// <exception cref="ArgumentException">An encoder that the objective cannot train; the message says why.</exception>
    public static Objective Create(ObjectiveOptions options, Encoder student, EncoderOptions encoder, ulong seed)
    {
        using var uncollected = NoCollection.Begin();
        return options.Kind switch
        {
            ObjectiveKind.Cpc => new CpcObjective(options.Cpc, student, KeyOf("head")),
            ObjectiveKind.Data2Vec => new Data2VecObjective(options.Data2Vec, Teacher(options.Data2Vec.Teacher), Mask(), Head(encoder.Width)),
            ObjectiveKind.DinoSr => new DinoSrObjective(
                options.DinoSr, Teacher(options.DinoSr.Teacher), Mask(), Head(DinoSrObjective.OutputsOf(options.DinoSr)), encoder.Width, KeyOf("codebooks")),
            ObjectiveKind.Jepa => new JepaObjective(options.Jepa, Teacher(options.Jepa.Teacher), Mask(), Head(encoder.Width)),
            ObjectiveKind.HubertPlusPlus => new HubertPlusPlusObjective(
                options.HubertPlusPlus, Teacher(options.HubertPlusPlus.Teacher), Mask(),
                new MlpHead(encoder.Width, options.HubertPlusPlus.Clusters.Sum(), KeyOf("head")), encoder.Width),
            _ => throw new ArgumentOutOfRangeException(
                nameof(options), $"Objective {options.Kind} is unknown; expected is one of {string.Join(", ", Enum.GetNames<ObjectiveKind>())}."),
        };

        ulong KeyOf(string part) => KeyedRandom.Combine(seed, KeyedRandom.KeyOf(part));

        MaskVector Mask() => new(encoder.Width, KeyOf("mask"));

        Teacher Teacher(TeacherOptions teacher) => new(Encoders.Encoders.Create(encoder, KeyOf("teacher")), student, teacher);

        SequenceHead Head(int outputs)
        {
            var layer = new S4Block(new S4LayerOptions
            {
                Width = encoder.Width,
                Tokens = encoder.Tokens,
                Causal = false,
                S4 = new S4Options { StateSize = HeadStateSize, DropoutPattern = DropoutPattern.Element },
            });
            Initialisation.Draw(layer, KeyOf("head.layer"));
            return new SequenceHead(layer, encoder.Width, outputs, KeyOf("head"));
        }
    }

    /// <summary>Whether the encoder has to be made causal.</summary>
    public static bool NeedsCausalEncoder(ObjectiveOptions options) =>
        options.Kind == ObjectiveKind.Cpc && options.Cpc.Lookahead == Lookahead.Refused;
}
