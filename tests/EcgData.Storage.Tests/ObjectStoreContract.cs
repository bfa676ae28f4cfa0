using System.Text;

namespace EcgData.Storage.Tests;

/// <summary>What every store promises. A back end inherits it and says how to open a store of its own.</summary>
public abstract class ObjectStoreContract
{
    /// <summary>The place of this test, empty at first. A second call opens the same place once more, as another process would.</summary>
    protected abstract IObjectStore Open();

    [Fact]
    public async Task Store_Empty_HasNothing()
    {
        var store = Open();
        Assert.Null(await store.FindAsync("a/b"));
        Assert.Empty(await store.ListAsync("").ToListAsync());
        var missing = await Assert.ThrowsAsync<FileNotFoundException>(() => store.OpenReadAsync("a/b"));
        Assert.Contains(store.Address, missing.Message, StringComparison.Ordinal);
        Assert.Contains("a/b", missing.Message, StringComparison.Ordinal);
        await store.DeleteAsync("a/b");
    }

    [Fact]
    public async Task Create_BeforeCommit_ShowsNothing()
    {
        var store = Open();
        await using var writer = store.Create();
        await writer.Stream.WriteAsync(Bytes("half"));
        await writer.Stream.FlushAsync();
        Assert.Empty(await store.ListAsync("").ToListAsync());
        await writer.CommitAsync("x");
        Assert.Equal(["x"], await NamesAsync(store, ""));
    }

    [Fact]
    public async Task Create_WithoutCommit_LeavesNothing()
    {
        var store = Open();
        await using (var writer = store.Create(1 << 20)) await writer.Stream.WriteAsync(Bytes("half"));
        Assert.Empty(await Open().ListAsync("").ToListAsync());
    }

    [Fact]
    public async Task Commit_ThenRead_GivesTheBytesToAnotherStore()
    {
        await WriteAsync(Open(), "deep/down/name.json", "content");
        var other = Open();
        Assert.Equal("content", await ReadAsync(other, "deep/down/name.json"));
        var found = await other.FindAsync("deep/down/name.json");
        Assert.Equal(7, found?.SizeBytes);
        Assert.Null(await other.FindAsync("deep/down"));
    }

    [Fact]
    public async Task Commit_AfterTheStreamWasClosed_StillCommits()
    {
        var store = Open();
        await using var writer = store.Create();
        await using (var text = new StreamWriter(writer.Stream)) await text.WriteAsync("closed by its writer");
        await writer.CommitAsync("x");
        Assert.Equal("closed by its writer", await ReadAsync(store, "x"));
    }

