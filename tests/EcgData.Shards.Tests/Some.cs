using System.Buffers.Binary;
using EcgData.Signals;

namespace EcgData.Shards.Tests;

/// <summary>Valid data from seeds.</summary>
internal static class Some
{
    public static readonly ShardFileMetadata Metadata = new(1, "0123abcd", 7);

    /// <summary>SplitMix64: the sequence is part of the fixtures.</summary>
    public static ulong Next(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }

    /// <summary>A wandering signal within ±8,191 whose roughness changes along the way, so that miniblocks of all widths occur.</summary>
    public static short[] Signal(int samples, ulong seed)
    {
        var values = new short[samples];
        var value = 0;
        for (var index = 0; index < samples; index++)
        {
            var roughness = 1 << (int)((ulong)(index / 48) * 7 + seed) % 15;
            value += (int)(Next(ref seed) % (ulong)roughness) - roughness / 2;
            if (value is < -8191 or > 8191) value = -value / 2;
            value = Math.Clamp(value, -8191, 8191);
            values[index] = (short)value;
        }

        return values;
    }

    /// <summary>A record of one segment; null stands for an absent lead.</summary>
    public static ConditionedRecord Record(IReadOnlyList<short[]?> leads)
    {
        var samples = leads.First(lead => lead is not null)!.Length;
        var values = new short[12 * samples];
        var present = LeadSet.None;
        for (var lead = 0; lead < 12; lead++)
        {
            if (leads[lead] is not { } signal) continue;
            signal.CopyTo(values, lead * samples);
            present = present.With((Lead)lead);
        }

        return new ConditionedRecord
        {
            Leads = present,
            Values = values,
            Segments = [new Segment { Index = 0, StartSeconds = 0, Samples = samples, Offset = 0 }],
        };
    }

    public static EncodedSegment Encoded(IReadOnlyList<short[]?> leads)
    {
        using var record = Record(leads);
        return EncodedSegment.Encode(record, record.Segments[0]);
    }

    public static short[]?[] Leads(int samples, ulong seed) =>
        [.. Enumerable.Range(0, 12).Select(lead => Signal(samples, seed * 12 + (ulong)lead))];

    /// <summary>A row that says the same for the same index, with nulls, gaps, labels and absent leads here and there.</summary>
    public static (StoredSegment Expected, ShardRow Row) Row(int index, int samples = 240)
    {
        var leads = Leads(samples, (ulong)index);
        if (index % 5 == 1) leads[index % 12] = null;
        return Row(index, leads);
    }

    public static (StoredSegment Expected, ShardRow Row) Row(int index, short[]?[] leads, string? recordId = null)
    {
        var samples = leads.First(lead => lead is not null)!.Length;
        var expected = new StoredSegment
        {
            RecordId = recordId ?? $"ptb-xl/{index:D5}",
            Segment = index % 3,
            StartSeconds = index % 3 * 10.0,
            Samples = samples,
            Source = index % 7 == 0 ? "sph@1.0" : "ptb-xl@1.0.3",
            Site = index % 4 == 0 ? null : $"site {index % 4}",
            Licence = "CC-BY-4.0",
            Patient = $"{index / 3:x32}",
            PatientKnown = index % 2 == 0,
            Rank = long.MinValue / 2 + index * 1_000_003L,
            SamplingFrequencyHz = 240,
            NativeSamplingFrequencyHz = index % 2 == 0 ? 500 : 257.3,
            AmplitudeUnit = "uV",
            Leads = leads,
            DerivedLeads = new LeadSet(index % 4096),
            Flags = (RecordFlags)(index % 1024),
            Gaps = index % 6 == 0 ? [new Gap(Lead.II, 0, 3), new Gap(Lead.V6, 5, samples)] : [],
            AgeYears = index % 9 == 0 ? null : 18.5f + index % 70,
            Sex = index % 8 == 0 ? null : index % 2 == 0 ? "female" : "male",
            Labels = index % 5 == 0 ? [] : [.. Enumerable.Range(0, index % 5).Select(label => $"scp:L{label}")],
            LabelWeights = index % 5 == 0 ? [] : [.. Enumerable.Range(0, index % 5).Select(label => label / 4f)],
            Fold = 1 + index % 10,
            SourceFile = $"records500/00000/{index:D5}_hr.dat",
            SourceSha256 = $"{index:x64}",
        };
        return (expected, ToRow(expected));
    }

    public static ShardRow ToRow(StoredSegment stored) => new()
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
        Signals = Encoded(stored.Leads),
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

    /// <summary>A shard of <paramref name="count"/> rows, and what it should hold.</summary>
    public static (byte[] File, ShardContent Content, StoredSegment[] Expected) Shard(int count, int samples = 240) =>
        Shard([.. Enumerable.Range(0, count).Select(index => Row(index, samples))]);

    public static (byte[] File, ShardContent Content, StoredSegment[] Expected) Shard(params (StoredSegment Expected, ShardRow Row)[] rows)
    {
        using var stream = new MemoryStream();
        var content = ShardWriter.Write(stream, [.. rows.Select(row => row.Row)], Metadata);
        foreach (var (_, row) in rows) row.Dispose();
        return (stream.ToArray(), content, [.. rows.Select(row => row.Expected)]);
    }

    public static async Task<List<StoredSegment>> ReadAsync(byte[] shard, int firstRowGroup = 0)
    {
        var rows = new List<StoredSegment>();
        using var stream = new MemoryStream(shard, writable: false);
        await foreach (var row in ShardReader.ReadAsync(stream, firstRowGroup)) rows.Add(row);
        return rows;
    }

    /// <summary>Where the footer begins, and its length.</summary>
    public static (int Start, int Length) FooterOf(byte[] file)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(file.Length - 8));
        return (file.Length - 8 - length, length);
    }

    /// <summary>Every value of a row in one line: rows are equal where these are.</summary>
    public static string Text(StoredSegment row) => string.Join('|', [
        row.RecordId, row.Segment, row.StartSeconds, row.Samples, row.Source, row.Site ?? "null", row.Licence, row.Patient, row.PatientKnown, row.Rank,
        row.SamplingFrequencyHz, row.NativeSamplingFrequencyHz, row.AmplitudeUnit,
        .. row.Leads.Select(lead => lead is null ? "null" : string.Join(',', lead)),
        row.DerivedLeads.Bits, (int)row.Flags, string.Join(',', row.Gaps.SelectMany(gap => new[] { (int)gap.Lead, gap.Start, gap.End })),
        row.AgeYears?.ToString() ?? "null", row.Sex ?? "null", string.Join(',', row.Labels), string.Join(',', row.LabelWeights), row.Fold,
        row.SourceFile, row.SourceSha256,
    ]);
}
