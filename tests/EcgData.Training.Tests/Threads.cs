using System.Runtime.CompilerServices;
using TorchSharp;

namespace EcgData.Training.Tests;

internal static class Threads
{
    /// <summary>One thread for torch: its workers spin, and beside other test projects they take the time from each other.</summary>
    [ModuleInitializer]
    internal static void UseOne() => torch.set_num_threads(1);
}
