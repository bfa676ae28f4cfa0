using System.Runtime.InteropServices;
using EcgData.Models.Objectives;

namespace EcgData.Training.Tests;

/// <summary>
/// A long run, in which nothing may grow: ECGDATA_SOAK_STEPS sets how many steps. Tensors are counted by TorchSharp; native memory is what the C
/// library holds from the system, used or not, for torch takes all of its memory there and it holds what is resident, fragments included. The
/// process's own figure would add the managed heap, whose size is the collector's affair. Between two steps no tensor of a step is alive, so a
/// step's own demand does not count.
/// </summary>
public sealed partial class SoakTests
{
    private const int Looks = 50;
    private const int WarmUpLooks = 15;   // epochs, validations, checkpoints and a collection of garbage have been there by then
    private const long ManagedBytes = 100 << 20;

    private static int Count => int.Parse(Environment.GetEnvironmentVariable("ECGDATA_SOAK_STEPS") ?? "500");

    [Fact]
    public async Task Run_ManySteps_KeepsNoTensorAndNoMemory()
    {
        using var corpus = await TinyCorpus.CreateAsync(40);
        var (count, tensors, held, managed) = (Count, new List<long>(), new List<double>(), new List<long>());
        var recipe = TinyRun.Recipe(ObjectiveKind.Jepa) with { Steps = count, Epochs = count, LogEverySteps = 50, Checkpoints = new() { EverySteps = 50 } };
        var result = await TinyRun.RunAsync(corpus, recipe, "run", new Every(count / Looks, step =>
        {
            tensors.Add(step.LiveTensors);
            held.Add(HeldBytes());
            managed.Add(GC.GetTotalMemory(forceFullCollection: false));
        }));

        Assert.Equal(count, result.Steps);
        Assert.Equal(Looks, tensors.Count);
        Assert.All(tensors.Skip(WarmUpLooks), live => Assert.Equal(tensors[WarmUpLooks], live));
        Assert.All(managed, bytes => Assert.InRange(bytes, 0, ManagedBytes));
        // Greatest against greatest: scalars wait for the collector in both, and the C library gives back what is free at the heap's end.
        var (warm, late) = (held.Take(Looks / 2).Max(), held.Skip(Looks / 2).Max());
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{count} steps: {tensors[^1]} tensors; native memory {warm / 1e6:f2} MB in the first half, {late / 1e6:f2} MB in the second; managed {managed.Max() / 1e6:f1} MB at most");
        // A short run still meets a fragment that is larger than any before.
        Assert.True(late <= (count < 5_000 ? 1.05 : 1.01) * warm, $"native memory: {warm / 1e6:f2} MB in the first half, {late / 1e6:f2} MB in the second; at the looks: {string.Join(", ", held.Select(bytes => $"{bytes / 1e6:f2}"))}");
    }

    private static double HeldBytes()
    {
        var info = MallInfo();
        return (double)info.Arena + info.MappedBytes;
    }

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial AllocatorState MallInfo();

    /// <summary>struct mallinfo2 of mallinfo(3): ten numbers of the size of a pointer, over all arenas.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct AllocatorState
    {
        public readonly nuint Arena;          // bytes from the system that are not mapped one by one
        public readonly nuint FreeChunks;
        public readonly nuint FastChunks;
        public readonly nuint MappedChunks;
        public readonly nuint MappedBytes;    // bytes that are
        public readonly nuint Unused;
        public readonly nuint FastBytes;
        public readonly nuint UsedBytes;
        public readonly nuint FreeBytes;
        public readonly nuint TrimmableBytes;
    }

    /// <summary>A look at the run after every so many steps.</summary>
    private sealed class Every(int steps, Action<PretrainStep> look) : IProgress<PretrainStep>
    {
        public void Report(PretrainStep value)
        {
            if (value.Number % steps == 0) look(value);
        }
    }
}
