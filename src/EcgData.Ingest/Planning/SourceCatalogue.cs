using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using EcgData.Shards;
using EcgData.Sources;
using EcgData.Sources.Tables;
using Microsoft.Win32.SafeHandles;

namespace EcgData.Ingest;

/// <summary>
/// The records of one source in the order of the plan: by the source's own folder, then by neighbourhood, then by native id. The entries
/// lie in a temporary file; memory holds what ordering and cutting need, some fifty bytes a record.
/// </summary>
public sealed class SourceCatalogue : IDisposable
{
    private const int SpoolBufferBytes = 1 << 16;

    private readonly FileStream _spool = NamelessFile.Create();   // entries are collected before they are written
    private readonly TextColumn _ids = new();
    private readonly GrowingColumn<long> _offsets = new();   // of the entries in the spool, and the end of the last
    private readonly GrowingColumn<ulong> _hashes = new();
    private readonly GrowingColumn<int> _places = new();   // numbers of folder and neighbourhood
    private readonly List<Place> _placesByNumber = [];
    private int[] _order = [];
    private ulong[] _sortedHashes = [];
    private SafeFileHandle? _entries;   // the spool's, asked for once: each time a stream is asked, it sets the file's position

    private SourceCatalogue(string name, IEcgSource source, SourceFolder folder, SourceOptions options) =>
        (Name, Source, Folder, Options) = (name, source, folder, options);

    /// <summary>The source's name in the corpus, with its suffix.</summary>
    public string Name { get; }

    public IEcgSource Source { get; }

    public SourceFolder Folder { get; }

    public SourceOptions Options { get; }

    public int Count => _order.Length;

    /// <summary>What a shard's <c>source</c> column holds.</summary>
    public string Release => Source.Manifest.Version.Length == 0 ? Name : $"{Name}@{Source.Manifest.Version}";

    /// <summary>Reads a source's metadata.</summary>
    /// <param name="limit">Take the first records of the source's table only.</param>
    /// <param name="progress">Gets the number of records listed so far.</param>
    /// <param name="erased">Of their records nothing stays but the id, and that they are left out.</param>
    /// <exception cref="SourceException">The folder is not this source, or it lists a record twice.</exception>
    public static SourceCatalogue Read(
        string name, IEcgSource source, SourceFolder folder, SourceOptions options, int? limit, IProgress<long>? progress,
        CancellationToken cancel, ErasedPatients? erased = null)
    {
        var catalogue = new SourceCatalogue(name, source, folder, options);
        try
        {
            var entries = source.ReadCatalogue(folder, options, cancel);
            if (limit is { } first) entries = entries.Take(first);
            if (erased is { AreNone: false }) entries = entries.Select(entry => ErasedEntry.Unless(entry, name, erased));
            catalogue.Fill(entries, progress, cancel);
            return catalogue;
        }
        catch
        {
            catalogue.Dispose();
            throw;
        }
    }

    /// <summary>A catalogue of entries that were listed before, as a plan carries them: some of a source's, in the order of the plan.</summary>
    internal static SourceCatalogue Restore(
        string name, IEcgSource source, SourceFolder folder, SourceOptions options, IEnumerable<CatalogueEntry> entries, CancellationToken cancel)
    {
        var catalogue = new SourceCatalogue(name, source, folder, options);
        try
        {
            catalogue.Fill(entries, null, cancel);
            return catalogue;
        }
        catch
        {
            catalogue.Dispose();
            throw;
        }
    }

    /// <summary>The entry at <paramref name="index"/> in the order of the plan. Safe for many threads.</summary>
    public CatalogueEntry this[int index]
    {
        get
        {
            using var entry = ReadEntries(index, 1);
            return EntryCodec.Read(entry[0]);
        }
    }

    /// <summary>The entries of a range of records as <see cref="EntryCodec"/> wrote them. Safe for many threads.</summary>
    internal EntryBlock ReadEntries(int first, int count)
    {
        var places = new (long, int)[count];
        for (var index = 0; index < count; index++)
        {
            var record = _order[first + index];
            places[index] = (_offsets[record], (int)(_offsets[record + 1] - _offsets[record]));
        }

        return new EntryBlock(_entries!, places);
    }

    /// <summary>Whether the source lists a record.</summary>
    public bool Contains(string nativeId) => Array.BinarySearch(_sortedHashes, QuickHash.Of(Encoding.UTF8.GetBytes(nativeId))) >= 0;

    /// <summary>The indices of a range of records in the order of their rows: by patient rank, then by id.</summary>
    internal int[] RankOrder(int first, int count)
    {
        var (order, ranks) = (new int[count], new long[count]);
        for (var place = 0; place < count; place++)
        {
            var entry = this[first + place];
            (order[place], ranks[place]) = (first + place, PatientKey.Of(Name, entry.PatientId ?? entry.NativeId).Rank());
        }

        order.AsSpan().Sort((a, b) =>
        {
            var byRank = ranks[a - first].CompareTo(ranks[b - first]);
            return byRank != 0 ? byRank : string.CompareOrdinal(Encoding.UTF8.GetString(_ids[_order[a]]), Encoding.UTF8.GetString(_ids[_order[b]]));
        });
        return order;
    }

    /// <summary>Ranges of records that form a shard, in the order of the plan.</summary>
    internal IEnumerable<(string Folder, int First, int Count)> Cut(int targetRows)
    {
        var meanRecords = Math.Max(1, targetRows / Source.SegmentsPerRecord);
        for (var first = 0; first < _order.Length;)
        {
            var folder = FolderOf(first);
            var end = first;
            while (end < _order.Length && FolderOf(end) == folder) end++;
            var hashes = new ulong[end - first];
            for (var index = first; index < end; index++) hashes[index - first] = _hashes[_order[index]];
            var starts = ShardCuts.Find(hashes, meanRecords);
            for (var cut = 0; cut < starts.Count; cut++)
            {
                var next = cut + 1 < starts.Count ? starts[cut + 1] : hashes.Length;
                yield return (folder, first + starts[cut], next - starts[cut]);
            }

            first = end;
        }
    }

