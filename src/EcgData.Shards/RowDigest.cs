using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using EcgData.Signals;

namespace EcgData.Shards;

/// <summary>
/// The digest of a row: SHA-256 over a canonical form of all its columns, in which an XxHash128 stands for the samples of each lead. It
/// follows from the values alone, not from how a writer packs them.
/// </summary>
/// <remarks>The canonical form is written down in <c>schemas/shard.md</c>, "Signature": another program can compute it from any Parquet reader.</remarks>
internal sealed class RowDigest
{
    /// <summary>Bytes that stand for a lead's samples.</summary>
    public const int LeadBytes = 16;

    private readonly ArrayBufferWriter<byte> _form = new(1024);

    /// <summary>Digests a lead's samples; an absent lead's bytes are zero.</summary>
    /// <param name="samples">short[samples] in microvolt.</param>
    /// <param name="digests">byte[12 · 16]: those of all leads.</param>
    public static void DigestLead(ReadOnlySpan<short> samples, Lead lead, Span<byte> digests) =>
        XxHash128.Hash(MemoryMarshal.AsBytes(samples), digests.Slice((int)lead * LeadBytes, LeadBytes));

    public ContentSignature Of(ShardRow row) => Of(row, row.Signals.Leads, row.Signals.SampleDigests);

    public ContentSignature Of(StoredSegment row)
    {
        Span<byte> digests = stackalloc byte[Montage.LeadCount * LeadBytes];
        digests.Clear();
        var leads = LeadSet.None;
        for (var lead = 0; lead < Montage.LeadCount; lead++)
        {
            if (row.Leads[lead] is not { } samples) continue;
            leads = leads.With((Lead)lead);
            DigestLead(samples, (Lead)lead, digests);
        }

        return Of(row, leads, digests);
    }

    private ContentSignature Of(ISegmentColumns row, LeadSet leads, ReadOnlySpan<byte> digests)
    {
        _form.ResetWrittenCount();
        Text(row.RecordId);
        Number(row.Segment);
        Number(row.StartSeconds);
        Number(row.Samples);
        Text(row.Source);
        Text(row.Site);
        Text(row.Licence);
        Text(row.Patient);
        Number(row.PatientKnown ? 1 : 0);
        Number(row.Rank);
        Number(row.SamplingFrequencyHz);
        Number(row.NativeSamplingFrequencyHz);
        Text(row.AmplitudeUnit);
        Number(leads.Bits);
        _form.Write(digests);
        Number(row.DerivedLeads.Bits);
        Number((int)row.Flags);
        Number(row.Gaps.Count);
        foreach (var gap in row.Gaps)
        {
            Number((int)gap.Lead);
            Number(gap.Start);
            Number(gap.End);
        }

        Number(row.AgeYears is { } age ? age : double.NaN);
        Text(row.Sex);
        Number(row.Labels.Count);
        foreach (var label in row.Labels) Text(label);
        foreach (var weight in row.LabelWeights) Number((double)weight);
        Number(row.Fold);
        Text(row.SourceFile);
        Text(row.SourceSha256);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_form.WrittenSpan, digest);
        return ContentSignature.Of(digest);
    }

    /// <summary>Length in bytes, then UTF-8; -1 for null.</summary>
    private void Text(string? text)
    {
        if (text is null)
        {
            Number(-1);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(text);
        Number(length);
        Encoding.UTF8.GetBytes(text, _form.GetSpan(Math.Max(length, 1)));
        _form.Advance(length);
    }

    private void Number(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_form.GetSpan(sizeof(long)), value);
        _form.Advance(sizeof(long));
    }

    private void Number(double value) => Number(double.IsNaN(value) ? long.MinValue : BitConverter.DoubleToInt64Bits(value));
}
