using System.Globalization;
using EcgData.Signals;
using EcgData.Sources.Tables;
using EcgData.Sources.Wfdb;

namespace EcgData.Sources.MimicIvEcg;

/// <summary>MIMIC-IV-ECG: 800,035 diagnostic ECGs of 10 s at 500 Hz. Gow et al. 2023, doi 10.13026/4nqg-sb35. Its demo is read too.</summary>
/// <remarks>
/// A record's labels are the lines of its machine report as published, <c>mimic-report:Sinus rhythm</c>, surrounding blanks removed,
/// in order, a repeated line once, weight 1. They are the device's words, not codes; mapping them to a vocabulary is left to who
/// uses them. Blank lines between filled ones are part of the reports' layout and carry nothing.
/// The release has neither ages, sexes nor folds, and its times are shifted.
/// </remarks>
public sealed class MimicIvEcgSource : IEcgSource
{
    private const string RecordList = "record_list.csv";

    public SourceManifest Manifest { get; } = SourceManifest.Load("mimic-iv-ecg");

    public int ReaderVersion => 1;

    /// <summary>The bound of the study that this corpus follows for this source.</summary>
    public double ClipMillivolt => 3;

    public IEnumerable<CatalogueEntry> ReadCatalogue(SourceFolder folder, SourceOptions options, CancellationToken cancel)
    {
        if (options.SamplingFrequencyHz is { } frequency and not 500)
            throw new SourceException($"mimic-iv-ecg: samplingFrequencyHz is {frequency}; the source is published at 500 Hz alone. Leave it out.");

        using var table = SourceTable.Open(folder, RecordList, "subject_id", "study_id", "ecg_time", "path");
        var columns = new Columns(
            table.Column("subject_id"), table.Column("study_id"), table.Column("ecg_time"), table.Column("path"));
        var (reports, listed) = ReadBeside(folder, cancel);
        using var checksums = listed;
        var patients = new PatientTexts();
        while (table.Read())
        {
            cancel.ThrowIfCancellationRequested();
            yield return ReadRow(table, columns, reports, checksums, patients);
        }

        foreach (var bad in reports.BadRows) yield return bad;
    }

    public IRecordReader OpenReader(SourceFolder folder, SourceOptions options) => new WfdbRecordReader(folder);

    /// <summary>Reads the two tables that rows are looked up in, each on a core.</summary>
    private static (MachineReports Reports, PublishedChecksums Checksums) ReadBeside(SourceFolder folder, CancellationToken cancel)
    {
        var checksums = Task.Run(() => PublishedChecksums.Read(folder, "files/"), CancellationToken.None);
        try
        {
            return (MachineReports.Read(folder, cancel), checksums.GetAwaiter().GetResult());
        }
        catch
        {
            checksums.ContinueWith(read => read.Result.Dispose(), TaskContinuationOptions.OnlyOnRanToCompletion);
            throw;
        }
    }

    private static CatalogueEntry ReadRow(
        SourceTable table, Columns columns, MachineReports reports, PublishedChecksums checksums, PatientTexts patients)
    {
        var (nativeId, patient, neighbourhood) = ((string?)null, (string?)null, "");
        try
        {
            var study = table.Integer(columns.Study);
            var text = study.ToString(CultureInfo.InvariantCulture);
            if (!reports.TryTake(study))
            {
                nativeId = $"{text} ({table.RowName})";
                throw table.Bad(columns.Study, "an id that no earlier row has");
            }

            nativeId = text;
            (patient, neighbourhood) = patients.Of(table.Integer(columns.Subject));
            return new CatalogueEntry
            {
                NativeId = nativeId,
                PatientId = patient,
                Neighbourhood = neighbourhood,
                Recorded = table.Text(columns.Time),
                Labels = reports.Of(study),
                Files = WfdbFiles.Of(table.RequiredUtf8(columns.Path), checksums),
            };
        }
        catch (RecordException e)
        {
            return new CatalogueEntry
            {
                NativeId = nativeId ?? table.RowName,
                PatientId = patient,
                Neighbourhood = neighbourhood,
                Rejection = new Rejection(e.Reason, e.Message),
            };
        }
    }

    /// <summary>What a patient is called, and where the release keeps the patient: rows of one come one after the other.</summary>
    private sealed class PatientTexts
    {
        private long? _subject;
        private (string Patient, string Neighbourhood) _texts = ("", "");

        public (string Patient, string Neighbourhood) Of(long subject)
        {
            if (subject == _subject) return _texts;
            _subject = subject;
            var patient = subject.ToString(CultureInfo.InvariantCulture);
            return _texts = (patient, NeighbourhoodOf(patient));
        }

        /// <summary>The release's folder of the patient, p1000 for 10000032: a study's id says nothing about where it lies.</summary>
        private string NeighbourhoodOf(string patient)
        {
            var beginning = patient.AsSpan(0, Math.Min(4, patient.Length));
            var last = _texts.Neighbourhood;
            return last.Length > 0 && beginning.SequenceEqual(last.AsSpan(1)) ? last : $"p{beginning}";
        }
    }

    private readonly record struct Columns(TableColumn Subject, TableColumn Study, TableColumn Time, TableColumn Path);
}
