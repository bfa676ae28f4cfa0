using System.Text;
using System.Text.Json;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests.Streaming;

/// <summary>An epoch of a corpus as other processes get it. DuckDB, reading the shards by itself, says what must come.</summary>
public sealed class StreamTests(SyntheticCorpus synthetic) : IDisposable
{
    private const int CropSamples = 600;

    private readonly TemporaryFolder _folder = new();

    private string Corpus => synthetic.Corpus.Path;

    private string Socket => $"unix:{_folder["ecg.sock"]}";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Stream_ToStandardOutput_IsEveryRecordOnceWithTheSignalsOfTheShards()
    {
        var stream = StreamReading.Of(await BytesAsync("--to", "-", "--metadata", "--seed", "3"));
        Assert.True(stream.IsFinished);
        Assert.Equal(synthetic.Corpus.Head, stream.Metadata["ecgdata.version"]);
        Assert.Equal("I II III aVR aVL aVF V1 V2 V3 V4 V5 V6", stream.Metadata["ecgdata.leads"]);
        using var duck = new Duck(synthetic.Corpus);
        var rows = duck.Query($"""
            SELECT record_id, segment, [i, ii, iii, avr, avl, avf, v1, v2, v3, v4, v5, v6] AS leads, labels, fold FROM $shards WHERE samples >= {CropSamples}
            """).ToDictionary(row => ((string)row[0]!, Convert.ToInt32(row[1])));
        Assert.Equal(rows.Keys.Select(key => key.Item1).Distinct().Order(), stream.Crops.Select(crop => crop.RecordId).Order());
        Assert.Equal(Enumerable.Range(0, stream.Crops.Count).Select(position => (long)position), stream.Positions);
        Assert.NotEqual(stream.Crops.Select(crop => crop.RecordId).Order(), stream.Crops.Select(crop => crop.RecordId));
        Assert.True(stream.Crops.Select(crop => crop.Start).Distinct().Count() > stream.Crops.Count / 2, "the starts are not drawn");
        foreach (var crop in stream.Crops)
        {
            var row = rows[(crop.RecordId, crop.Segment)];
            var leads = ((IEnumerable<List<short>?>)row[2]!).ToArray();
            var expected = leads.SelectMany(lead => lead is null
                ? new short[CropSamples]
                : lead[crop.Start..(crop.Start + CropSamples)].ToArray()).ToArray();
            Assert.Equal(expected, crop.Signal.Select(millivolt => (short)MathF.Round(millivolt * 1000)));
            Assert.All(crop.Signal.Zip(expected), pair => Assert.Equal(pair.Second / 1000f, pair.First, 1e-6f));
            Assert.Equal((IEnumerable<string>)row[3]!, crop.Labels);
            Assert.Equal(Convert.ToInt32(row[4]), crop.Fold);
        }
    }

