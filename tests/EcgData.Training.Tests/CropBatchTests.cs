using EcgData.Signals;
using TorchSharp;

namespace EcgData.Training.Tests;

public sealed class CropBatchTests
{
    [Fact]
    public void Create_Ramps_AreThoseSamplesInMillivolt()
    {
        // Every lead is a ramp with an offset of its own, so each value names its lead and sample.
        var leads = Enumerable.Range(0, 12).Select(lead => Enumerable.Range(0, 700).Select(i => (short)(lead * 1000 + i - 6000)).ToArray()).ToArray();
        var row = Some.Segment(3, 700, leads);
        var start = CropBatch.StartOf(row, 600, seed: 5, epoch: 0);

        using var batch = CropBatch.Create([Some.Segment(9), row], 600, seed: 5, epoch: 0);

        Assert.Equal([2, 12, 600], batch.Millivolt.shape);
        using var second = batch.Millivolt[1].contiguous();
        var actual = second.data<float>().ToArray();
        for (var lead = 0; lead < 12; lead++)
        {
            for (var i = 0; i < 600; i++) Assert.Equal((lead * 1000 + start + i - 6000) / 1000.0, actual[lead * 600 + i], 5);
        }
    }

    [Fact]
    public void Create_AbsentLeads_AreZeroAndMarked()
    {
        using var batch = CropBatch.Create([Some.Segment(0, leads: LeadSet.None.With(Lead.II).With(Lead.V6))], 600, seed: 1, epoch: 0);

        Assert.Equal([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1f], batch.Present.data<float>().ToArray());
        using var energy = batch.Millivolt.square().sum(2);
        Assert.Equal([1, 11], energy.data<float>().ToArray().Index().Where(e => e.Item > 0).Select(e => e.Index));
    }

    [Fact]
    public void StartOf_SameKey_IsTheSameWhateverTheBatch()
    {
        var row = Some.Segment(4);
        using var alone = CropBatch.Create([row], 600, seed: 2, epoch: 1);
        using var among = CropBatch.Create([Some.Segment(1), Some.Segment(2), row], 600, seed: 2, epoch: 1);
        using var last = among.Millivolt[2];
        Assert.True(alone.Millivolt[0].equal(last).all().item<bool>());
    }

    [Fact]
    public void StartOf_ManyKeys_CoversTheRowFromItsFirstToItsLastCrop()
    {
        var row = Some.Segment(4, seconds: 610 / Some.FrequencyHz);
        var starts = Enumerable.Range(0, 300).Select(epoch => CropBatch.StartOf(row, 600, seed: 2, epoch)).ToArray();
        Assert.Equal(Enumerable.Range(0, 11), starts.Distinct().Order());
        Assert.NotEqual(starts, Enumerable.Range(0, 300).Select(epoch => CropBatch.StartOf(row, 600, seed: 3, epoch)));
        Assert.NotEqual(starts, Enumerable.Range(0, 300).Select(epoch => CropBatch.StartOf(row with { Segment = 1 }, 600, seed: 2, epoch)));
        Assert.NotEqual(starts, Enumerable.Range(0, 300).Select(epoch => CropBatch.StartOf(row with { RecordId = "some/5" }, 600, seed: 2, epoch)));
    }

    [Fact]
    public void Create_RowShorterThanTheCrop_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CropBatch.Create([Some.Segment(0, seconds: 2)], 600, seed: 1, epoch: 0));
}
