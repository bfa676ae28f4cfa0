using EcgData.Shards.Parquet;

namespace EcgData.Shards.Subsets;

/// <summary>What a scan is to look for in a catalogue.</summary>
internal sealed record ScanRequest
{
    public IReadOnlyList<CataloguePredicate> Conditions { get; init; } = [];

    /// <summary>Whether records of a source may be in the subset, by its index in the version manifest; null: of all.</summary>
    public bool[]? AllowedSources { get; init; }

    public IReadOnlyList<QuotaColumn> Quotas { get; init; } = [];

    public IReadOnlyList<EvaluationTask> Tasks { get; init; } = [];

    public PatientLinks Links { get; init; } = PatientLinks.None;

    public FoldImport Folds { get; init; } = FoldImport.None;

    /// <summary>Keep the records' ids.</summary>
    public bool WithIds { get; init; } = true;
}

/// <summary>Reads of a catalogue what subsets are made of.</summary>
internal sealed class SubsetScan
{
    private readonly ScanRequest _request;
    private readonly Dictionary<string, byte> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (uint First, int Rows)> _shards = new(StringComparer.Ordinal);
    private readonly bool[][] _tasksOfSource;

    private SubsetScan(VersionManifest version, ScanRequest request)
    {
        _request = request;
        if (version.Sources.Count > byte.MaxValue)
            throw new CorpusException($"Version {version.Id} has {version.Sources.Count} sources; subsets are made of {byte.MaxValue} at most.");
        for (var index = 0; index < version.Sources.Count; index++) _sources[version.Sources[index].Release] = (byte)index;
        long rows = 0;
        foreach (var shard in version.Shards)
        {
            if (shard.Path is null) continue;
            _shards[shard.Path] = (checked((uint)rows), shard.Rows);
            rows += shard.Rows;
        }

        _tasksOfSource = [.. version.Sources.Select(source => request.Tasks.Select(task => task.Source == source.Name).ToArray())];
        Rows = rows;
        TaskRecords = new long[request.Tasks.Count];
    }

    public SubsetRecords Records { get; private init; } = null!;

    /// <summary>Rows of all shards.</summary>
    public long Rows { get; }

    /// <summary>Of each evaluation task, the numbers of the patients with a record in it; with repetitions.</summary>
    public List<(int Patient, int Task)> Evaluated { get; } = [];

    /// <summary>Records of each evaluation task.</summary>
    public long[] TaskRecords { get; }

    public static async Task<SubsetScan> RunAsync(CorpusStore corpus, VersionManifest version, ScanRequest request, CancellationToken cancel)
    {
        var scan = new SubsetScan(version, request) { Records = new SubsetRecords(request.Quotas.Count > 0, request.WithIds) };
        await CatalogueScan.RunAsync(corpus, version, scan.DecodeAsync, scan.Take, cancel);
        return scan;
    }

    private void Take(RecordBlock block)
    {
        var patients = Records.Patients;
        block.PatientNumbers = new int[block.Patients.Length];
        for (var row = 0; row < block.Patients.Length; row++)
        {
            // a source's records of one patient often stand together
            block.PatientNumbers[row] = row > 0 && block.Patients[row] == block.Patients[row - 1]
                ? block.PatientNumbers[row - 1] : patients.Add(block.Patients[row]);
        }

        foreach (var (row, task) in block.Evaluated)
        {
            Evaluated.Add((block.PatientNumbers[row], task));
            TaskRecords[task]++;
        }

        foreach (var (row, id) in block.Linked) _request.Links.Found(id, block.PatientNumbers[row]);
        foreach (var (row, file, fold, differs) in block.Folds) _request.Folds.Found(file, block.PatientNumbers[row], fold, differs);
        Records.Add(block);
        block.Ids.Dispose();
    }

