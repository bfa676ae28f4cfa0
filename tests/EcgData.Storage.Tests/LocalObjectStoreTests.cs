using EcgData.Tests;

namespace EcgData.Storage.Tests;

public sealed class LocalObjectStoreTests : ObjectStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IObjectStore Open() => new LocalObjectStore(_folder["store"]);

    [Fact]
    public async Task Store_BeforeTheFirstWrite_MakesNoFolder()
    {
        var store = Open();
        await store.ListAsync("").ToListAsync();
        await store.DeleteAsync("x");
        Assert.True(store.FreeBytes() > 0);
        Assert.False(Directory.Exists(_folder["store"]));
        await WriteAsync(store, "x", "1");
        Assert.Equal("1", File.ReadAllText(_folder["store/x"]));
    }

    [Fact]
    public async Task Create_AfterACrash_RemovesTheLitterAndNothingElse()
    {
        Directory.CreateDirectory(_folder["store/.tmp"]);
        File.WriteAllText(_folder["store/.tmp/1-1"], "left by a process that died");
        var first = Open();
        await using var living = first.Create();
        await living.Stream.WriteAsync(Bytes("alive"));
        Assert.False(File.Exists(_folder["store/.tmp/1-1"]));

        await using (Open().Create()) { }   // another process begins, and sweeps, while the first one writes

        await living.CommitAsync("x");
        Assert.Equal("alive", await ReadAsync(first, "x"));
        Assert.Equal(["lock"], Directory.GetFileSystemEntries(_folder["store/.tmp"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Create_WhereANumberIsTaken_TakesTheNext()
    {
        Directory.CreateDirectory(_folder["store/.tmp"]);
        using var other = new FileStream(
            _folder[$"store/.tmp/{Environment.ProcessId}-1"], FileMode.CreateNew, FileAccess.Write, FileShare.None);
        await WriteAsync(Open(), "x", "1");
        Assert.Equal("1", await ReadAsync(Open(), "x"));
    }

    [Fact]
    public async Task Commit_WithLessThanExpected_KeepsTheTrueSize()
    {
        await using var writer = Open().Create(10 << 20);
        await writer.Stream.WriteAsync(Bytes("short"));
        await writer.CommitAsync("x");
        Assert.Equal(5, new FileInfo(_folder["store/x"]).Length);
    }

    [Fact]
    public async Task OpenRead_WhileTheObjectIsReplaced_KeepsTheOldBytes()
    {
        var store = Open();
        await WriteAsync(store, "x", "old");
        using var reader = new StreamReader(await store.OpenReadAsync("x"));
        await WriteAsync(store, "x", "new");
        await store.DeleteAsync("x");
        Assert.Equal("old", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task List_WithLinkedFolders_StaysInside()
    {
        var store = Open();
        await WriteAsync(store, "x", "1");
        Directory.CreateDirectory(_folder["outside"]);
        File.WriteAllText(_folder["outside/secret"], "2");
        Directory.CreateSymbolicLink(_folder["store/link"], _folder["outside"]);
        Directory.CreateSymbolicLink(_folder["store/loop"], _folder["store"]);
        Assert.Equal(["x"], await NamesAsync(store, ""));
    }

    [Fact]
    public async Task Write_BelowARegularFile_NamesTheStoreAndWhatToDo()
    {
        File.WriteAllText(_folder["file"], "");
        var address = _folder["file/store"];
        var store = new LocalObjectStore(address);
        foreach (var failure in new[]
        {
            Assert.Throws<IOException>(() => store.Create()),
            await Assert.ThrowsAsync<IOException>(() => store.TryReplaceAsync("x", Bytes("1"), null)),
        })
        {
            Assert.StartsWith($"{address}: cannot begin an object", failure.Message, StringComparison.Ordinal);
            Assert.Contains("choose another folder", failure.Message, StringComparison.Ordinal);
        }

        Assert.Null(await store.FindAsync("x"));
        Assert.Empty(await NamesAsync(store, ""));
    }

    [Fact]
    public void Write_WhereTheSystemRefuses_NamesTheStoreAndWhatToDo()
    {
        var failure = Assert.Throws<IOException>(() => new LocalObjectStore("/proc/ecgdata").Create());
        Assert.StartsWith("/proc/ecgdata: cannot begin an object", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commit_BelowAnObject_FailsAndLeavesTheObject()
    {
        var store = Open();
        await WriteAsync(store, "a", "1");
        await using (var writer = store.Create())
        {
            var failure = await Assert.ThrowsAsync<IOException>(() => writer.CommitAsync("a/b"));
            Assert.StartsWith($"{_folder["store"]}: cannot write 'a/b'", failure.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["a"], await NamesAsync(store, ""));
        Assert.Equal(["lock"], Directory.GetFileSystemEntries(_folder["store/.tmp"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Write_OnAFullDisk_NamesTheStoreAndAsksForSpace()
    {
        // /dev/full is the kernel's own full disk: every write gives ENOSPC.
        await using var file = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var stream = new StoreStream(file, "corpus");
        foreach (var failure in new[]
        {
            Assert.Throws<IOException>(() => stream.Write(Bytes("x"))),
            await Assert.ThrowsAsync<IOException>(async () => await stream.WriteAsync(Bytes("x"))),
        })
        {
            Assert.StartsWith("corpus: cannot write an object", failure.Message, StringComparison.Ordinal);
            Assert.Contains("The store is full: free space", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Create_WithMoreThanTheDiskHas_SaysThatItIsFull()
    {
        var store = Open();
        var failure = Assert.Throws<IOException>(() => store.Create(1L << 50));
        Assert.StartsWith($"{_folder["store"]}: cannot begin an object", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["lock"], Directory.GetFileSystemEntries(_folder["store/.tmp"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task TryReplace_WhileAnotherProcessHoldsTheLock_WaitsForIt()
    {
        var store = Open();
        await WriteAsync(store, "x", "1");
        var held = new FileStream(_folder["store/.tmp/lock"], FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var replaced = store.TryReplaceAsync("y", Bytes("2"), null);
        Assert.False(File.Exists(_folder["store/y"]));
        await held.DisposeAsync();
        Assert.True(await replaced);
    }
}
