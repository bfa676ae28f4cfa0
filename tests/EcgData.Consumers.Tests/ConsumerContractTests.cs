namespace EcgData.Consumers.Tests;

public sealed class ConsumerContractTests
{
    /// <summary>A plug-in's reference tells the contract that it was written for, so both numbers must be one.</summary>
    [Fact]
    public void Version_IsTheAssemblysMajorVersion() =>
        Assert.Equal(ConsumerContract.Version, typeof(IBatchConsumer).Assembly.GetName().Version!.Major);

    /// <summary>A plug-in brings no package of ours along: the contract needs the framework alone.</summary>
    [Fact]
    public void Assembly_References_NothingButTheFramework() =>
        Assert.All(typeof(IBatchConsumer).Assembly.GetReferencedAssemblies(), name => Assert.StartsWith("System.", name.Name, StringComparison.Ordinal));
}
