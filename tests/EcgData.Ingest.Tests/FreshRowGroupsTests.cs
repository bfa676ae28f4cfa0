using EcgData.Shards;

namespace EcgData.Ingest.Tests;

public class FreshRowGroupsTests
{
    [Fact]
    public async Task Take_InOrder_MakesTwoAtATimeBeforeTheyAreWanted()
    {
        var (begun, gates) = (new List<int>(), Enumerable.Range(0, 5).Select(_ => new TaskCompletionSource<FreshRowGroup>()).ToArray());
        await using var fresh = new FreshRowGroups([1, 2, 4], Make);
        Assert.True(SpinWait.SpinUntil(() => Begun() == 2, TimeSpan.FromSeconds(30)));

        gates[1].SetResult(Group(1));
        Assert.Equal(1, NumberOf(await fresh.TakeAsync(1)));
        Assert.True(SpinWait.SpinUntil(() => Begun() == 3, TimeSpan.FromSeconds(30)));
        gates[2].SetResult(Group(2));
        gates[4].SetResult(Group(4));
        Assert.Equal(2, NumberOf(await fresh.TakeAsync(2)));
        gates[3].SetResult(Group(3));
        Assert.Equal(3, NumberOf(await fresh.TakeAsync(3)));   // not known to be wanted: made when it is
        Assert.Equal(4, NumberOf(await fresh.TakeAsync(4)));
        Assert.Equal([1, 2, 4, 3], begun.Take(2).Order().Concat(begun.Skip(2)));

        Task<FreshRowGroup> Make(int group)
        {
            lock (begun) begun.Add(group);
            return gates[group].Task;
        }

        int Begun()
        {
            lock (begun) return begun.Count;
        }
    }

    [Fact]
    public async Task Dispose_AfterAFailure_WaitsForWhatIsUnderWayAndKeepsQuiet()
    {
        var gate = new TaskCompletionSource<FreshRowGroup>();
        var fresh = new FreshRowGroups([0, 1, 2], group => group == 0 ? throw new CorpusException("Receipt 0 is damaged.") : gate.Task);
        await Assert.ThrowsAsync<CorpusException>(() => fresh.TakeAsync(0));
        var end = fresh.DisposeAsync().AsTask();
        Assert.False(end.IsCompleted);
        gate.SetException(new CorpusException("Receipt 1 is damaged."));
        await end;
    }

    private static FreshRowGroup Group(int number) => new(
        null!, [new ManifestShard(null, null, 0, 0, "ptb-xl", $"{number}", number)], []);

    private static int NumberOf(FreshRowGroup group) => group.Shards[0].Records;
}
