namespace EcgData.Sources.Synthesis;

/// <summary>What shapes the beats of a synthetic patient. Every one is drawn with the same distribution of heart rates.</summary>
internal enum Condition
{
    Normal,
    InferiorInfarct,
    AnteroseptalInfarct,
    LeftBundleBranchBlock,
    RightBundleBranchBlock,
    LeftVentricularHypertrophy,
    RightVentricularHypertrophy,
    LeftAnteriorFascicularBlock,
    FirstDegreeBlock,
    StDepression,
    InvertedT,
    LowVoltage,
    Paced,
}

/// <summary>What times the beats.</summary>
internal enum Rhythm
{
    Sinus,
    SinusBradycardia,
    SinusTachycardia,
    SinusArrhythmia,
    AtrialFibrillation,
    Paced,
}
