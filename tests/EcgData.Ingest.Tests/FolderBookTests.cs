using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using EcgData.Shards;
using EcgData.Sources;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

public sealed class FolderBookTests : IDisposable
{
    private const int Records = 6;

    private readonly TemporaryFolder _folder = new();
    private readonly string _name = $"bytes#{Guid.NewGuid():N}";   // instruments are the process's: this test counts its own
    private readonly ByteSource _source = Some.Source(records: Records);
    private readonly BuildRecipe _recipe = new() { Shards = new ShardOptions { TargetRows = 16 } };
    private TimeProvider _clock = new LaterClock();
    private VersionManifest? _version;   // of the last night

    public FolderBookTests()
    {
        _source.WriteFiles(_folder["bytes/part"]);
        _source.Edit = entry => entry with
        {
            Files = [.. entry.Files.Select(file => new RecordFile($"part/{file.Path}", Published(file.Path)))],
        };
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Night_NothingHasChanged_AsksForNoFile()
    {
        var (first, asked) = await NightAsync();
        Assert.Equal(Records, asked);
        Assert.Equal((first, 0), await NightAsync());
        Assert.Equal((first, 0), await NightAsync());
    }

    [Fact]
    public async Task Night_FileVanishedAndIsBack_IsNoticedBothTimes()
    {
        var (first, _) = await NightAsync();
        await NightAsync();
        File.Move(_folder["bytes/part/3.bin"], _folder["away"]);
        Assert.Equal(Records, (await NightAsync()).Asked);
        Assert.Equal(1, _version!.Sources[0].Rejections["missing-file"]);
        Assert.Equal(Records, (await NightAsync()).Asked);   // nothing vouches for a folder that is not complete
        File.Move(_folder["away"], _folder["bytes/part/3.bin"]);
        Assert.Equal((first, Records), await NightAsync());
        Assert.Equal(0, (await NightAsync()).Asked);
    }

    [Fact]
    public async Task Night_ShardIsToBeBuiltAgain_AsksForItsFiles()
    {
        await NightAsync();
        _source.Edit = Renamed(_source.Edit);
        Assert.Equal(Records, (await NightAsync()).Asked);
        Assert.Equal(Records, _version!.Sources[0].Records.Kept);
    }

    [Fact]
    public async Task Night_FileFoundToBeAnother_EveryFileIsAskedForAgain()
    {
        await NightAsync();
        // written into, not replaced: the folder does not tell
        using (var file = File.OpenWrite(_folder["bytes/part/3.bin"])) file.Write("other"u8);
        Assert.Equal(0, (await NightAsync()).Asked);
        _source.Edit = Renamed(_source.Edit);
        var (found, _) = await NightAsync();
        Assert.Equal(1, _version!.Sources[0].Rejections["file-checksum"]);
        Assert.Equal((found, Records), await NightAsync());
    }

    [Fact]
    public async Task Night_FolderChangedAMomentAgo_IsNotReliedOn()
    {
        _clock = TimeProvider.System;
        File.WriteAllText(_folder["bytes/part/new"], "");
        await NightAsync();
        Assert.Equal(Records, (await NightAsync()).Asked);
    }

    [Fact]
    public async Task Night_AfterRehash_AsksForEveryFile()
    {
        var (first, _) = await NightAsync();
        Assert.Equal((first, Records), await NightAsync(rehash: true));
    }

    [Fact]
    public async Task Night_HintsCutOffOrForeign_AreRead()
    {
        var (first, _) = await NightAsync();
        using (var hints = File.OpenWrite(_folder["hints.folders"]))
        {
            hints.Seek(0, SeekOrigin.End);
            hints.Write("foreign"u8);
        }

        Assert.Equal((first, 0), await NightAsync());
        File.WriteAllText(_folder["hints.folders"], "no hints at all, but some text");
        Assert.Equal((first, Records), await NightAsync());
        Assert.Equal((first, 0), await NightAsync());
    }

    [Fact]
    public async Task Night_FolderIsALink_AsksForEveryFile()
    {
        Directory.Move(_folder["bytes/part"], _folder["elsewhere"]);
        Directory.CreateSymbolicLink(_folder["bytes/part"], _folder["elsewhere"]);
        await NightAsync();
        Assert.Equal(Records, (await NightAsync()).Asked);
    }

    [Fact]
    public async Task Night_FileIsALink_AsksForEveryFile()
    {
        File.Move(_folder["bytes/part/3.bin"], _folder["elsewhere"]);
        File.CreateSymbolicLink(_folder["bytes/part/3.bin"], _folder["elsewhere"]);
        await NightAsync();
        Assert.Equal(Records, (await NightAsync()).Asked);
    }

    [Fact]
    public async Task Night_OneFileWithoutChecksum_AsksForEveryFile()
    {
        var published = _source.Edit;
        _source.Edit = entry => published(entry) is var edited && edited.NativeId == "3"
            ? edited with { Files = [edited.Files[0] with { Sha256 = null }] }
            : edited;
        await NightAsync();
        Assert.Equal(Records, (await NightAsync()).Asked);
    }

    private static string Published(string path) => Convert.ToHexStringLower(SHA256.HashData(Samples(int.Parse(path[..path.IndexOf('.', StringComparison.Ordinal)]))));

    private static byte[] Samples(int record) => [.. Enumerable.Range(0, 2400).Select(k => (byte)(k * (record + 3) % 97))];

    private static Func<CatalogueEntry, CatalogueEntry> Renamed(Func<CatalogueEntry, CatalogueEntry> edit) =>
        entry => edit(entry) with { Labels = [new Label("test:another")] };

    private async Task<(string Id, long Asked)> NightAsync(bool rehash = false)
    {
        long asked = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "ecgdata.source.asked") self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            foreach (var tag in tags)
                if (tag.Key == "source" && Equals(tag.Value, _name)) Interlocked.Add(ref asked, count);
        });
        listener.Start();
        var corpus = new CorpusStore(new LocalObjectStore(_folder["corpus"]));
        using var checksums = new ChecksumBook(_folder["hints"], rehash, _clock);
        var planner = new Planner(corpus, checksums, _ => _source);
        using var plan = await planner.CreateAsync(
            _recipe, new Dictionary<string, string> { [_name] = _folder["bytes"] }, [], null, UnreadFiles.Read, null, default);
        _version = await new CorpusBuild(corpus, plan, planner, workers: 1).RunAsync(new BuildProgress(), default);
        return (_version.Id, asked);
    }

    /// <summary>An hour ahead: nothing was changed a moment ago.</summary>
    private sealed class LaterClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(1);
    }
}
