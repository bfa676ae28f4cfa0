namespace EcgData.Models.Tests;

/// <summary>Tests that seed torch's generator, of which a process has one: while one of them runs, no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TorchGenerator
{
    public const string Name = "Torch's generator";
}
