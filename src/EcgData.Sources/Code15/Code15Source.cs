namespace EcgData.Sources.Code15;

/// <summary>
/// CODE-15% 1.0.0 (Zenodo 4916206): exams.csv and up to 18 HDF5 parts. What its documents do not say, or say wrongly, is kept here.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>Unit: millivolt as stored. The description's "scale 1e-4 V, multiply by 1000 for V" contradicts itself; R amplitudes of lead
/// II have a median of 1.75 as stored, and the PhysioNet Challenge 2025 preparation code takes the values as millivolt too.</item>
/// <item>Leads: I, II, III, aVR, aVL, aVF, V1-V6; the files name none. Einthoven's and Goldberger's identities hold to 5 % in this
/// order and no other.</item>
/// <item>Padding: exams of 7 or 10 s stand in the middle of 4,096 samples of zeros.</item>
/// <item>The last row of every part is all zero with exam_id 0 and belongs to no record.</item>
/// <item>The rows of exams.csv are not in the order of the parts: a row is found by its exam_id, never by its position.</item>
/// <item>exams.csv has another column order than the description: it is read by its header.</item>
/// </list>
/// </remarks>
public sealed class Code15Source : IEcgSource
{
    public const double SamplingFrequencyHz = 400;

    public SourceManifest Manifest { get; } = SourceManifest.Load("code-15");

    public int ReaderVersion => 1;

    public IEnumerable<CatalogueEntry> ReadCatalogue(SourceFolder folder, SourceOptions options, CancellationToken cancel)
    {
        Check(options);
        return Code15Catalogue.Read(folder, cancel);
    }

    public IRecordReader OpenReader(SourceFolder folder, SourceOptions options)
    {
        Check(options);
        return new Code15Reader(folder);
    }

    private static void Check(SourceOptions options)
    {
        if (options.SamplingFrequencyHz is { } asked && asked != SamplingFrequencyHz)
            throw new SourceException(
                $"code-15: a sampling frequency of {asked} Hz was asked for, but only {SamplingFrequencyHz} Hz is published. Leave it out.");
    }
}
