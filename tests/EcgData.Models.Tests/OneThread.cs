using System.Runtime.CompilerServices;
using TorchSharp;

namespace EcgData.Models.Tests;

/// <summary>
/// Torch on one thread: the tests run side by side already, and threads that wait for each other spin. On a busy machine of two cores
/// a step at width 32 took 8 to 50 s with two threads and 0.2 s with one.
/// </summary>
internal static class OneThread
{
    [ModuleInitializer]
    internal static void Set() => torch.set_num_threads(1);
}
