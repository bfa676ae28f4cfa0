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

    /// <param name="withStrata">There are quotas.</param>
    public SubsetRecords(bool withStrata)
    {
        if (withStrata) _strata = new long[1 << 12];
    }

    public PatientTable Patients { get; } = new();

    public RecordIds Ids { get; } = new();

    public int Count => Ids.Count;

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

    /// <summary>Adds the records of a row group.</summary>
    public void Add(RecordBlock block)
    {
        var first = Count;
        Ids.Add(block.IdBytes, block.IdEnds);
        var needed = Count;
        if (needed > _patients.Length)
        {
            var size = (int)Math.Min(Math.Max(needed, _patients.Length * 3L / 2), Array.MaxLength);
            Array.Resize(ref _patients, size);
            Array.Resize(ref _rows, size);
            Array.Resize(ref _segments, size);
            Array.Resize(ref _sources, size);
            if (_strata is not null) Array.Resize(ref _strata, size);
        }

        for (var index = 0; index < block.IdEnds.Length; index++)
        {
            var record = first + index;
            _patients[record] = block.PatientNumbers[block.Allowed[index]];
            _rows[record] = block.Rows[index];
            _segments[record] = block.Segments[index];
            _sources[record] = block.Sources[index];
            if (_strata is not null) _strata[record] = block.Strata[index];
        }
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

    public required byte[] IdBytes { get; init; }

    public required int[] IdEnds { get; init; }

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
