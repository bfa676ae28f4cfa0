using System.Buffers.Binary;
using System.Text;

namespace EcgData.Shards.Tests;

/// <summary>A damaged file is an <see cref="InvalidDataException"/> or reads as rows; nothing else ever comes out.</summary>
public sealed class DamagedShardTests
{
    private static readonly byte[] Shard = Some.Shard(10, samples: 40).File;

    [Fact]
    public async Task Read_CutAnywhere_IsInvalidData()
    {
        for (var length = 0; length < Shard.Length; length += length < 64 || Shard.Length - length < 64 ? 1 : 97)
            await Assert.ThrowsAsync<InvalidDataException>(() => Some.ReadAsync(Shard[..length]));
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x80)]
    [InlineData(0xFF)]
    public async Task Read_AnyByteOfTheFooterFlipped_IsInvalidDataOrRows(int mask)
    {
        var (start, _) = Some.FooterOf(Shard);
        var refused = 0;
        for (var at = start; at < Shard.Length; at++)
        {
            if (!await IsReadAsync(Flip(at, (byte)mask))) refused++;
        }

        Assert.True(refused > (Shard.Length - start) / 2, $"{refused} of {Shard.Length - start} were noticed.");
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x80)]
    public async Task Read_BytesOfPagesFlipped_IsInvalidDataOrRows(int mask)
    {
        for (var at = 4; at < Some.FooterOf(Shard).Start; at += 3) await IsReadAsync(Flip(at, (byte)mask));
    }

    [Fact]
    public async Task Read_FooterLongerThanTheFile_SaysSo()
    {
        var file = Shard.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(file.Length - 8), int.MaxValue);

        var refusal = await Assert.ThrowsAsync<InvalidDataException>(() => Some.ReadAsync(file));

        Assert.Contains("2147483647", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_OtherSchemaVersion_NamesBothVersions()
    {
        var refusal = await Assert.ThrowsAsync<InvalidDataException>(() => Some.ReadAsync(Replace("ecgdata.schema_version\u0018\u00011", "ecgdata.schema_version\u0018\u00012")));

        Assert.Contains("schema version '2'; readable is version 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_ParquetOfSomebodyElse_SaysWhatIsMissing()
    {
        var refusal = await Assert.ThrowsAsync<InvalidDataException>(() => Some.ReadAsync(Replace("ecgdata.schema_version", "someone.schema_version")));

        Assert.Contains("'ecgdata.schema_version'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_ColumnOfAnotherName_NamesFoundAndExpected()
    {
        var refusal = await Assert.ThrowsAsync<InvalidDataException>(() => Some.ReadAsync(Replace("native_sampling_frequency_hz", "native_sampling_frequency_xx")));

        Assert.Contains("Column 11 is 'native_sampling_frequency_xx Double'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("'native_sampling_frequency_hz Double'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_NotParquet_SaysWhatWasExpected()
    {
        var refusal = await Assert.ThrowsAsync<InvalidDataException>(() => Some.ReadAsync(Encoding.UTF8.GetBytes("record_id,segment\nptb-xl/1,0\n")));

        Assert.Contains("a shard is a Parquet file", refusal.Message, StringComparison.Ordinal);
    }

    /// <returns>false where the damage was noticed.</returns>
    private static async Task<bool> IsReadAsync(byte[] file)
    {
        try
        {
            await Some.ReadAsync(file);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static byte[] Flip(int at, byte mask)
    {
        var file = Shard.ToArray();
        file[at] ^= mask;
        return file;
    }

    /// <summary>Replaces a text by one of the same length wherever it stands in the footer.</summary>
    private static byte[] Replace(string from, string to)
    {
        var file = Shard.ToArray();
        var (old, next) = (Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to));
        Assert.Equal(old.Length, next.Length);
        var replaced = 0;
        for (var at = Some.FooterOf(Shard).Start; at <= file.Length - old.Length; at++)
        {
            if (!file.AsSpan(at, old.Length).SequenceEqual(old)) continue;
            next.CopyTo(file, at);
            replaced++;
        }

        Assert.True(replaced > 0);
        return file;
    }
}
