using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>The records of a build that took longest. Memory holds these and no more.</summary>
internal sealed class SlowestRecords(int count)
{
    private readonly (string RecordId, RecordTimes Times)[] _slowest = new (string, RecordTimes)[count];   // the slowest first
    private readonly Lock _lock = new();
    private int _found;

    public void Add(string recordId, RecordTimes times)
    {
        lock (_lock)
        {
            if (_found == _slowest.Length && times.Total <= _slowest[^1].Times.Total) return;
            var place = Math.Min(_found, _slowest.Length - 1);
            for (; place > 0 && _slowest[place - 1].Times.Total < times.Total; place--) _slowest[place] = _slowest[place - 1];
            _slowest[place] = (recordId, times);
            _found = Math.Min(_found + 1, _slowest.Length);
        }
    }

    public IReadOnlyList<SlowRecord> ToList()
    {
        lock (_lock)
        {
            var list = new SlowRecord[_found];
            for (var index = 0; index < list.Length; index++)
            {
                var (recordId, times) = _slowest[index];
                list[index] = new SlowRecord(recordId, Rounded(times.Total), Rounded(times.Read), Rounded(times.Condition), Rounded(times.Encode));
            }

            return list;
        }
    }

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

/// <summary>How long each stage had a record, by the wall clock.</summary>
internal readonly record struct RecordTimes(TimeSpan Read, TimeSpan Condition, TimeSpan Encode)
{
    public TimeSpan Total => Read + Condition + Encode;

    public static RecordTimes operator +(RecordTimes a, RecordTimes b) => new(a.Read + b.Read, a.Condition + b.Condition, a.Encode + b.Encode);
}