    private async Task<RecordBlock> DecodeAsync(CatalogueColumns columns)
    {
        var ids = await columns.TextsAsync("record_id");
        var sources = SourcesOf(await columns.TextsAsync("source"));
        var patients = Patients(await columns.TextsAsync("patient"));
        var linked = new List<(int, UInt128)>();
        if (_request.Links.Count > 0)
        {
            for (var row = 0; row < columns.Rows; row++)
            {
                var id = RecordIds.HashOf(ids[row]);
                if (_request.Links.Names(id)) linked.Add((row, id));
            }
        }

        var folds = new List<(int, int, int, bool)>();
        if (_request.Folds.Count > 0) columns.ImportedFolds = _request.Folds.Apply(ids, await columns.FoldsAsync(), folds);
        var evaluated = await EvaluatedAsync(columns, sources);

        var shards = await columns.TextsAsync("shard");
        var allowed = new bool[columns.Rows];
        for (var row = 0; row < allowed.Length; row++)
            allowed[row] = shards.CodeOf(row) >= 0 && (_request.AllowedSources is null || _request.AllowedSources[sources[row]]);
        foreach (var condition in _request.Conditions) await columns.NarrowAsync(condition, allowed);
        var strata = await StrataAsync(columns, allowed);
        var rows = await columns.ShardRowsAsync();
        var segments = await columns.SegmentsAsync();

        int[] indices = [.. Enumerable.Range(0, allowed.Length).Where(row => allowed[row])];
        var block = new RecordBlock
        {
            Patients = patients,
            Allowed = indices,
            Ids = columns.Keep(ids),
            Rows = new uint[indices.Length],
            Segments = new int[indices.Length],
            Sources = new byte[indices.Length],
            Strata = strata is null ? [] : new long[indices.Length],
            Evaluated = evaluated,
            Linked = linked,
            Folds = folds,
        };
        var places = new (uint First, int Rows)?[shards.Values];
        for (var index = 0; index < indices.Length; index++)
        {
            var row = indices[index];
            var code = shards.CodeOf(row);
            var shard = places[code] ??= _shards.TryGetValue(shards.Text(code), out var place)
                ? place : throw new InvalidDataException($"shard {shards.Text(code)} is not one of the version's.");
            if (rows[row] is not { } first || first < 0 || segments[row] < 1 || first > shard.Rows - segments[row])
                throw new InvalidDataException(
                    $"{System.Text.Encoding.UTF8.GetString(ids[row])}: {segments[row]} segments from row {rows[row]} of a shard of {shard.Rows} rows.");
            block.Rows[index] = shard.First + (uint)first;
            block.Segments[index] = segments[row];
            block.Sources[index] = sources[row];
            if (strata is not null) block.Strata[index] = strata[row];
        }

        return block;
    }

    private async Task<List<(int Row, int Task)>> EvaluatedAsync(CatalogueColumns columns, byte[] sources)
    {
        var evaluated = new List<(int, int)>();
        if (_request.Tasks.Count == 0) return evaluated;
        var folds = await columns.FoldsAsync();
        for (var row = 0; row < sources.Length; row++)
        {
            for (var task = 0; task < _request.Tasks.Count; task++)
            {
                if (_tasksOfSource[sources[row]][task] && _request.Tasks[task].Holds(folds[row])) evaluated.Add((row, task));
            }
        }

        return evaluated;
    }

    /// <summary>long[rows], 16 bits a column; rows of which no quota wants any are no longer allowed.</summary>
    private async Task<long[]?> StrataAsync(CatalogueColumns columns, bool[] allowed)
    {
        if (_request.Quotas.Count == 0) return null;
        var strata = new long[allowed.Length];
        for (var column = 0; column < _request.Quotas.Count; column++)
        {
            var numbers = await _request.Quotas[column].NumbersAsync(columns);
            for (var row = 0; row < strata.Length; row++)
            {
                if (numbers[row] < 0) allowed[row] = false;
                else strata[row] |= (long)numbers[row] << (16 * column);
            }
        }

        return strata;
    }

    private byte[] SourcesOf(ColumnTexts texts)
    {
        var byCode = new byte?[texts.Values];
        var sources = new byte[texts.Rows];
        for (var row = 0; row < sources.Length; row++)
        {
            var code = texts.CodeOf(row);
            sources[row] = byCode[code] ??= _sources.TryGetValue(texts.Text(code), out var source)
                ? source : throw new InvalidDataException($"source '{texts.Text(code)}' is not one of the version's.");
        }

        return sources;
    }

    private static ulong[] Patients(ColumnTexts texts)
    {
        var patients = new ulong[texts.Rows];
        for (var row = 0; row < patients.Length; row++) patients[row] = PatientTable.Parse(texts[row]);
        return patients;
    }
}
