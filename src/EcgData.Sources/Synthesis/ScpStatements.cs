using System.Text;

namespace EcgData.Sources.Synthesis;

/// <summary>SCP-ECG statements: the table that PTB-XL carries, and what it says about a synthetic case.</summary>
internal static class ScpStatements
{
    // Code, D(iagnostic) F(orm) R(hythm), superclass, subclass, meaning: the order and classes of PTB-XL 1.0.3.
    private const string Statements =
        """
        NDT|DF|STTC|STTC|T wave changes without diagnostic weight
        NST_|DF|STTC|NST_|unspecific ST changes
        DIG|DF|STTC|STTC|effect of digitalis
        LNGQT|DF|STTC|STTC|QT interval prolonged
        NORM|D|NORM|NORM|normal ECG
        IMI|D|MI|IMI|inferior myocardial infarction
        ASMI|D|MI|AMI|anteroseptal myocardial infarction
        LVH|D|HYP|LVH|left ventricular hypertrophy
        LAFB|D|CD|LAFB/LPFB|left anterior fascicular block
        ISC_|D|STTC|ISC_|ischaemia, unspecified
        IRBBB|D|CD|IRBBB|incomplete right bundle branch block
        1AVB|D|CD|_AVB|first degree AV block
        IVCD|D|CD|IVCD|intraventricular conduction delay
        ISCAL|D|STTC|ISCA|ischaemia, anterolateral
        CRBBB|D|CD|CRBBB|complete right bundle branch block
        CLBBB|D|CD|CLBBB|complete left bundle branch block
        ILMI|D|MI|IMI|inferolateral myocardial infarction
        LAO/LAE|D|HYP|LAO/LAE|left atrial enlargement
        AMI|D|MI|AMI|anterior myocardial infarction
        ALMI|D|MI|AMI|anterolateral myocardial infarction
        ISCIN|D|STTC|ISCI|ischaemia, inferior
        INJAS|D|MI|AMI|injury, anteroseptal
        LMI|D|MI|LMI|lateral myocardial infarction
        ISCIL|D|STTC|ISCI|ischaemia, inferolateral
        LPFB|D|CD|LAFB/LPFB|left posterior fascicular block
        ISCAS|D|STTC|ISCA|ischaemia, anteroseptal
        INJAL|D|MI|AMI|injury, anterolateral
        ISCLA|D|STTC|ISCA|ischaemia, lateral
        RVH|D|HYP|RVH|right ventricular hypertrophy
        ANEUR|D|STTC|STTC|aneurysm pattern of ST and T
        RAO/RAE|D|HYP|RAO/RAE|right atrial enlargement
        EL|D|STTC|STTC|electrolyte or drug effect
        WPW|D|CD|WPW|pre-excitation (WPW)
        ILBBB|D|CD|ILBBB|incomplete left bundle branch block
        IPLMI|D|MI|IMI|inferoposterolateral myocardial infarction
        ISCAN|D|STTC|ISCA|ischaemia, anterior
        IPMI|D|MI|IMI|inferoposterior myocardial infarction
        SEHYP|D|HYP|SEHYP|septal hypertrophy
        INJIN|D|MI|IMI|injury, inferior
        INJLA|D|MI|AMI|injury, lateral
        PMI|D|MI|PMI|posterior myocardial infarction
        3AVB|D|CD|_AVB|third degree AV block
        INJIL|D|MI|IMI|injury, inferolateral
        2AVB|D|CD|_AVB|second degree AV block
        ABQRS|F|||QRS abnormal
        PVC|F|||premature ventricular beat
        STD_|F|||ST depression
        VCLVH|F|||QRS voltage as in left ventricular hypertrophy
        QWAVE|F|||pathological Q waves
        LOWT|F|||T waves flat
        NT_|F|||T wave changes, unspecific
        PAC|F|||premature atrial beat
        LPR|F|||PR interval prolonged
        INVT|F|||T waves inverted
        LVOLT|F|||QRS voltage low
        HVOLT|F|||QRS voltage high
        TAB_|F|||T wave abnormal
        STE_|F|||ST elevation
        PRC(S)|F|||premature beats
        SR|R|||sinus rhythm
        AFIB|R|||atrial fibrillation
        STACH|R|||sinus tachycardia
        SARRH|R|||sinus arrhythmia
        SBRAD|R|||sinus bradycardia
        PACE|R|||pacemaker rhythm
        SVARR|R|||supraventricular arrhythmia
        BIGU|R|||bigeminy
        AFLT|R|||atrial flutter
        SVTAC|R|||supraventricular tachycardia
        PSVT|R|||paroxysmal supraventricular tachycardia
        TRIGU|R|||trigeminy
        """;

