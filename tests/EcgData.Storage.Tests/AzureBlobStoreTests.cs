using EcgData.Tests;

namespace EcgData.Storage.Tests;

/// <summary>The contract, held by a container of the emulator, and what only a container does.</summary>
public sealed class AzureBlobStoreTests : ObjectStoreContract, IDisposable
{
    private readonly TemporaryFolder _spool = new();
    private readonly string _container = Azurite.NewContainer();

    public void Dispose() => _spool.Dispose();

    protected override IObjectStore Open() => AzureBlobStore.Open($"az://{_container}/some/prefix", Azurite.ConnectionString, _spool.Path);

    [Fact]
    public async Task Open_ByTheWholeAddress_IsTheSamePlace()
    {
        await WriteAsync(Open(), "a/b", "1");
        var other = AzureBlobStore.Open($"{Azurite.Endpoint}/{_container}/some/prefix", Azurite.ConnectionString, _spool.Path);
        Assert.Equal("1", await ReadAsync(other, "a/b"));
        var above = AzureBlobStore.Open($"az://{_container}", Azurite.ConnectionString, _spool.Path);
        Assert.Equal(["some/prefix/a/b"], await NamesAsync(above, ""));
    }

    [Fact]
    public async Task Writer_OfABigObject_LeavesNoFileBehind()
    {
        var store = Open();
        await using (var writer = store.Create())
        {
            await writer.Stream.WriteAsync(new byte[20 << 20]);
            Assert.Empty(Directory.GetFileSystemEntries(_spool.Path));
            await writer.CommitAsync("big");
        }

        await using (var writer = store.Create()) await writer.Stream.WriteAsync(new byte[1 << 20]);
        Assert.Empty(Directory.GetFileSystemEntries(_spool.Path));
        Assert.Equal(20 << 20, (await store.FindAsync("big"))!.SizeBytes);
    }

    [Fact]
    public async Task Read_WhileTheObjectIsReplaced_FailsAndSaysSo()
    {
        var store = Open();
        await WriteAsync(store, "x", new string('1', 1 << 20));
        await using var reader = await store.OpenReadAsync("x");
        await WriteAsync(store, "x", new string('2', 1 << 20));
        var failure = await Assert.ThrowsAsync<IOException>(async () => await reader.ReadExactlyAsync(new byte[5]));
        Assert.Contains("replaced while it was read", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_ThatRefuses_IsToldWithoutTheKey()
    {
        var wrong = Convert.ToBase64String(new byte[64]);
        var store = AzureBlobStore.Open(
            $"az://{_container}", Azurite.ConnectionString.Replace("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==", wrong, StringComparison.Ordinal),
            _spool.Path);
        var failure = await Assert.ThrowsAsync<IOException>(async () => await store.FindAsync("x"));
        Assert.StartsWith($"az://{_container}: cannot read 'x': the service refused (403", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(wrong, failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("az://", "is no name of a container")]
    [InlineData("az://UPPER/x", "is no name of a container")]
    [InlineData("az://container/a//b", "is no prefix")]
    [InlineData("az://container/../b", "is no prefix")]
    [InlineData("https://other.blob.core.windows.net/container", "is of another account")]
    [InlineData("https://devstoreaccount1.blob.core.windows.net/c?sv=2024&sig=s3cret", "carries a signature")]
    [InlineData("https://me:s3cret@devstoreaccount1.blob.core.windows.net/c", "carries a signature")]
    public void Open_AnAddressThatIsNone_SaysWhatIsWrongAndKeepsSecrets(string address, string expected)
    {
        var failure = Assert.Throws<FormatException>(() => AzureBlobStore.Open(address, Azurite.ConnectionString, _spool.Path));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("az://container", "is not set")]
    [InlineData("http://account.blob.core.windows.net/container", "over https only")]
    [InlineData("ftp://account/container", "not the address of a container")]
    public void Open_WithoutAConnectionString_SaysWhatIsWrong(string address, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => AzureBlobStore.Open(address, null, _spool.Path)).Message, StringComparison.Ordinal);

    [Fact]
    public void Open_WithADamagedConnectionString_KeepsIt()
    {
        var failure = Assert.Throws<FormatException>(() => AzureBlobStore.Open("az://container", "AccountKey=s3cret", _spool.Path));
        Assert.DoesNotContain("s3cret", failure.ToString(), StringComparison.Ordinal);
    }
}
