using System.Text;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests.Streaming;

/// <summary>A new user's way: a ladder, one of its rungs into the PyTorch example, which is killed in the middle and goes on.</summary>
public sealed class PyTorchTests(SyntheticCorpus synthetic) : IDisposable
{
    private const int Records = 40;

    private readonly TemporaryFolder _folder = new();

    private string State => _folder["state"];

    public void Dispose() => _folder.Dispose();

    /// <summary>kill -9 while the trainer waits for the rest of a batch; then the same command with another batch size.</summary>
    [Fact]
    public async Task Train_KilledAndResumedWithAnotherBatch_SeesEveryRecordOfTheRungOnce()
    {
        synthetic.Program.Run("subset", synthetic.Corpus.Path, "--sizes", $"{Records},all", "--out", _folder["ladder"]).EndsWith(0);
        using (var trainer = Child.Python(Child.Example("pytorch/train.py"), State))
        using (var program = Stream("--batch", "3"))
        {
            // this test is the pipe: of the fifth batch the trainer gets a part
            var said = new StreamReader(trainer.Output);
            for (var step = 1; await said.ReadLineOrPumpAsync(program.Output, trainer.Input) is { } line && step < 4; step++)
                Assert.StartsWith($"step {step} position {3 * step} of {Records} loss ", line, StringComparison.Ordinal);
            await program.Output.PumpAsync(trainer.Input, 50_000);
            trainer.Signal("KILL");
            await trainer.EndsWithAsync(128 + 9);
            program.Output.Close();
            Assert.Contains("resume with --from ", await program.EndsWithAsync(1), StringComparison.Ordinal);
        }

        var before = Seen();
        Assert.InRange(before.Count, 3, Records - 3);
        using (var trainer = Child.Python(Child.Example("pytorch/train.py"), State))
        using (var program = Stream("--batch", "7"))
        {
            await program.Output.CopyToAsync(trainer.Input);
            trainer.Input.Close();
            Assert.EndsWith("epoch finished\n", Encoding.UTF8.GetString(await trainer.ReadAsync()), StringComparison.Ordinal);
            await trainer.EndsWithAsync(0);
            await program.EndsWithAsync(0);
        }

        var seen = Seen();
        Assert.Equal(before, seen.Take(before.Count));
        Assert.Equal(Enumerable.Range(0, Records).Select(position => $"{position}"), seen.Select(line => line.Split(' ')[0]));
        using var duck = new Duck(synthetic.Corpus);
        var rung = duck.Query($"SELECT DISTINCT record_id, rank, patient FROM $shards ORDER BY rank, patient, record_id LIMIT {Records}");
        Assert.Equal(rung.Select(row => (string)row[0]!).Order(StringComparer.Ordinal), seen.Select(line => line.Split(' ')[1]).Order(StringComparer.Ordinal));
    }

    /// <summary>Streamed from the beginning into a state that is further, it says so in place of training twice on the same crops.</summary>
    [Fact]
    public async Task Train_StreamThatDoesNotFitTheState_IsRefused()
    {
        var file = _folder["stream.arrows"];
        using (var program = Child.Ecgdata(null, "stream", synthetic.Corpus.Path, "--to", "-", "--batch", "30", "--quiet"))
        {
            await File.WriteAllBytesAsync(file, await program.ReadAsync());
            await program.EndsWithAsync(0);
        }

        using (var trainer = Child.Python(Child.Example("pytorch/train.py"), State, "--stream", file)) await trainer.EndsWithAsync(0);
        using var again = Child.Python(Child.Example("pytorch/train.py"), State, "--stream", file);
        Assert.Contains("the stream begins at position 0, the state ends at ", await again.EndsWithAsync(1), StringComparison.Ordinal);
    }

    private Child Stream(params string[] options) => Child.Ecgdata(null,
    [
        "stream", synthetic.Corpus.Path, "--subset", Path.Join(_folder["ladder"], $"{Records}.json"), "--to", "-", "--from",
        Path.Join(State, "position"), "--quiet", .. options,
    ]);

    private List<string> Seen() => [.. File.ReadAllLines(Path.Join(State, "seen.txt"))];
}

/// <summary>The test as the pipe between two processes.</summary>
internal static class Pump
{
    /// <summary>Carries so many bytes over, fewer where there are no more.</summary>
    public static async Task PumpAsync(this Stream from, Stream to, int count)
    {
        var bytes = new byte[count];
        var read = await from.ReadAtLeastAsync(bytes, count, throwOnEndOfStream: false);
        await to.WriteAsync(bytes.AsMemory(0, read));
        await to.FlushAsync();
    }

    /// <summary>Carries bytes over until the reader says a line.</summary>
    public static async Task<string?> ReadLineOrPumpAsync(this StreamReader said, Stream from, Stream to)
    {
        var line = said.ReadLineAsync();
        while (!line.IsCompleted) await from.PumpAsync(to, 4096);
        return await line;
    }
}