    /// <summary>scp_statements.csv: 71 rows of 13 columns, CRLF as published. The columns of foreign code systems are blank here.</summary>
    public static string Table { get; } = Compose();

    /// <summary>Codes of a case, likelihoods in percent; 0 where the statement is not graded.</summary>
    public static IReadOnlyList<(string Code, int Percent)> Of(SyntheticCase made)
    {
        List<(string, int)> codes = made.Condition switch
        {
            Condition.Normal => [("NORM", made.Rhythm is Rhythm.Sinus ? 100 : 80)],
            Condition.InferiorInfarct => [("IMI", 100), ("QWAVE", 0)],
            Condition.AnteroseptalInfarct => [("ASMI", 100), ("QWAVE", 0)],
            Condition.LeftBundleBranchBlock => [("CLBBB", 100)],
            Condition.RightBundleBranchBlock => [("CRBBB", 100)],
            Condition.LeftVentricularHypertrophy => [("LVH", 100), ("VCLVH", 0)],
            Condition.RightVentricularHypertrophy => [("RVH", 100)],
            Condition.LeftAnteriorFascicularBlock => [("LAFB", 100)],
            Condition.FirstDegreeBlock => [("1AVB", 100), ("LPR", 0)],
            Condition.StDepression => [("ISC_", 100), ("STD_", 0)],
            Condition.InvertedT => [("NDT", 100), ("INVT", 0)],
            Condition.LowVoltage => [("LVOLT", 0)],
            _ => [],
        };
        if (made.Extrasystoles) codes.Add(("PVC", 100));
        codes.Add(made.Rhythm switch
        {
            Rhythm.SinusBradycardia => ("SBRAD", 0),
            Rhythm.SinusTachycardia => ("STACH", 0),
            Rhythm.SinusArrhythmia => ("SARRH", 0),
            Rhythm.AtrialFibrillation => ("AFIB", 0),
            Rhythm.Paced => ("PACE", 100),
            _ => ("SR", 0),
        });
        return codes;
    }

    /// <summary>The codes as PTB-XL writes them: a Python dictionary, <c>{'NORM': 100.0, 'SR': 0.0}</c>.</summary>
    public static string Codes(SyntheticCase made) =>
        $"{{{string.Join(", ", Of(made).Select(code => $"'{code.Code}': {code.Percent}.0"))}}}";

