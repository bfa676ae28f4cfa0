namespace EcgData.Signals;

/// <summary>The standard twelve-lead montage: I, II, III, aVR, aVL, aVF, V1-V6. It defines the lead axis of the corpus.</summary>
public static class Montage
{
    public const int LeadCount = 12;

    private static readonly string[] StandardNames =
        ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];

    private static readonly string[] Columns =
        ["i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6"];

    /// <summary>string[12]: the leads as a cardiologist writes them.</summary>
    public static ReadOnlySpan<string> Names => StandardNames;

    /// <summary>string[12]: the leads' column names in a shard.</summary>
    public static ReadOnlySpan<string> ColumnNames => Columns;

    /// <summary>Finds a standard lead by its name, whatever the case (PTB-XL writes AVR, PTBDB avr, MIMIC-IV-ECG aVR).</summary>
    /// <returns>false for every name that is not one of the twelve: an unknown lead is never guessed.</returns>
    public static bool TryParse(ReadOnlySpan<char> name, out Lead lead)
    {
        name = name.Trim();
        for (var index = 0; index < LeadCount; index++)
        {
            if (!name.Equals(StandardNames[index], StringComparison.OrdinalIgnoreCase)) continue;
            lead = (Lead)index;
            return true;
        }

        lead = default;
        return false;
    }
}
