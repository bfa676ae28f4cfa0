using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;

namespace EcgData.Shards.Tests.Reading;

public sealed class ReadingStateTests
{
    private const string Version = "0123456789abcdef0123";

    private static readonly OrderOptions Order = new() { Seed = ulong.MaxValue, Epoch = 7, Weights = new Dictionary<string, double> { ["a"] = 1 / 3.0 } };

    private static readonly RowSelection Subset = Selected(3);

    public static TheoryData<string, string, Func<ReadingOptions, ReadingOptions>> Changes => new()
    {
        { "seed was 18446744073709551615 when the state was kept and is 2 now", "Give seed", options => options with { Order = options.Order with { Seed = 2 } } },
        { "unit was Record", "is Segment", options => options with { Order = options.Order with { Unit = ItemUnit.Segment } } },
        { "crops was Random", "is Consecutive", options => options with { Order = options.Order with { Crops = CropPlacement.Consecutive } } },
        { "cropSeconds was 2.5", "is 2 now", options => options with { Order = options.Order with { CropSeconds = 2 } } },
        { "ordered was False", "is True", options => options with { Order = options.Order with { Ordered = true } } },
        { "openRowGroups was 64", "is 65", options => options with { Order = options.Order with { OpenRowGroups = 65 } } },
        { "sourceRun was 0", "is 64", options => options with { Order = options.Order with { SourceRun = 64 } } },
        { "weights was", "is none now", options => options with { Order = options.Order with { Weights = new Dictionary<string, double>() } } },
    };

    [Fact]
    public void ToJson_LargestNumbers_FitAndComeBack()
    {
        var state = ReadingState.Of(Version, Subset, Order with { Epoch = int.MaxValue, CropSeconds = Math.PI, OpenRowGroups = int.MaxValue, SourceRun = int.MaxValue }, long.MaxValue);

        var json = state.ToJson();

        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(json), 1, ReadingState.LargestBytes);
        Assert.Equal(state, ReadingState.Parse(json));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void Continue_WithAnotherOrder_SaysWhatDiffers(string expected, string now, Func<ReadingOptions, ReadingOptions> change)
    {
        var options = new ReadingOptions { Order = Order };
        var state = ReadingState.Of(Version, Subset, Order, 100);

        var refusal = Assert.Throws<InvalidDataException>(() => state.Continue(Version, Subset, change(options)));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(now, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Continue_WithAnotherVersionOrSubset_IsRefused()
    {
        var options = new ReadingOptions { Order = Order };
        var state = ReadingState.Of(Version, Subset, Order, 100);

        Assert.Contains("the version was", Assert.Throws<InvalidDataException>(() => state.Continue("0123", Subset, options)).Message, StringComparison.Ordinal);
        Assert.Contains("the subset was", Assert.Throws<InvalidDataException>(() => state.Continue(Version, Selected(4), options)).Message, StringComparison.Ordinal);
        Assert.Contains("is all rows now", Assert.Throws<InvalidDataException>(() => state.Continue(Version, null, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Continue_OtherBatchWorldAndEpochInTheOptions_GoesOnWhereItWas()
    {
        var options = ReadingState.Of(Version, Subset, Order, 100).Continue(Version, Subset, new ReadingOptions { Order = Order with { Epoch = 0 }, Batch = 5, World = 3 });

        Assert.Equal((100, 7, 5, 3), (options.From, options.Order.Epoch, options.Batch, options.World));
    }

    [Theory]
    [InlineData("", "damaged")]
    [InlineData("null", "damaged")]
    [InlineData("{\"version\":\"1\"}", "damaged")]
    [InlineData("[1,2]", "damaged")]
    public void Parse_NoState_SaysSo(string json, string expected)
    {
        var refusal = Assert.Throws<InvalidDataException>(() => ReadingState.Parse(json));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_AnotherSchemaVersionOrANegativePosition_SaysSo()
    {
        var state = ReadingState.Of(Version, null, Order, 5);

        Assert.Contains("schema version 2", Assert.Throws<InvalidDataException>(() => ReadingState.Parse((state with { SchemaVersion = 2 }).ToJson())).Message, StringComparison.Ordinal);
        Assert.Contains("position -5", Assert.Throws<InvalidDataException>(() => ReadingState.Parse((state with { Position = -5 }).ToJson())).Message, StringComparison.Ordinal);
    }

    private static RowSelection Selected(int rows)
    {
        var builder = new RowSelection.Builder();
        builder.AddPrefix(rows);
        builder.Add([0b101]);
        return builder.Build();
    }
}
