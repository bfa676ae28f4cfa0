using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime;
using EcgData.Models.Tests;
using Xunit.v3;

[assembly: Uncollected]

namespace EcgData.Models.Tests;

/// <summary>Every test of this assembly calls modules directly, so every one of them needs what the trainer does around a step.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class UncollectedAttribute : BeforeAfterTestAttribute
{
    private readonly ConcurrentStack<NoCollection> _open = [];

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => _open.Push(NoCollection.Begin());

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (_open.TryPop(out var open)) open.Dispose();
    }
}

/// <summary>Runs alone: what the tests beside it make counts towards the budget.</summary>
[Collection(nameof(NoCollectionTests))]
[CollectionDefinition(nameof(NoCollectionTests), DisableParallelization = true)]
public sealed class NoCollectionTests
{
    [Fact]
    public void Begin_WhateverIsMade_NothingIsCollectedUntilTheLastEnds()
    {
        using var outer = NoCollection.Begin();
        var collections = GC.CollectionCount(0);
        using (NoCollection.Begin())
        {
            for (var index = 0; index < 1000; index++) _ = new byte[10_000];
        }

        for (var index = 0; index < 1000; index++) _ = new byte[10_000];
        Assert.Equal(GCLatencyMode.NoGCRegion, GCSettings.LatencyMode);
        Assert.Equal(collections, GC.CollectionCount(0));
    }
}