    /// <summary>The same bytes through every reader, and through sockets as through the pipe.</summary>
    [Fact]
    public async Task Stream_ByPythonAndNode_IsReadAlike()
    {
        var bytes = await BytesAsync("--to", "-", "--batch", "7", "--metadata");
        var file = _folder["stream.arrows"];
        await File.WriteAllBytesAsync(file, bytes);
        var python = await LinesAsync(Child.Python(Child.Example("pytorch/ecg_stream.py"), file));
        var node = await LinesAsync(Child.Node(Child.Example("node/reader.cjs"), file));
        Assert.Equal("""{"finished": true}""", python[^1]);
        Assert.Equal(python.SkipLast(1).Select(Canonical), node.Select(Canonical));
        Assert.Equal(StreamReading.Of(bytes).Crops.Select(crop => crop.RecordId), node.SelectMany(line =>
            JsonDocument.Parse(line).RootElement.GetProperty("recordIds").EnumerateArray().Select(id => id.GetString()!)));

        static string Canonical(string line) => string.Join(
            '\n', JsonDocument.Parse(line).RootElement.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal)
                .Select(property => property.Value.ValueKind == JsonValueKind.Number
                    ? $"{property.Name} {property.Value.GetDouble()}"
                    : $"{property.Name} {string.Join(',', property.Value.EnumerateArray().Select(Item))}"));
        static string Item(JsonElement item) => item.ValueKind switch
        {
            JsonValueKind.Number => $"{item.GetDouble()}",
            JsonValueKind.Array => $"[{string.Join(',', item.EnumerateArray().Select(Item))}]",
            _ => item.ToString(),
        };
    }

    [Theory]
    [InlineData("unix")]
    [InlineData("tcp")]
    public async Task Stream_ToASocket_IsTheStreamOfThePipe(string kind)
    {
        var pipe = await BytesAsync("--to", "-");
        var address = kind == "unix" ? Socket : "tcp://127.0.0.1:0";
        using var program = Child.Ecgdata("Listening on ", "stream", Corpus, "--to", address, "--json");
        // port 0 is a free one, which the program tells
        var bound = (await program.Said).Split("Listening on ")[1].TrimEnd('.');
        if (kind == "unix" && !OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["ecg.sock"]));
        using var socket = await Connection.OpenAsync(bound);
        Assert.Equal(pipe, await socket.ReadAsync());
        var document = JsonDocument.Parse(await program.ReadAsync()).RootElement;
        await program.EndsWithAsync(0);
        Assert.Equal("complete", document.GetProperty("end").GetString());
        Assert.Equal(document.GetProperty("items").GetInt64(), document.GetProperty("position").GetInt64());
        Assert.False(File.Exists(_folder["ecg.sock"]));
    }

    [Fact]
    public async Task Stream_OnRanks_IsOneEpochTogether()
    {
        var whole = StreamReading.Of(await BytesAsync("--to", "-", "--batch", "12"));
        var ranks = new List<StreamReading>();
        for (var rank = 0; rank < 3; rank++)
            ranks.Add(StreamReading.Of(await BytesAsync("--to", "-", "--batch", "12", "--rank", $"{rank}", "--world", "3")));
        Assert.All(ranks, rank => Assert.Equal(whole.Crops.Count, rank.Crops[^1].Next));
        Assert.Equal(Lines(whole.Crops), Lines(ranks.SelectMany(rank => rank.Crops).OrderBy(crop => crop.Position)));
    }

    [Fact]
    public async Task Stream_FromAPositionWithAnotherBatch_GoesOnExactly()
    {
        var whole = StreamReading.Of(await BytesAsync("--to", "-"));
        var rest = StreamReading.Of(await BytesAsync("--to", "-", "--from", "17", "--batch", "5", "--threads", "1"));
        Assert.Equal(Lines(whole.Crops.Skip(17)), Lines(rest.Crops));
    }

    [Fact]
    public async Task Stream_OfSomeLeads_HasThoseAlone()
    {
        var whole = StreamReading.Of(await BytesAsync("--to", "-"));
        var two = StreamReading.Of(await BytesAsync("--to", "-", "--leads", "v1,ii"));
        Assert.Equal("II V1", two.Metadata["ecgdata.leads"]);
        Assert.Equal(
            whole.Crops.Select(crop => (float[])[.. crop.Signal[CropSamples..(2 * CropSamples)], .. crop.Signal[(6 * CropSamples)..(7 * CropSamples)]]),
            two.Crops.Select(crop => crop.Signal));
    }

    /// <summary>The reader goes away in the middle of a batch: exit code 1, the position of the last whole batch, and from there on nothing is missing.</summary>
    [Fact]
    public async Task Stream_ReaderThatGoesAway_EndsCleanlyAndResumes()
    {
        using var program = Child.Ecgdata(null, "stream", Corpus, "--to", "-", "--batch", "8", "--quiet");
        var start = new byte[1_000_000];   // beyond what a pipe holds, so the program is still writing
        await program.Output.ReadExactlyAsync(start);
        program.Output.Close();
        var said = await program.EndsWithAsync(1);
        Assert.Contains("ends at position ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        var position = long.Parse(said.Split("resume with --from ")[1].Split('.')[0]);
        var items = StreamReading.Of(await BytesAsync("--to", "-")).Crops.Count;
        Assert.InRange(position, 8, items - 1);
        Assert.Equal(0, position % 8);
        Assert.Equal(position, StreamReading.Of(await BytesAsync("--to", "-", "--from", $"{position}")).Crops[0].Position);
    }

    [Theory]
    [InlineData("unix")]
    [InlineData("tcp")]
    public async Task Stream_SocketThatIsClosed_EndsWith1(string kind)
    {
        using var program = Child.Ecgdata("Listening on ", "stream", Corpus, "--to", kind == "unix" ? Socket : "tcp://:0", "--batch", "2", "--unit", "segment");
        using (var socket = await Connection.OpenAsync((await program.Said).Split("Listening on ")[1].TrimEnd('.')))
            await socket.Stream.ReadExactlyAsync(new byte[100]);
        var said = await program.EndsWithAsync(1);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    /// <summary>A process that is killed leaves nothing that the next one trips over.</summary>
    [Fact]
    public async Task Stream_KilledWhileItListens_LeavesAnAddressThatIsFree()
    {
        using (var first = Child.Ecgdata("Listening on ", "stream", Corpus, "--to", Socket))
        {
            await first.Said;
            first.Signal("KILL");
            await first.EndsWithAsync(128 + 9);
        }

        Assert.True(File.Exists(_folder["ecg.sock"]));
        using var second = Child.Ecgdata("Listening on ", "stream", Corpus, "--to", Socket);
        await second.Said;
        using var socket = await Connection.OpenAsync(Socket);
        Assert.True(StreamReading.Of(await socket.ReadAsync()).IsFinished);
        await second.EndsWithAsync(0);
    }

    [Fact]
    public async Task Stream_ToAnAddressThatIsTaken_EndsWith2()
    {
        using var first = Child.Ecgdata("Listening on ", "stream", Corpus, "--to", Socket);
        await first.Said;
        Assert.Contains("something is there already", synthetic.Program.Run("stream", Corpus, "--to", Socket).EndsWith(2).Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void Stream_ToTheExamplePlugin_GivesTheMomentsThatTheShardsGive()
    {
        var file = _folder["statistics.json"];
        // crops of the whole segment, every segment: then no draw comes in, and plain SQL knows the answer
        var document = synthetic.Program.Run(
            "stream", Corpus, "--to", PluginTests.Example, "--option", $"out={file}", "--unit", "segment", "--crop", "10", "--json").EndsWith(0).Json;
        using var duck = new Duck(synthetic.Corpus);
        var rows = duck.Query("SELECT [i, ii, iii, avr, avl, avf, v1, v2, v3, v4, v5, v6] AS leads, gaps FROM $shards WHERE samples = 2400");
        Assert.Equal(rows.Count, document.GetProperty("crops").GetInt32());
        var kept = JsonDocument.Parse(File.ReadAllBytes(file)).RootElement;
        Assert.True(kept.GetProperty("isComplete").GetBoolean());
        for (var lead = 0; lead < 12; lead++)
        {
            var values = rows.SelectMany(row => Recorded(row, lead)).ToList();
            var mean = values.Average();
            var deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
            var found = kept.GetProperty("leads")[lead];
            Assert.Equal(values.Count, found.GetProperty("count").GetInt64());
            Assert.Equal(mean, found.GetProperty("mean").GetDouble(), 1e-7);
            Assert.Equal(deviation, found.GetProperty("standardDeviation").GetDouble(), 1e-7);
        }

        static IEnumerable<double> Recorded(object?[] row, int lead)
        {
            var gaps = ((IEnumerable<int>)row[1]!).Chunk(3).Where(gap => gap[0] == lead).ToList();
            return (((IEnumerable<List<short>?>)row[0]!).ElementAt(lead) ?? [])
                .Where((_, sample) => !gaps.Exists(gap => sample >= gap[1] && sample < gap[2])).Select(microvolt => microvolt / 1000.0);
        }
    }

    [Theory]
    [InlineData("--to nowhere.dll", "nowhere.dll: no such file or folder")]
    [InlineData("--to ftp://here:1", "ftp://here:1: no such kind of address")]
    [InlineData("--to tcp://127.0.0.1", "no port")]
    [InlineData("--to tcp://example.org:80", "'example.org' is no IP address")]
    [InlineData("--to tcp://192.0.2.1:0", "cannot be bound")]
    [InlineData("--to - --json", "both want standard output")]
    [InlineData("--to PLUGIN", "Option 'out' is missing; expected the file to keep the statistics in")]
    [InlineData("--to PLUGIN --option out=x --option decay=1", "Option 'decay' is not known here; expected one of every, out")]
    [InlineData("--to PLUGIN --option out", "--option out: expected KEY=VALUE")]
    [InlineData("--to PLUGIN --option out=x --option out=y", "--option out: given more than once")]
    [InlineData("--to - --subset nothing.json", "--subset nothing.json: no such file")]
    [InlineData("--to - --subset SHARD", "--subset: ")]
    [InlineData("--to - --from -3", "--from -3: is no position")]
    [InlineData("--to - --from 1000000", "position 1000000; this epoch has")]
    [InlineData("--to - --from SHARD", "is larger than any state")]
    [InlineData("--to - --leads II,V7", "'V7' is no lead")]
    [InlineData("--to - --batch 0", "batch")]
    [InlineData("--to - --rank 2 --world 2", "rank is 2; expected is 0 to 1")]
    [InlineData("--to - --crop 0", "crop")]
    [InlineData("--to - --weight ptb-xl", "--weight ptb-xl: expected SOURCE=SHARE")]
    [InlineData("--to - --weight code-15=1", "code-15")]
    [InlineData("--to - --source-run 100", "batch is 64")]
    [InlineData("", "--to")]
    public void Stream_BadUsage_EndsWith2AndSaysWhy(string options, string said)
    {
        var outcome = synthetic.Program.Run(
            ["stream", Corpus, .. options.Replace("PLUGIN", PluginTests.Example, StringComparison.Ordinal)
                .Replace("SHARD", synthetic.Corpus.Shards[0], StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries)]).EndsWith(2);
        Assert.Contains(said, outcome.Complaint, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void Stream_StateOfAnotherOrder_IsRefused()
    {
        File.WriteAllText(_folder["position"], State("--seed", "1"));
        Assert.Contains("seed was 1", synthetic.Program.Run(
            "stream", Corpus, "--to", "-", "--from", _folder["position"], "--seed", "2").EndsWith(2).Complaint, StringComparison.Ordinal);
        Assert.Contains("the state is of epoch 0, but --epoch 1", synthetic.Program.Run(
            "stream", Corpus, "--to", "-", "--from", _folder["position"], "--seed", "1", "--epoch", "1").EndsWith(2).Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void Stream_DamagedShard_EndsWith3AndNamesIt()
    {
        var damaged = synthetic.Corpus.CopyTo(_folder["corpus"]);
        var shard = damaged.Shards[^1];
        var bytes = File.ReadAllBytes(shard);
        bytes[bytes.Length / 3] ^= 4;
        File.WriteAllBytes(shard, bytes);
        var complaint = synthetic.Program.Run("stream", damaged.Path, "--to", PluginTests.Example, "--option", $"out={_folder["x"]}").EndsWith(3).Complaint;
        Assert.Contains(Path.GetFileName(shard), complaint, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Lines(IEnumerable<StreamedCrop> crops) =>
        crops.Select(crop => $"{crop.Position} {crop.RecordId} {crop.Segment} {crop.Start} {string.Join(' ', crop.Signal)}");

    private static async Task<List<string>> LinesAsync(Child child)
    {
        using (child)
        {
            var output = await child.ReadAsync();
            await child.EndsWithAsync(0);
            return [.. Encoding.UTF8.GetString(output).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        }
    }

    private string State(params string[] options) => synthetic.Program.Run(
        ["stream", Corpus, "--to", PluginTests.Example, "--option", $"out={_folder["state"]}", "--json", .. options]).EndsWith(0).Json.GetProperty("state").GetString()!;

    private async Task<byte[]> BytesAsync(params string[] options)
    {
        using var program = Child.Ecgdata(null, ["stream", Corpus, "--quiet", .. options]);
        var bytes = await program.ReadAsync();
        await program.EndsWithAsync(0);
        return bytes;
    }
}
