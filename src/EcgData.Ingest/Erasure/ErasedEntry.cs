using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>What is left of a catalogue entry whose patient was erased: that the source lists it, so that the books still balance.</summary>
internal static class ErasedEntry
{
    /// <param name="source">Name of the entry's source in the corpus.</param>
    public static CatalogueEntry Unless(CatalogueEntry entry, string source, ErasedPatients? erased) =>
        erased is { AreNone: false } && erased.Contain(PatientKey.Of(source, entry.PatientId ?? entry.NativeId)) ? Of(entry) : entry;

    private static CatalogueEntry Of(CatalogueEntry entry) => new()
    {
        NativeId = entry.NativeId,
        Folder = entry.Folder,
        Neighbourhood = entry.Neighbourhood,
        Files = [],
        Labels = [],
        Rejection = new Rejection(RejectionReason.Erased, "the patient was erased"),
    };
}
