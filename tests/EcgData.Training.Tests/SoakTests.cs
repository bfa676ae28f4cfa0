using System.Runtime.InteropServices;
using EcgData.Models.Objectives;

namespace EcgData.Training.Tests;

/// <summary>
/// A long run, in which nothing may grow: ECGDATA_SOAK_STEPS sets how many steps. Tensors are counted by TorchSharp; native memory is counted by
/// the C library, from which torch takes all of its own: what is in use, and over a long run what is held from the system too, fragments
/// included. The process's own figure would add the managed heap, whose size is the collector's affair. Between two steps no tensor of a step is
/// alive, so a step's own demand does not count.
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
        var (count, tensors, native, managed) = (Count, new List<long>(), new List<AllocatorState>(), new List<long>());
        var recipe = TinyRun.Recipe(ObjectiveKind.Jepa) with { Steps = count, Epochs = count, LogEverySteps = 50, Checkpoints = new() { EverySteps = 50 } };
        var result = await TinyRun.RunAsync(corpus, recipe, "run", new Every(count / Looks, step =>
        {
            tensors.Add(step.LiveTensors);
            native.Add(MallInfo());
            managed.Add(GC.GetTotalMemory(forceFullCollection: false));
        }));

        Assert.Equal(count, result.Steps);
        Assert.Equal(Looks, tensors.Count);
        Assert.All(tensors.Skip(WarmUpLooks), live => Assert.Equal(tensors[WarmUpLooks], live));
        Assert.All(managed, bytes => Assert.InRange(bytes, 0, ManagedBytes));
        HasNotGrown("in use", native, state => state.UsedBytes + state.MappedBytes, most: 1.01);
        // The C library goes on for some thousand steps to meet a fragment that is larger than any before.
        HasNotGrown("held", native, state => state.Arena + state.MappedBytes, most: count < 5_000 ? 1.15 : 1.01);
    }

    /// <summary>Greatest against greatest of the two halves: scalars wait for the collector in both.</summary>
    private static void HasNotGrown(string what, List<AllocatorState> looks, Func<AllocatorState, nuint> bytes, double most)
    {
        var megabytes = looks.Select(state => bytes(state) / 1e6).ToList();
        var (early, late) = (megabytes.Take(Looks / 2).Max(), megabytes.Skip(Looks / 2).Max());
        TestContext.Current.TestOutputHelper!.WriteLine($"native memory {what}: {early:f2} MB in the first half, {late:f2} MB in the second");
        Assert.True(late <= most * early, $"native memory {what}: {early:f2} MB in the first half, {late:f2} MB in the second; at the looks: {string.Join(", ", megabytes.Select(look => $"{look:f2}"))}");
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
