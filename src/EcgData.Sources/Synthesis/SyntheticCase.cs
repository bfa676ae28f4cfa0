namespace EcgData.Sources.Synthesis;

/// <summary>One record to be made: who, with what, at which rate. Everything but the samples, a pure function of seed, source and index.</summary>
internal sealed record SyntheticCase
{
    public required int Index { get; init; }

    /// <summary>Number of the patient, from 0, in the order of their records.</summary>
    public required int Patient { get; init; }

    /// <summary>Number of this record among the patient's, from 0.</summary>
    public required int Visit { get; init; }

    public required bool Female { get; init; }

    public required int AgeYears { get; init; }

    public required Condition Condition { get; init; }

    public required Rhythm Rhythm { get; init; }

    public required double BeatsPerMinute { get; init; }

    /// <summary>Premature ventricular beats are sown in.</summary>
    public required bool Extrasystoles { get; init; }

    /// <summary>Onset of P to onset of QRS, milliseconds.</summary>
    public required double PrMs { get; init; }

    /// <summary>Turn of the heart in the frontal and horizontal plane, radian.</summary>
    public required double Frontal { get; init; }

    public required double Horizontal { get; init; }

    /// <summary>Size of all waves against the mean patient.</summary>
    public required double Amplitude { get; init; }

    /// <summary>Recommended fold, 1-10, the patient's.</summary>
    public required int Fold { get; init; }

    // Shares of the patients, in the order of the conditions; normal records are 43 % of PTB-XL.
    private static readonly double[] Shares = [0.40, 0.08, 0.08, 0.06, 0.06, 0.08, 0.03, 0.05, 0.04, 0.05, 0.05, 0.01, 0.01];

    public static SyntheticCase Draw(ulong seed, string source, int index, int patient, int visit)
    {
        var person = RandomStream.For(seed, source, "patient", patient);
        var condition = DrawCondition(ref person);
        var female = person.Chance(0.48);
        var age = condition is Condition.Normal
            ? person.Between(18, 80) : Math.Clamp(67 + 12 * person.Bell(), 22, 96);
        var (frontal, horizontal) = (0.22 * person.Bell(), 0.18 * person.Bell());
        var amplitude = Math.Clamp(1.04 + 0.18 * person.Bell() - (age - 50) * 0.002 - (female ? 0.05 : 0), 0.72, 1.5);
        var pr = Math.Clamp(158 + 14 * person.Bell(), 124, 196);
        var longPr = person.Between(218, 290);

        var visitDraw = RandomStream.For(seed, source, "visit", index);
        var rhythm = DrawRhythm(condition, ref visitDraw);
        return new SyntheticCase
        {
            Index = index,
            Patient = patient,
            Visit = visit,
            Female = female,
            AgeYears = (int)age + visit,
            Condition = condition,
            Rhythm = rhythm,
            BeatsPerMinute = rhythm switch
            {
                Rhythm.SinusBradycardia => visitDraw.Between(43, 58),
                Rhythm.SinusTachycardia => visitDraw.Between(102, 134),
                Rhythm.AtrialFibrillation => Math.Clamp(86 + 20 * visitDraw.Bell(), 52, 140),
                Rhythm.Paced => visitDraw.Between(60, 78),
                _ => Math.Clamp(75 + 9 * visitDraw.Bell(), 61, 99),
            },
            Extrasystoles = condition is not (Condition.Normal or Condition.Paced) && visitDraw.Chance(0.1),
            PrMs = condition is Condition.FirstDegreeBlock ? longPr : pr,
            Frontal = frontal + 0.03 * visitDraw.Bell(),
            Horizontal = horizontal + 0.03 * visitDraw.Bell(),
            Amplitude = amplitude * visitDraw.Between(0.94, 1.06),
            // Neighbours in different folds: ten patients fill ten folds, however small the tree.
            Fold = 1 + (patient * 7 + (int)(seed % 10)) % 10,
        };
    }

    private static Condition DrawCondition(ref RandomStream random)
    {
        var at = random.Unit();
        for (var condition = 0; condition < Shares.Length; condition++)
        {
            if (at < Shares[condition]) return (Condition)condition;
            at -= Shares[condition];
        }

        return Condition.Normal;
    }

    private static Rhythm DrawRhythm(Condition condition, ref RandomStream random)
    {
        var at = random.Unit();
        return condition switch
        {
            Condition.Paced => Rhythm.Paced,
            // A fibrillating record is not a normal one, and has no PR interval to be long.
            Condition.Normal or Condition.FirstDegreeBlock => at switch
            {
                < 0.12 => Rhythm.SinusBradycardia,
                < 0.24 => Rhythm.SinusTachycardia,
                < 0.30 => Rhythm.SinusArrhythmia,
                _ => Rhythm.Sinus,
            },
            _ => at switch
            {
                < 0.10 => Rhythm.SinusBradycardia,
                < 0.20 => Rhythm.SinusTachycardia,
                < 0.36 => Rhythm.AtrialFibrillation,
                < 0.39 => Rhythm.SinusArrhythmia,
                _ => Rhythm.Sinus,
            },
        };
    }
}