    public void Dispose() => _spool.Dispose();

    private string FolderOf(int index) => _placesByNumber[_places[_order[index]]].Folder;

    private void Fill(IEnumerable<CatalogueEntry> entries, IProgress<long>? progress, CancellationToken cancel)
    {
        var places = new Dictionary<Place, int>();
        var bytes = new ArrayBufferWriter<byte>(2 * SpoolBufferBytes);
        var (here, number) = (default(Place), -1);
        long written = 0;
        using (var ahead = new EntriesAhead(entries, cancel))
        {
            foreach (var entry in ahead.Read())
            {
                _offsets.Add(written + bytes.WrittenCount);
                EntryCodec.Write(bytes, entry);
                if (bytes.WrittenCount >= SpoolBufferBytes) Spool();
                var place = new Place(entry.Folder, entry.Neighbourhood);
                if (number < 0 || place != here)
                {
                    here = place;
                    if (!places.TryGetValue(place, out number))
                    {
                        places[place] = number = _placesByNumber.Count;
                        _placesByNumber.Add(place);
                    }
                }

                _places.Add(number);
                _hashes.Add(QuickHash.Of(_ids.Add(entry.NativeId)));
                if (_ids.Count % 4096 == 0) progress?.Report(_ids.Count);
            }
        }

        Spool();
        _offsets.Add(written);
        _entries = _spool.SafeFileHandle;
        var sorting = Task.Run(Sort, CancellationToken.None);
        RefuseTwins();
        sorting.GetAwaiter().GetResult();
        progress?.Report(_ids.Count);

        void Spool()
        {
            _spool.Write(bytes.WrittenSpan);
            written += bytes.WrittenCount;
            bytes.ResetWrittenCount();
        }
    }

    /// <summary>By place, then by id. Numbers that begin the ids are sorted, not the ids: eight bytes part nearly all of them.</summary>
    private void Sort()
    {
        var starts = BringTogether();
        var beginnings = new ulong[_order.Length];
        for (var index = 0; index < beginnings.Length; index++) beginnings[index] = BeginningOf(_ids[_order[index]]);
        for (var place = 0; place + 1 < starts.Length; place++)
        {
            var (first, end) = (starts[place], starts[place + 1]);
            if (AreRising(beginnings.AsSpan(first..end))) continue;   // as many tables are published
            beginnings.AsSpan(first..end).Sort(_order.AsSpan(first..end));
            for (var start = first; start < end;)
            {
                var next = start + 1;
                while (next < end && beginnings[next] == beginnings[start]) next++;
                if (next - start > 1) _order.AsSpan(start..next).Sort((a, b) => _ids[a].SequenceCompareTo(_ids[b]));
                start = next;
            }
        }
    }

    /// <summary>Puts the records of each place side by side.</summary>
    /// <returns>int[places + 1]: where each place's records begin, in the order of the places, and the end.</returns>
    private int[] BringTogether()
    {
        var sorted = Enumerable.Range(0, _placesByNumber.Count)
            .OrderBy(number => _placesByNumber[number].Folder, StringComparer.Ordinal)
            .ThenBy(number => _placesByNumber[number].Neighbourhood, StringComparer.Ordinal).ToArray();
        var rankOf = new int[sorted.Length];
        for (var rank = 0; rank < sorted.Length; rank++) rankOf[sorted[rank]] = rank;
        var starts = new int[sorted.Length + 1];
        for (var record = 0; record < _places.Count; record++) starts[rankOf[_places[record]] + 1]++;
        for (var rank = 0; rank < sorted.Length; rank++) starts[rank + 1] += starts[rank];
        var next = starts[..^1];
        _order = new int[_places.Count];
        for (var record = 0; record < _order.Length; record++) _order[next[rankOf[_places[record]]]++] = record;
        return starts;
    }

    private static bool AreRising(ReadOnlySpan<ulong> numbers)
    {
        for (var index = 1; index < numbers.Length; index++)
            if (numbers[index] <= numbers[index - 1]) return false;
        return true;
    }

    private static ulong BeginningOf(ReadOnlySpan<byte> id)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        id[..Math.Min(id.Length, bytes.Length)].CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    /// <summary>Each native id may come once, in whatever folder: record ids are unique in a corpus.</summary>
    private void RefuseTwins()
    {
        var sorted = _sortedHashes = _hashes.ToArray();
        ShortHash.Sort<byte>(sorted, []);
        var repeated = new HashSet<ulong>();
        for (var index = 1; index < sorted.Length; index++)
            if (sorted[index] == sorted[index - 1]) repeated.Add(sorted[index]);
        if (repeated.Count == 0) return;

        // ids of one hash need not be the same
        var first = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var record = 0; record < _hashes.Count; record++)
        {
            if (!repeated.Contains(_hashes[record])) continue;
            var id = Encoding.UTF8.GetString(_ids[record]);
            if (first.TryAdd(id, record)) continue;
            throw new SourceException(
                $"{Name}: record '{id}' is listed twice, in lines or folders {first[id] + 1} and {record + 1} of the catalogue. " +
                "Expected each record once; remove one of them.");
        }
    }

    /// <summary>Where the source keeps a record.</summary>
    private readonly record struct Place(string Folder, string Neighbourhood);
}