    [Fact]
    public async Task Commit_Twice_IsRefused()
    {
        var store = Open();
        await using var writer = store.Create();
        await writer.CommitAsync("x");
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CommitAsync("y"));
        Assert.Equal(["x"], await NamesAsync(store, ""));
    }

    [Fact]
    public async Task Commit_OverAnObject_ReplacesItAndChangesTheTag()
    {
        var store = Open();
        await WriteAsync(store, "x", "first");
        var before = await store.FindAsync("x");
        await using var reader = await store.OpenReadAsync("x");
        await WriteAsync(store, "x", "other");
        Assert.Equal("other", await ReadAsync(store, "x"));
        Assert.NotEqual(before!.Tag, (await store.FindAsync("x"))!.Tag);
    }

    [Fact]
    public async Task OpenRead_ABigObject_StreamsAndSeeks()
    {
        const int Blocks = 48;
        var store = Open();
        var block = new byte[1 << 20];
        await using (var writer = store.Create((long)Blocks << 20))
        {
            for (var index = 0; index < Blocks; index++)
            {
                Array.Fill(block, (byte)index);
                await writer.Stream.WriteAsync(block);
            }

            await writer.CommitAsync("big");
        }

        Assert.Equal((long)Blocks << 20, (await store.FindAsync("big"))!.SizeBytes);
        await using var stream = await store.OpenReadAsync("big");
        Assert.Equal((long)Blocks << 20, stream.Length);
        foreach (var index in (int[])[40, 0, 47])
        {
            stream.Position = ((long)index << 20) - (index == 0 ? 0 : 1);
            var two = new byte[2];
            await stream.ReadExactlyAsync(two);
            Assert.Equal([(byte)Math.Max(0, index - 1), (byte)index], two);
        }
    }

    [Fact]
    public async Task List_Names_AreInOrdinalOrderAndBeginWithThePrefix()
    {
        var store = Open();
        string[] names = ["b", "a/c", "a/B", "a.b", "a/é", "ab/c", "a-b"];
        foreach (var name in names) await WriteAsync(store, name, name);
        Assert.Equal(["a-b", "a.b", "a/B", "a/c", "a/é", "ab/c", "b"], await NamesAsync(store, ""));
        Assert.Equal(["a/B", "a/c", "a/é"], await NamesAsync(store, "a/"));
        Assert.Equal(["a/c"], await NamesAsync(store, "a/c"));
        Assert.Equal(["ab/c"], await NamesAsync(store, "ab"));
        Assert.Empty(await NamesAsync(store, "z/"));
        foreach (var listed in await store.ListAsync("").ToListAsync()) Assert.Equal((await store.FindAsync(listed.Name))!.SizeBytes, listed.SizeBytes);
        var latest = DateTimeOffset.UtcNow.AddMinutes(5);
        Assert.All(await store.ListAsync("").ToListAsync(), listed => Assert.InRange(listed.Changed, latest.AddHours(-1), latest));
    }

    [Fact]
    public async Task Delete_AnObject_RemovesItAlone()
    {
        var store = Open();
        await WriteAsync(store, "a/b/c", "1");
        await WriteAsync(store, "a/d", "2");
        await store.DeleteAsync("a/b/c");
        await store.DeleteAsync("a/b");
        Assert.Equal(["a/d"], await NamesAsync(store, ""));
        await WriteAsync(store, "a/b", "a name that was a folder");
        Assert.Equal("a name that was a folder", await ReadAsync(store, "a/b"));
    }

    [Fact]
    public async Task TryReplace_WithTheRightTag_ReplacesOnce()
    {
        var store = Open();
        Assert.False(await store.TryReplaceAsync("head", Bytes("1"), "no such tag"));
        Assert.True(await store.TryReplaceAsync("head", Bytes("1"), null));
        Assert.False(await store.TryReplaceAsync("head", Bytes("2"), null));
        var tag = (await store.FindAsync("head"))!.Tag;
        Assert.True(await Open().TryReplaceAsync("head", Bytes("2"), tag));
        Assert.False(await store.TryReplaceAsync("head", Bytes("3"), tag));
        Assert.Equal("2", await ReadAsync(store, "head"));
        Assert.Equal(["head"], await NamesAsync(store, ""));
    }

    [Fact]
    public async Task TryReplace_ByManyAtOnce_LetsExactlyOneWinEachRound()
    {
        IObjectStore[] stores = [Open(), Open(), Open(), Open()];
        string? tag = null;
        for (var round = 0; round < 5; round++)
        {
            var content = Enumerable.Range(0, 32).Select(index => $"round {round}, task {index}").ToArray();
            var won = await Task.WhenAll(content.Select(
                (text, index) => Task.Run(() => stores[index % stores.Length].TryReplaceAsync("head", Bytes(text), tag))));
            Assert.Single(won, true);
            Assert.Equal(content[Array.IndexOf(won, true)], await ReadAsync(stores[0], "head"));
            tag = (await stores[1].FindAsync("head"))!.Tag;
        }
    }

    [Fact]
    public async Task TryReplace_CountingUpFromManyTasks_LosesNoCount()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var store = Open();
            for (var done = 0; done < 5;)
            {
                var tag = (await store.FindAsync("count"))?.Tag;
                var count = tag is null ? 0 : int.Parse(await ReadAsync(store, "count"));
                if (await store.TryReplaceAsync("count", Bytes($"{count + 1}"), tag)) done++;
            }
        })));
        Assert.Equal("40", await ReadAsync(Open(), "count"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("a/../../b")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    [InlineData(".tmp/lock")]
    public async Task Name_ThatLeadsOutOfTheStore_IsRefusedEverywhere(string name)
    {
        var store = Open();
        await using var writer = store.Create();
        var refusals = new[]
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await store.FindAsync(name)),
            await Assert.ThrowsAsync<ArgumentException>(() => store.OpenReadAsync(name)),
            await Assert.ThrowsAsync<ArgumentException>(() => store.TryReplaceAsync(name, Bytes("x"), null)),
            await Assert.ThrowsAsync<ArgumentException>(() => store.DeleteAsync(name)),
            await Assert.ThrowsAsync<ArgumentException>(() => writer.CommitAsync(name)),
        };
        Assert.All(refusals, refusal => Assert.Contains("Expected parts joined by '/'", refusal.Message, StringComparison.Ordinal));
        await writer.CommitAsync("a good name");   // a refused name does not spoil what was written
    }

    [Theory]
    [InlineData("../")]
    [InlineData("/")]
    [InlineData("a/../")]
    [InlineData("a\\")]
    [InlineData(".tmp/")]
    public async Task Prefix_ThatLeadsOutOfTheStore_IsRefused(string prefix) =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await Open().ListAsync(prefix).ToListAsync());

    [Fact]
    public async Task Cancelled_BeforeTheCommit_ShowsNothing()
    {
        var store = Open();
        await using (var writer = store.Create())
        {
            await writer.Stream.WriteAsync(Bytes("half"));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writer.CommitAsync("x", new CancellationToken(canceled: true)));
        }

        Assert.Empty(await store.ListAsync("").ToListAsync());
    }

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static async Task WriteAsync(IObjectStore store, string name, string content)
    {
        await using var writer = store.Create();
        await writer.Stream.WriteAsync(Bytes(content));
        await writer.CommitAsync(name);
    }

    protected static async Task<string> ReadAsync(IObjectStore store, string name)
    {
        await using var stream = await store.OpenReadAsync(name);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    protected static async Task<List<string>> NamesAsync(IObjectStore store, string prefix) =>
        await store.ListAsync(prefix).Select(found => found.Name).ToListAsync();
}
