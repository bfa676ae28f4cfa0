using System.Globalization;
using System.IO.Hashing;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using EcgData.Signals;

namespace EcgData.Shards.Tests;

public sealed class ContentSignatureTests
{
    private static readonly BigInteger Modulus = BigInteger.One << 256;

    [Fact]
    public void Add_RandomNumbers_IsAdditionModuloTwoTo256()
    {
        var random = new Random(5);
        var (sum, expected) = (ContentSignature.None, BigInteger.Zero);
        for (var count = 0; count < 200; count++)
        {
            var digest = new byte[32];
            random.NextBytes(digest);
            if (count % 3 == 0) digest.AsSpan(0, random.Next(32)).Fill(255);   // carries that run far
            sum += ContentSignature.Of(digest);
            expected = (expected + new BigInteger(digest, isUnsigned: true)) % Modulus;
            Assert.Equal(Hex(expected), sum.ToString());
            Assert.Equal(sum, ContentSignature.Parse(sum.ToString()));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("g000000000000000000000000000000000000000000000000000000000000000")]
    public void Parse_SomethingElse_IsRefused(string text) => Assert.Throws<FormatException>(() => ContentSignature.Parse(text));

    /// <summary>The reference follows schemas/shard.md by the letter, from rows that Parquet.Net has read.</summary>
    [Fact]
    public async Task Signature_OfAShard_IsWhatTheSchemaSays()
    {
        var (file, content, _) = Some.Shard(90, samples: 33);
        var expected = BigInteger.Zero;
        await foreach (var row in ShardReader.ReadAsync(new MemoryStream(file))) expected += new BigInteger(Reference(row), isUnsigned: true);
        Assert.Equal(Hex(expected % Modulus), content.Signature.ToString());
    }

    [Fact]
    public async Task Digest_AnyColumnChanged_IsAnother()
    {
        var (file, _, _) = Some.Shard(7, samples: 33);
        var row = await ShardReader.ReadAsync(new MemoryStream(file)).Skip(6).FirstAsync();
        short[]?[] Changed(int lead, Func<short[]?, short[]?> change) => [.. row.Leads.Select((samples, index) => index == lead ? change(samples) : samples)];
        StoredSegment[] others =
        [
            row with { RecordId = row.RecordId + "x" }, row with { Segment = row.Segment + 1 }, row with { StartSeconds = row.StartSeconds + 1 },
            row with { Samples = row.Samples + 1 }, row with { Source = "x" }, row with { Site = null }, row with { Site = "" }, row with { Licence = "x" },
            row with { Patient = "x" }, row with { PatientKnown = !row.PatientKnown }, row with { Rank = row.Rank + 1 },
            row with { SamplingFrequencyHz = 250 }, row with { NativeSamplingFrequencyHz = 250 }, row with { AmplitudeUnit = "mV" },
            row with { Leads = Changed(3, _ => null) }, row with { Leads = Changed(11, samples => [.. samples![..^1], (short)(samples[^1] ^ 1)]) },
            row with { Leads = [.. row.Leads.Reverse()] }, row with { DerivedLeads = LeadSet.None }, row with { Flags = row.Flags ^ RecordFlags.Short },
            row with { Gaps = [] }, row with { AgeYears = null }, row with { Sex = null }, row with { Labels = [] }, row with { LabelWeights = [0.5f] },
            row with { Fold = row.Fold + 1 }, row with { SourceFile = "x" }, row with { SourceSha256 = "x" },
        ];
        var digest = new RowDigest();
        Assert.Equal(others.Length + 1, others.Append(row).Select(other => digest.Of(other)).Distinct().Count());
    }

    private static string Hex(BigInteger number) => number.ToString("x64", CultureInfo.InvariantCulture)[^64..];

    private static byte[] Reference(StoredSegment row)
    {
        using var form = new MemoryStream();
        using var writer = new BinaryWriter(form);
        Text(row.RecordId);
        writer.Write((long)row.Segment);
        writer.Write(row.StartSeconds);
        writer.Write((long)row.Samples);
        Text(row.Source);
        Text(row.Site);
        Text(row.Licence);
        Text(row.Patient);
        writer.Write(row.PatientKnown ? 1L : 0L);
        writer.Write(row.Rank);
        writer.Write(row.SamplingFrequencyHz);
        writer.Write(row.NativeSamplingFrequencyHz);
        Text(row.AmplitudeUnit);
        writer.Write(Enumerable.Range(0, 12).Sum(lead => row.Leads[lead] is null ? 0L : 1L << lead));
        foreach (var lead in row.Leads)
        {
            var bytes = lead is null ? [] : lead.SelectMany(BitConverter.GetBytes).ToArray();
            writer.Write(lead is null ? new byte[16] : XxHash128.Hash(bytes));
        }

        writer.Write((long)row.DerivedLeads.Bits);
        writer.Write((long)row.Flags);
        writer.Write((long)row.Gaps.Count);
        foreach (var gap in row.Gaps)
        {
            writer.Write((long)gap.Lead);
            writer.Write((long)gap.Start);
            writer.Write((long)gap.End);
        }

        if (row.AgeYears is { } age) writer.Write((double)age);
        else writer.Write(long.MinValue);
        Text(row.Sex);
        writer.Write((long)row.Labels.Count);
        foreach (var label in row.Labels) Text(label);
        foreach (var weight in row.LabelWeights) writer.Write((double)weight);
        writer.Write((long)row.Fold);
        Text(row.SourceFile);
        Text(row.SourceSha256);
        return SHA256.HashData(form.ToArray());

        void Text(string? text)
        {
            writer.Write(text is null ? -1L : Encoding.UTF8.GetByteCount(text));
            writer.Write(Encoding.UTF8.GetBytes(text ?? ""));
        }
    }
}
