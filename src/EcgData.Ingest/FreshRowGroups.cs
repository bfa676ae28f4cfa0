namespace EcgData.Ingest;

/// <summary>
/// Makes row groups of the catalogue ahead of whoever writes them. After a night those that are new come last: made when their turn comes, all
/// cores but one would wait for them.
/// </summary>
internal sealed class FreshRowGroups : IAsyncDisposable
{
    /// <summary>Row groups made at a time: each holds its rows and their encoding, 30 MB at most.</summary>
    private const int AtATime = 2;

    private readonly Queue<int> _waiting;
    private readonly Func<int, Task<FreshRowGroup>> _make;
    private readonly Dictionary<int, Task<FreshRowGroup>> _underWay = [];

    /// <param name="groups">Those that have to be made, in the order in which they are taken.</param>
    /// <param name="make">Makes one; called on threads of the pool.</param>
    public FreshRowGroups(IEnumerable<int> groups, Func<int, Task<FreshRowGroup>> make)
    {
        (_waiting, _make) = (new(groups), make);
        MakeMore();
    }

    /// <summary>The row group of a number; one that nobody knew would have to be made is made now.</summary>
    public async Task<FreshRowGroup> TakeAsync(int group)
    {
        if (!_underWay.Remove(group, out var making)) return await _make(group);
        var made = await making;
        MakeMore();
        return made;
    }

    /// <summary>Waits for what is under way and not wanted any more.</summary>
    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(_underWay.Values.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void MakeMore()
    {
        while (_underWay.Count < AtATime && _waiting.TryDequeue(out var group)) _underWay[group] = Task.Run(() => _make(group));
    }
}
