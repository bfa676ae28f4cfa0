using EcgData.Signals;

namespace EcgData.Shards.Exports;

/// <summary>
/// A subset's rows as shards of their own, of the same schema and geometry as a corpus's: what reads these reads those. Few rows of many
/// shards become many rows of few; none is changed.
/// </summary>
public static class ParquetExport
{
    /// <summary>Rows of a shard, as of a corpus.</summary>
    private const int TargetRows = 2048;

    /// <summary>Writes <c>shards/SOURCE/SHA256.parquet</c> below <paramref name="folder"/>, which is there.</summary>
    /// <param name="done">Takes the rows written so far.</param>
    /// <returns>The shards, by source and in the order of the version.</returns>
    public static async Task<IReadOnlyList<ExportedFile>> WriteAsync(
        SelectedRows rows, VersionManifest version, string folder, IProgress<int> done, CancellationToken cancel)
    {
        var metadata = new ShardFileMetadata(ShardSchema.Version, version.RecipeHash, version.ProcessingVersion);
        var files = new List<ExportedFile>();
        var pending = new List<StoredSegment>();
        var (written, source) = (0, "");
        for (var shard = 0; shard < rows.Shards; shard++)
        {
            var count = rows.CountOf(shard);
            if (count == 0) continue;
            // whole shards only: the segments of a record stay together
            if (pending.Count > 0 && (rows.SourceOf(shard) != source || pending.Count + count > TargetRows)) Flush();
            source = rows.SourceOf(shard);
            pending.AddRange(await rows.ReadAsync(shard, cancel));
        }

        if (pending.Count > 0) Flush();
        return files;

        void Flush()
        {
            files.Add(WriteShard(pending, source, metadata, folder));
            written += pending.Count;
            pending.Clear();
            done.Report(written);
        }
    }

    private static ExportedFile WriteShard(List<StoredSegment> segments, string source, ShardFileMetadata metadata, string folder)
    {
        var rows = new List<ShardRow>(segments.Count);
        try
        {
            foreach (var segment in segments) rows.Add(ToRow(segment));
            rows.Sort(ShardRow.Compare);
            var unnamed = Path.Join(folder, "shard.new");
            ShardContent content;
            using (var stream = File.Create(unnamed)) content = ShardWriter.Write(stream, rows, metadata);
            var name = CorpusPaths.Shard(source, content.Sha256);
            var path = Path.Join(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Move(unnamed, path);
            return new ExportedFile(name, content.Sha256, content.SizeBytes, content.Rows);
        }
        finally
        {
            rows.ForEach(row => row.Dispose());
        }
    }

    private static ShardRow ToRow(StoredSegment stored)
    {
        var leads = LeadSet.None;
        var values = new short[Montage.LeadCount * stored.Samples];
        for (var lead = 0; lead < Montage.LeadCount; lead++)
        {
            if (stored.Leads[lead] is not { } signal) continue;
            leads = leads.With((Lead)lead);
            signal.CopyTo(values.AsSpan(lead * stored.Samples));
        }

        var segment = new Segment { Index = stored.Segment, StartSeconds = stored.StartSeconds, Samples = stored.Samples, Offset = 0 };
        using var record = new ConditionedRecord { Leads = leads, Segments = [segment], Values = values };
        return new ShardRow
        {
            RecordId = stored.RecordId,
            Segment = stored.Segment,
            StartSeconds = stored.StartSeconds,
            Samples = stored.Samples,
            Source = stored.Source,
            Site = stored.Site,
            Licence = stored.Licence,
            Patient = stored.Patient,
            PatientKnown = stored.PatientKnown,
            Rank = stored.Rank,
            SamplingFrequencyHz = stored.SamplingFrequencyHz,
            NativeSamplingFrequencyHz = stored.NativeSamplingFrequencyHz,
            AmplitudeUnit = stored.AmplitudeUnit,
            Signals = EncodedSegment.Encode(record, segment),
            DerivedLeads = stored.DerivedLeads,
            Flags = stored.Flags,
            Gaps = stored.Gaps,
            AgeYears = stored.AgeYears,
            Sex = stored.Sex,
            Labels = stored.Labels,
            LabelWeights = stored.LabelWeights,
            Fold = stored.Fold,
            SourceFile = stored.SourceFile,
            SourceSha256 = stored.SourceSha256,
        };
    }
}
