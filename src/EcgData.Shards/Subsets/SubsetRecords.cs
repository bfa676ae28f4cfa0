using EcgData.Shards.Parquet;

namespace EcgData.Shards.Subsets;

/// <summary>
/// The kept records of a version that a predicate allows, column by column in the catalogue's order, and all of its patients: some 20
/// bytes a record beside its id. What subsets are cut from.
/// </summary>
internal sealed class SubsetRecords
{
    private int[] _patients = new int[1 << 12];
    private uint[] _rows = new uint[1 << 12];
    private int[] _segments = new int[1 << 12];
    private byte[] _sources = new byte[1 << 12];
    private long[]? _strata;
    private readonly List<int> _runs = [];

    private readonly bool _withIds;

    /// <param name="withStrata">There are quotas.</param>
    /// <param name="withIds">Keep the ids, which take most of the memory.</param>
    public SubsetRecords(bool withStrata, bool withIds)
    {
        _withIds = withIds;
        if (withStrata) _strata = new long[1 << 12];
    }

    public PatientTable Patients { get; } = new();

    public RecordIds Ids { get; } = new();

    public int Count { get; private set; }

    /// <summary>int[records]: number of the patient.</summary>
    public ReadOnlySpan<int> PatientOf => _patients.AsSpan(0, Count);

    /// <summary>uint[records]: first row among all rows of the version, shard by shard.</summary>
    public ReadOnlySpan<uint> Rows => _rows.AsSpan(0, Count);

    /// <summary>int[records]: rows.</summary>
    public ReadOnlySpan<int> Segments => _segments.AsSpan(0, Count);

    /// <summary>byte[records]: index of the source in the version manifest.</summary>
    public ReadOnlySpan<byte> Sources => _sources.AsSpan(0, Count);

    /// <summary>long[records]: 16 bits for the value of each quota column; empty where there are no quotas.</summary>
    public ReadOnlySpan<long> Strata => _strata is null ? [] : _strata.AsSpan(0, Count);

    /// <summary>
    /// Whether all records from <paramref name="first"/> to <paramref name="last"/> follow each other by id: builds list the records of a
    /// folder in that order, so a patient's seldom need to be sorted.
    /// </summary>
    public bool AreSorted(int first, int last)
    {
        var run = _runs.BinarySearch(first + 1);
        if (run < 0) run = ~run;
        return run == _runs.Count || _runs[run] > last;
    }

    /// <summary>Adds the records of a row group.</summary>
    public void Add(RecordBlock block)
    {
        var first = Count;
        var needed = first + block.Allowed.Length;
        if (needed > _patients.Length)
        {
            var size = (int)Math.Min(Math.Max(needed, _patients.Length * 3L / 2), Array.MaxLength);
            Array.Resize(ref _patients, size);
            Array.Resize(ref _rows, size);
            Array.Resize(ref _segments, size);
            Array.Resize(ref _sources, size);
            if (_strata is not null) Array.Resize(ref _strata, size);
        }

        for (var index = 0; index < block.Allowed.Length; index++)
        {
            var record = first + index;
            if (_withIds)
            {
                var id = block.Ids[block.Allowed[index]];
                if (record > 0 && Ids[record - 1].SequenceCompareTo(id) >= 0) _runs.Add(record);
                Ids.Add(id);
            }

            _patients[record] = block.PatientNumbers[block.Allowed[index]];
            _rows[record] = block.Rows[index];
            _segments[record] = block.Segments[index];
            _sources[record] = block.Sources[index];
            if (_strata is not null) _strata[record] = block.Strata[index];
        }

        Count = needed;
    }
}

/// <summary>What a row group of the catalogue gives: of every row its patient, of the allowed ones the rest.</summary>
internal sealed class RecordBlock
{
    /// <summary>ulong[rows]</summary>
    public required ulong[] Patients { get; init; }

    /// <summary>int[rows]: filled in when the block's turn has come.</summary>
    public int[] PatientNumbers { get; set; } = [];

    /// <summary>int[allowed]: the row of the group.</summary>
    public required int[] Allowed { get; init; }

    /// <summary>The ids of all rows.</summary>
    public required ColumnTexts Ids { get; init; }

    public required uint[] Rows { get; init; }

    public required int[] Segments { get; init; }

    public required byte[] Sources { get; init; }

    public required long[] Strata { get; init; }

    /// <summary>Rows of records that evaluation tasks hold, with the index of the task; kept or not.</summary>
    public required List<(int Row, int Task)> Evaluated { get; init; }

    /// <summary>Rows of records that links name, with what stands for their ids.</summary>
    public required List<(int Row, UInt128 Id)> Linked { get; init; }

    /// <summary>Rows with an imported fold: the file, the fold and whether it differs from what the catalogue or a file before says.</summary>
    public required List<(int Row, int File, int Fold, bool Differs)> Folds { get; init; }
}
