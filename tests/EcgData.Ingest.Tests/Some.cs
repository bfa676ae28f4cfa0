using EcgData.Signals;
using EcgData.Sources;

namespace EcgData.Ingest.Tests;

/// <summary>Valid things to change one thing of.</summary>
internal static class Some
{
    public static CatalogueEntry Entry(string id = "1") => new()
    {
        NativeId = id,
        PatientId = "p7",
        Folder = "f",
        Site = "s",
        Recorded = "1999-12-31 23:59:59",
        AgeYears = 61.5f,
        Sex = "female",
        Labels = [new Label("scp:NORM", 0.8f), new Label("scp:SR")],
        Fold = 3,
        Files = [new RecordFile("a/1.dat", new string('a', 64)), new RecordFile("a/1.hea")],
        Position = 5,
    };

    /// <summary>A source of files that hold one byte per sample, the value in hundredths of a millivolt, the same in all leads.</summary>
    public static ByteSource Source(string name = "bytes", int records = 40) => new(name, records);
}

/// <summary>A source for tests: record n is the file <c>n.bin</c>; a file that is shorter than a second cannot be read.</summary>
internal sealed class ByteSource(string name, int records) : IEcgSource
{
    public const int SamplingFrequencyHz = 240;

    /// <summary>Called by the reader with each record: where tests make it fail.</summary>
    public Action<string>? Reading { get; set; }

    /// <summary>Called with each record that was read.</summary>
    public Action<EcgRecord>? Made { get; set; }

    public Func<CatalogueEntry, CatalogueEntry> Edit { get; set; } = entry => entry;

    public SourceManifest Manifest { get; } = new()
    {
        Name = name,
        Version = "1",
        Title = "Bytes",
        Licence = "CC0-1.0",
        Access = "open",
        Citation = "none",
        Download = "nothing",
        Files = [],
    };

    public int ReaderVersion { get; init; } = 1;

    public void WriteFiles(string folder, int samples = 2400)
    {
        Directory.CreateDirectory(folder);
        for (var record = 0; record < records; record++)
            File.WriteAllBytes(Path.Join(folder, $"{record}.bin"), [.. Enumerable.Range(0, samples).Select(k => (byte)(k * (record + 3) % 97))]);
    }

    public IEnumerable<CatalogueEntry> ReadCatalogue(SourceFolder folder, SourceOptions options, CancellationToken cancel) =>
        Enumerable.Range(0, records).Select(record => Edit(new CatalogueEntry
        {
            NativeId = $"{record}",
            PatientId = $"p{record / 2}",
            Labels = [new Label($"test:{record % 3}")],
            Files = [new RecordFile($"{record}.bin")],
        }));

    public IRecordReader OpenReader(SourceFolder folder, SourceOptions options) => new Reader(this, folder);

    private sealed class Reader(ByteSource source, SourceFolder folder) : IRecordReader
    {
        public EcgRecord Read(string recordId, CatalogueEntry entry)
        {
            source.Reading?.Invoke(recordId);
            using var bytes = folder.Read(entry.Files[0]);
            if (bytes.Length < SamplingFrequencyHz)
                throw new RecordException(RejectionReason.Truncated, $"{entry.Files[0].Path}: {bytes.Length} bytes, expected a second or more.");
            var frames = Frames.Rent(bytes.Length);
            frames.Values.Clear();
            for (var sample = 0; sample < bytes.Length; sample++)
            {
                // I and II determine the other limb leads: the identities must hold or screening says so
                var (one, two) = (bytes.Span[sample] / 100f, bytes.Span[sample] / 40f);
                float[] leads = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2, one, one, one, two, two, two];
                leads.CopyTo(frames[sample]);
            }

            var made = new EcgRecord { RecordId = recordId, Frames = frames, SamplingFrequencyHz = SamplingFrequencyHz, Leads = LeadSet.All };
            source.Made?.Invoke(made);
            return made;
        }

        public void Dispose()
        {
        }
    }
}
