using EcgData.Shards.Reading;
using EcgData.Tests;

namespace EcgData.Shards.Tests.Reading;

public sealed class RowGroupCacheTests
{
    private const long Ample = 1L << 30;

    private static readonly (string, int)[] Shards = [("a", 70), ("b", 70), ("b", 40)];

    [Fact]
    public async Task Read_Again_ComesFromTheFolderAlsoAfterARestart()
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, Shards);
        using var folder = new TemporaryFolder();
        var remote = new RemoteStore(corpus.Store);
        var expected = await CacheReader.EpochAsync(corpus.Corpus, corpus.Version, null, 1);
        var groups = corpus.Groups.Count;

        using (var cache = new RowGroupCache(remote, folder["cache"], Ample, TimeProvider.System))
        {
            Assert.Equal(expected, await CacheReader.EpochAsync(corpus.Corpus, corpus.Version, cache, 1));
            Assert.Equal(expected, await CacheReader.EpochAsync(corpus.Corpus, corpus.Version, cache, 1));
            Assert.Equal(0, cache.Counts.NotKept);
            Assert.Equal(groups, cache.Counts.Fetched);
        }

        var read = remote.ReadBytes;
        Assert.Equal(corpus.Table.Sum(row => row.RowGroup.SizeBytes), read);
        using var restarted = new RowGroupCache(remote, folder["cache"], Ample, TimeProvider.System);
        Assert.Equal(expected, await CacheReader.EpochAsync(corpus.Corpus, corpus.Version, restarted, 1));
        Assert.Equal(0, restarted.Counts.Fetched);
        Assert.Equal(read, remote.ReadBytes);
    }

    [Fact]
    public async Task Read_DamagedOrShortenedFiles_AreNoticedAndFetchedAgain()
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, Shards);
        using var folder = new TemporaryFolder();
        using var cache = new RowGroupCache(new RemoteStore(corpus.Store), folder["cache"], Ample, TimeProvider.System);
        var expected = await CacheReader.EpochAsync(corpus.Corpus, corpus.Version, cache, 1);
        var files = Files(folder["cache"]).Order().ToArray();
        Flip(files[0], new FileInfo(files[0]).Length / 2);
        Flip(files[3], 0);
        File.WriteAllBytes(files[1], []);

        Assert.Equal(expected, await CacheReader.EpochAsync(corpus.Corpus, corpus.Version, cache, 1));

        Assert.Equal(3, cache.Counts.Damaged);
        Assert.Equal(files, Files(folder["cache"]).Order());
        Assert.Equal(expected, await CacheReader.EpochAsync(corpus.Corpus, corpus.Version, cache, 1));
        Assert.Equal(3, cache.Counts.Damaged);
    }

    [Fact]
    public async Task Read_TransferGoesWrongOnce_IsTriedAgainAndTwiceIsAnError()
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, ("a", 8));
        using var folder = new TemporaryFolder();
        var remote = new RemoteStore(corpus.Store);
        using var cache = new RowGroupCache(remote, folder["cache"], Ample, TimeProvider.System);
        var index = await RowGroupIndex.LoadAsync(corpus.Corpus, corpus.Version);
        var bytes = new byte[index.ExtentOf(0).SizeBytes];

        remote.DamageNext(2);
        var refusal = Assert.Throws<InvalidDataException>(() => cache.Read(index.ExtentOf(0), bytes, CancellationToken.None));
        remote.DamageNext(1);
        cache.Read(index.ExtentOf(0), bytes, CancellationToken.None);

        Assert.Contains("hash", refusal.Message, StringComparison.Ordinal);
        Assert.Single(Files(folder["cache"]));
    }

    [Fact]
    public async Task Read_SmallBudget_IsNeverExceededAndTheOldestGo()
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, Shards);
        using var folder = new TemporaryFolder();
        var budget = corpus.Table.Sum(row => row.RowGroup.SizeBytes) / 3;
        using var cache = new RowGroupCache(new RemoteStore(corpus.Store), folder["cache"], budget, new Steps());
        var index = await RowGroupIndex.LoadAsync(corpus.Corpus, corpus.Version);

        foreach (var group in (int[])[0, 1, 2, 0, 3, 4, 0, 5, 6, 0, 7, 8, 0, 9, 10, 0])
        {
            if (group >= index.Groups) continue;
            cache.Read(index.ExtentOf(group), new byte[index.ExtentOf(group).SizeBytes], CancellationToken.None);
            Assert.InRange(Files(folder["cache"]).Sum(file => new FileInfo(file).Length), 1, budget);
        }

        // Group 0 was used again and again and never went; it was fetched once.
        Assert.Contains(Files(folder["cache"]), file => Path.GetFileName(file) == index.ExtentOf(0).Digest.ToString("x32"));
        Assert.True(cache.Counts.Hits >= 5);
        Assert.True(Files(folder["cache"]).Count() < index.Groups);
    }

    [Fact]
    public async Task Read_RowGroupLargerThanTheBudget_IsReadAndNotKept()
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, ("a", 8));
        using var folder = new TemporaryFolder();
        using var cache = new RowGroupCache(new RemoteStore(corpus.Store), folder["cache"], 100, TimeProvider.System);

        Assert.NotEmpty(await CacheReader.EpochAsync(corpus.Corpus, corpus.Version, cache, 1));

        Assert.Equal(cache.Counts.Fetched, cache.Counts.NotKept);
        Assert.Empty(Files(folder["cache"]));
    }

    [Fact]
    public async Task Open_FolderWithWhatAKilledWriterLeft_IsSwept()
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, ("a", 8));
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["cache/begun"]);
        File.WriteAllText(folder["cache/begun/12345-1-00"], "half");

        using var cache = new RowGroupCache(new RemoteStore(corpus.Store), folder["cache"], Ample, TimeProvider.System);

        Assert.Empty(Directory.GetFiles(folder["cache/begun"]));
    }

    [Fact]
    public async Task Read_TwoProcessesOnOneFolder_SameCropsWithinOneBudget()
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, Shards);
        using var folder = new TemporaryFolder();
        var budget = corpus.Table.Sum(row => row.RowGroup.SizeBytes) / 2;
        var processes = Enumerable.Range(1, 2).Select(seed => CacheReader.Start(corpus, folder["cache"], budget, epochs: 6, seed)).ToArray();

        var outputs = await Task.WhenAll(processes.Select(LinesAsync));

        for (var seed = 1; seed <= 2; seed++)
        {
            Assert.Equal(0, processes[seed - 1].ExitCode);
            var expected = CacheReader.HashOf(await CacheReader.EpochAsync(corpus.Corpus, corpus.Version, null, seed));
            Assert.All(outputs[seed - 1][..^1], line => Assert.Equal(expected, line));
            Assert.Equal(7, outputs[seed - 1].Count);
        }

        // Looked at after every epoch of either; looking all the time would keep the lock from those who need it.
        async Task<List<string>> LinesAsync(System.Diagnostics.Process process)
        {
            var lines = new List<string>();
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                lines.Add(line);
                Assert.InRange(SizeOf(folder["cache"]), 1, budget);
            }

            await process.WaitForExitAsync();
            return lines;
        }
    }

    [Fact]
    public async Task Read_ProcessesKilledAtAnyMoment_LeaveNothingThatTheNextDoesNotSweep()
    {
        using var corpus = await WrittenCorpus.CreateAsync(200, Shards);
        using var folder = new TemporaryFolder();
        var budget = corpus.Table.Sum(row => row.RowGroup.SizeBytes) / 2;
        var expected = CacheReader.HashOf(await CacheReader.EpochAsync(corpus.Corpus, corpus.Version, null, 3));
        for (var kill = 0; kill < 6; kill++)
        {
            // The first is killed while the folder fills, the others after so many epochs.
            using var process = CacheReader.Start(corpus, folder["cache"], budget, epochs: 0, 3);
            if (kill == 0) while (!Directory.Exists(folder["cache/begun"]) && !process.HasExited) { }
            for (var epoch = 0; epoch < kill; epoch++) Assert.Equal(expected, await process.StandardOutput.ReadLineAsync());
            process.Kill();
            await process.WaitForExitAsync();
            Assert.InRange(SizeOf(folder["cache"]), 0, budget);
        }

        using var cache = new RowGroupCache(new RemoteStore(corpus.Store), folder["cache"], budget, TimeProvider.System);
        Assert.Empty(Directory.GetFiles(folder["cache/begun"]));
        Assert.Equal(expected, CacheReader.HashOf(await CacheReader.EpochAsync(corpus.Corpus, corpus.Version, cache, 3)));
        Assert.Equal(0, cache.Counts.Damaged);
        Assert.All(Directory.GetFiles(folder["cache"]), file => Assert.Equal("lock", Path.GetFileName(file)));
    }

    private static IEnumerable<string> Files(string cache) =>
        Directory.EnumerateDirectories(cache, "??").SelectMany(Directory.EnumerateFiles);

    /// <summary>Sizes of all files at one moment: with the lock in hand nobody adds or removes any.</summary>
    private static long SizeOf(string cache)
    {
        if (!Directory.Exists(Path.Join(cache, "begun"))) return 0;
        while (true)
        {
            try
            {
                using var held = new FileStream(Path.Join(cache, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return Directory.EnumerateFiles(cache, "*", SearchOption.AllDirectories).Where(path => path != held.Name).Sum(path => new FileInfo(path).Length);
            }
            catch (IOException e) when (e.HResult == 11)
            {
                Thread.Yield();   // EWOULDBLOCK: one of the processes has it
            }
        }
    }

    private static void Flip(string path, long at)
    {
        using var file = File.Open(path, FileMode.Open);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 1));
    }

    /// <summary>A second later whenever it is asked.</summary>
    private sealed class Steps : TimeProvider
    {
        private int _seconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(Interlocked.Increment(ref _seconds));
    }
}
