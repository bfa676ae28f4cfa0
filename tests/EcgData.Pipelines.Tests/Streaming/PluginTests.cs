using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using EcgData.Consumers;
using EcgData.Consumers.Conformance;
using EcgData.Pipelines.Streaming;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests.Streaming;

public sealed class PluginTests : IDisposable
{
    private static readonly string Tests = typeof(PluginTests).Assembly.Location;

    private readonly TemporaryFolder _folder = new();

    /// <summary>The example, built beside these tests.</summary>
    public static string Example { get; } = Path.Join(
        AppContext.BaseDirectory.Replace("EcgData.Pipelines.Tests", "LeadStatistics", StringComparison.Ordinal), "LeadStatistics.dll");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_Example_LivesInAContextOfItsOwnAndSharesTheContract()
    {
        var plugin = Plugin.Load(Example);
        Assert.Equal("LeadStatistics.LeadStatisticsConsumer", plugin.Name);
        using var consumer = plugin.Create();
        Assert.NotSame(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(consumer.GetType().Assembly));
        Assert.IsAssignableFrom<IBatchConsumer>(consumer);
    }

    [Fact]
    public void Load_Folder_FindsTheOneAssemblyThatWasBuiltThere() =>
        Assert.Equal("LeadStatistics.LeadStatisticsConsumer", Plugin.Load(Path.GetDirectoryName(Example)!).Name);

    [Fact]
    public void Load_Example_PassesTheConformanceSuite()
    {
        var plugin = Plugin.Load(Example);
        var checks = new ConformanceSuite(plugin.Create, [new("out", _folder["statistics.json"])], TimeSpan.FromMinutes(1)).Run().ToList();
        Assert.All(checks, check => Assert.True(check.Passed, $"{check.Name}: {check.Message}"));
    }

    /// <summary>Stopped without a word after any batch, the example goes on by itself to the statistics of a run that never stopped.</summary>
    [Theory]
    [InlineData(1, 5)]
    [InlineData(3, 4)]
    public void Example_KilledAndResumedWithAnotherBatch_GivesTheSameStatistics(int batches, int batch)
    {
        var plugin = Plugin.Load(Example);
        Feed(new KnownStream { Samples = 50 }, "whole.json", int.MaxValue);
        Feed(new KnownStream { Samples = 50 }, "broken.json", batches);
        Assert.NotEqual(Statistics("whole.json"), Statistics("broken.json"));
        Feed(new KnownStream { Samples = 50, Batch = batch }, "broken.json", int.MaxValue);
        Assert.Equal(Statistics("whole.json"), Statistics("broken.json"));

        void Feed(KnownStream stream, string file, int limit)
        {
            using var consumer = plugin.Create();
            var from = consumer.Open(stream.Description, new ConsumerOptions([new("out", _folder[file])]));
            foreach (var fed in stream.Batches(from).Take(limit)) consumer.Consume(fed);
            if (limit == int.MaxValue) consumer.Complete();
        }

        string Statistics(string file) => File.ReadAllText(_folder[file]);
    }

    [Fact]
    public void Load_PackageOfThePlugin_ComesFromItsFolder()
    {
        using var consumer = Plugin.Load($"{Tests}#SchemaConsumer").Create();
        Assert.NotSame(typeof(SchemaConsumer), consumer.GetType());
        consumer.Complete();
    }

    [Fact]
    public void Load_SeveralConsumers_AsksForOne() => AssertRefused(
        Tests, "3 classes implement IBatchConsumer", $"Name one: '{Tests}#EcgData.Pipelines.Tests.Streaming.");

    [Fact]
    public void Load_UnknownName_TellsTheKnownOnes() => AssertRefused(
        $"{Tests}#NoSuch", "no consumer is called 'NoSuch'", "EcgData.Pipelines.Tests.Streaming.RecordingConsumer");

    [Fact]
    public void Load_AssemblyWithoutContract_IsNoPlugin() =>
        AssertRefused(typeof(Xunit.Assert).Assembly.Location, "it does not reference EcgData.Consumers");

    [Fact]
    public void Load_ReferenceButNoImplementation_SaysSo() => AssertRefused(
        Path.Join(AppContext.BaseDirectory, "ecgdata.dll"), "no public class with a constructor without parameters implements IBatchConsumer");

    [Fact]
    public void Load_PackageThatIsNotThere_NamesIt()
    {
        File.Copy(Tests, _folder["EcgData.Pipelines.Tests.dll"]);
        AssertRefused(_folder["EcgData.Pipelines.Tests.dll"] + "#SchemaConsumer", "a part of the plug-in cannot be loaded", "EnableDynamicLoading");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public void Load_OtherContract_NamesBoth(ushort contract)
    {
        var file = File.ReadAllBytes(Example);
        BitConverter.TryWriteBytes(file.AsSpan(MajorVersionOfTheContract(file)), contract);
        File.WriteAllBytes(_folder["other.dll"], file);
        AssertRefused(
            _folder["other.dll"], $"compiled for contract {contract} (EcgData.Consumers {contract}.0.0.0)", "This program keeps contract 1");
    }

    [Fact]
    public void Load_FileThatIsNoAssembly_IsRefused()
    {
        File.WriteAllText(_folder["notes.dll"], "not a plug-in");
        AssertRefused(_folder["notes.dll"], "not a .NET assembly");
    }

    [Fact]
    public void Load_TruncatedAssembly_IsRefused()
    {
        File.WriteAllBytes(_folder["half.dll"], File.ReadAllBytes(Example)[..2000]);
        AssertRefused(_folder["half.dll"], "half.dll");
    }

    [Fact]
    public void Load_NothingThere_IsRefused() => AssertRefused(_folder["nothing.dll"], "no such file or folder");

    [Fact]
    public void Load_EmptyFolder_IsRefused() => AssertRefused(_folder.Path, "0 assemblies with a .deps.json in this folder");

    [Fact]
    public void Create_ConstructorThatThrows_TellsWhatItThrew()
    {
        var plugin = Plugin.Load($"{Tests}#BrokenConsumer");
        var thrown = Assert.Throws<ConsumerException>(() => plugin.Create());
        Assert.Contains("threw InvalidOperationException: no licence", thrown.Message, StringComparison.Ordinal);
    }

    private static void AssertRefused(string address, params string[] parts)
    {
        var refused = Assert.Throws<UsageException>(() => Plugin.Load(address));
        Assert.All(parts, part => Assert.Contains(part, refused.Message, StringComparison.Ordinal));
    }

    /// <summary>Where the file states the major version of EcgData.Consumers that it was compiled against.</summary>
    private static int MajorVersionOfTheContract(byte[] file)
    {
        using var image = new PEReader(new MemoryStream(file));
        var metadata = image.GetMetadataReader();
        var handle = metadata.AssemblyReferences.Single(one => metadata.GetString(metadata.GetAssemblyReference(one).Name) == "EcgData.Consumers");
        return image.PEHeaders.MetadataStartOffset + metadata.GetTableMetadataOffset(TableIndex.AssemblyRef)
            + (MetadataTokens.GetRowNumber(handle) - 1) * metadata.GetTableRowSize(TableIndex.AssemblyRef);
    }
}
