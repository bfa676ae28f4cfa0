using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace EcgData.Signals.Tests;

public sealed class DeterminismTests
{
    /// <summary>SHA-256, first half, of what conditioning makes of a noisy record with gaps and absent leads at five frequencies.</summary>
    private const string PinnedDigest = "44a280d1a020fa6a2f38abd37d390369";

    [Fact]
    public void Condition_NoisyRecords_GiveThePinnedBits() => Assert.Equal(PinnedDigest, Digest());

    [Fact]
    public void Condition_ManyThreadsAtOnce_GiveTheSameBits()
    {
        var digests = new string[4];
        Parallel.For(0, digests.Length, index => digests[index] = Digest());
        Assert.All(digests, digest => Assert.Equal(PinnedDigest, digest));
    }

    /// <summary>A process without vector instructions (fused multiply-adds in software), and one without the widest, pass the test above.</summary>
    [Theory]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    [InlineData("DOTNET_EnableAVX512")]
    public async Task Condition_OtherVectorWidth_GivesTheSameBits(string switchedOff)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [switchedOff] = "0" },
        };
        foreach (var argument in new[] { "exec", typeof(DeterminismTests).Assembly.Location, "-method", $"*.{nameof(Condition_NoisyRecords_GiveThePinnedBits)}" })
            start.ArgumentList.Add(argument);
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        var output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        Assert.True(child.ExitCode == 0, output + await errors);
        Assert.Contains("Total: 1", output, StringComparison.Ordinal);
    }

    /// <summary>One scalar fused multiply-add after the other, in the order of time.</summary>
    [Theory]
    [InlineData(500)]
    [InlineData(360)]
    [InlineData(100)]
    [InlineData(999.56)]
    public void Resample_Vectors_GiveTheBitsOfScalarSums(double fromHz)
    {
        Assert.True(SamplingRatio.TryCreate(fromHz, 240, out var ratio));
        using var input = Some.Frames(3001, (lane, index) => Some.Noise((ulong)(index * 16 + lane)));
        using var output = PolyphaseResampler.For(ratio).Resample(input);
        var taps = new double[KaiserSinc.TapsPerBranch(ratio)];
        var compared = 0;
        for (var k = 0; k < output.Count; k++)
        {
            var first = (int)((long)k * ratio.Down / ratio.Up) - KaiserSinc.Reach(ratio);
            if (first < 0 || first + taps.Length > input.Count) continue;
            KaiserSinc.Branch(ratio, (int)((long)k * ratio.Down % ratio.Up), taps);
            for (var lane = 0; lane < Montage.LeadCount; lane++)
            {
                var sum = 0f;
                for (var j = 0; j < taps.Length; j++) sum = MathF.FusedMultiplyAdd(input[first + j][lane], (float)taps[j], sum);
                Assert.Equal(BitConverter.SingleToInt32Bits(sum), BitConverter.SingleToInt32Bits(output[k][lane]));
                compared++;
            }
        }

        Assert.True(compared > 6000);
    }

    private static string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var fromHz in new[] { 240, 500, 257, 1000, 100 })
        {
            using var record = Some.Record(fromHz, 13, new LeadSet(0b111111_011011));
            for (var index = 0; index < record.Frames.Count; index++)
            {
                for (var lane = 0; lane < 12; lane++)
                {
                    if (record.Leads.Contains((Lead)lane)) record.Frames[index][lane] += (float)(4 * Some.Noise((ulong)(index * 16 + lane)));
                    if (lane == 8 && index % 97 < 9) record.Frames[index][lane] = float.NaN;
                }
            }

            using var conditioned = Conditioning.Condition(record, 4.5, new ConditioningOptions());
            Assert.Equal(2, conditioned.Segments.Count);
            hash.AppendData(MemoryMarshal.AsBytes(conditioned.Values.Span));
            hash.AppendData(BitConverter.GetBytes((int)conditioned.Flags));
            foreach (var gap in conditioned.Segments.SelectMany(segment => segment.Gaps))
                hash.AppendData([.. BitConverter.GetBytes((int)gap.Lead), .. BitConverter.GetBytes(gap.Start), .. BitConverter.GetBytes(gap.End)]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }
}