    /// <summary>A short report in the words of the recorders, German as most of PTB-XL's.</summary>
    public static string Report(SyntheticCase made)
    {
        var rhythm = made.Rhythm switch
        {
            Rhythm.SinusBradycardia => "sinusbradykardie",
            Rhythm.SinusTachycardia => "sinustachykardie",
            Rhythm.SinusArrhythmia => "sinusarrhythmie",
            Rhythm.AtrialFibrillation => "vorhofflimmern",
            Rhythm.Paced => "schrittmacherrhythmus",
            _ => "sinusrhythmus",
        };
        var finding = made.Condition switch
        {
            Condition.Normal => "normales ekg",
            Condition.InferiorInfarct => "inferiorer infarkt",
            Condition.AnteroseptalInfarct => "anteroseptaler infarkt",
            Condition.LeftBundleBranchBlock => "linksschenkelblock",
            Condition.RightBundleBranchBlock => "rechtsschenkelblock",
            Condition.LeftVentricularHypertrophy => "linkshypertrophie, st-senkung lateral",
            Condition.RightVentricularHypertrophy => "rechtshypertrophie, rechtstyp",
            Condition.LeftAnteriorFascicularBlock => "linksanteriorer hemiblock, Überdrehter linkstyp",
            Condition.FirstDegreeBlock => "av-block 1. grades",
            Condition.StDepression => "st-senkung",
            Condition.InvertedT => "t negativ",
            Condition.LowVoltage => "niederspannung",
            _ => "",
        };
        return $"{rhythm} {finding}{(made.Extrasystoles ? ", ventrikulÄre extrasystolen" : "")}".TrimEnd();
    }

    /// <summary>Rhythm, finding and verdict as a recorder's program prints them.</summary>
    public static (string Rhythm, string Finding, string Verdict) EnglishReport(SyntheticCase made)
    {
        var rhythm = made.Rhythm switch
        {
            Rhythm.SinusBradycardia => "Sinus bradycardia",
            Rhythm.SinusTachycardia => "Sinus tachycardia",
            Rhythm.SinusArrhythmia => "Sinus arrhythmia",
            Rhythm.AtrialFibrillation => "Atrial fibrillation",
            Rhythm.Paced => "Ventricular paced rhythm",
            _ => "Sinus rhythm",
        } + (made.Extrasystoles ? " with PVCs" : "");
        return made.Condition switch
        {
            Condition.Normal => (rhythm, "", made.Rhythm is Rhythm.Sinus ? "Normal ECG" : "Borderline ECG"),
            Condition.InferiorInfarct => (rhythm, "Inferior infarct - age undetermined", "Abnormal ECG"),
            Condition.AnteroseptalInfarct => (rhythm, "Anteroseptal infarct - age undetermined", "Abnormal ECG"),
            Condition.LeftBundleBranchBlock => (rhythm, "Left bundle branch block", "Abnormal ECG"),
            Condition.RightBundleBranchBlock => (rhythm, "Right bundle branch block", "Abnormal ECG"),
            Condition.LeftVentricularHypertrophy => (rhythm, "Left ventricular hypertrophy with ST-T changes", "Abnormal ECG"),
            Condition.RightVentricularHypertrophy => (rhythm, "Right ventricular hypertrophy", "Abnormal ECG"),
            Condition.LeftAnteriorFascicularBlock => (rhythm, "Left anterior fascicular block", "Abnormal ECG"),
            Condition.FirstDegreeBlock => (rhythm, "First degree A-V block", "Abnormal ECG"),
            Condition.StDepression => (rhythm, "ST depression, consider ischemia", "Abnormal ECG"),
            Condition.InvertedT => (rhythm, "T wave inversion", "Abnormal ECG"),
            Condition.LowVoltage => (rhythm, "Low QRS voltages", "Borderline ECG"),
            _ => (rhythm, "", "Abnormal ECG"),
        };
    }

    private static string Compose()
    {
        var table = new StringBuilder(
            ",description,diagnostic,form,rhythm,diagnostic_class,diagnostic_subclass,Statement Category," +
            "SCP-ECG Statement Description,AHA code,aECG REFID,CDISC Code,DICOM Code\r\n");
        foreach (var line in Statements.Split('\n'))
        {
            var parts = line.TrimEnd('\r').Split('|');
            string Mark(char kind) => parts[1].Contains(kind) ? "1.0" : "";
            table.Append(CsvText.Row(
                parts[0], parts[4], Mark('D'), Mark('F'), Mark('R'), parts[2], parts[3], "", parts[4], "", "", "", "")).Append("\r\n");
        }

        return table.ToString();
    }
}
