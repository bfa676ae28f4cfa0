using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>Segments to rows of a shard: encodes the leads and puts what is known of the record beside them.</summary>
internal static class EncodeStage
{
    public static RecordInWork Encode(RecordInWork item, SourceCatalogue catalogue, int samplingFrequencyHz)
    {
        if (item.Rejection is not null || item.Conditioned is not { } record)
        {
            item.Dispose();
            return item;
        }

        var entry = item.Entry;
        var patient = PatientKey.Of(catalogue.Name, entry.PatientId ?? entry.NativeId);
        var rows = new ShardRow[record.Segments.Count];
        var labels = entry.Labels.Select(label => label.Code).ToArray();
        var weights = entry.Labels.Select(label => label.Weight).ToArray();
        for (var index = 0; index < rows.Length; index++)
        {
            var segment = record.Segments[index];
            rows[index] = new ShardRow
            {
                RecordId = item.RecordId,
                Segment = segment.Index,
                StartSeconds = segment.StartSeconds,
                Samples = segment.Samples,
                Source = catalogue.Release,
                Site = entry.Site,
                Licence = catalogue.Source.Manifest.Licence,
                Patient = patient.Value,
                PatientKnown = entry.PatientId is not null,
                Rank = patient.Rank(),
                SamplingFrequencyHz = samplingFrequencyHz,
                NativeSamplingFrequencyHz = item.NativeSamplingFrequencyHz!.Value,
                AmplitudeUnit = "uV",
                Signals = EncodedSegment.Encode(record, segment),
                DerivedLeads = record.DerivedLeads,
                Flags = record.Flags,
                Gaps = segment.Gaps,
                AgeYears = entry.AgeYears,
                Sex = entry.Sex,
                Labels = labels,
                LabelWeights = weights,
                Fold = entry.Fold ?? patient.Fold(),
                SourceFile = entry.Files[0].Path,
                SourceSha256 = entry.Files[0].Sha256 ?? "",
            };
        }

        item.Rows = rows;
        item.Dispose();
        return item;
    }
}
