using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using EcgData.Shards;
using EcgData.Sources;
using Microsoft.Win32.SafeHandles;

namespace EcgData.Ingest;

/// <summary>
/// The records of one source in the order of the plan: by the source's own folder, then by native id. The entries lie in a
/// temporary file; memory holds what ordering and cutting need, some sixty bytes a record.
/// </summary>
public sealed class SourceCatalogue : IDisposable
{
    private readonly FileStream _spool;
    private readonly ByteStore _ids = new();
    private readonly List<(long Offset, int Length)> _places = [];
    private readonly List<ulong> _hashes = [];
    private readonly List<long> _ranks = [];
    private readonly List<int> _folders = [];
    private readonly List<string> _folderNames = [];
    private int[] _order = [];
    private ulong[] _sortedHashes = [];
    private SafeFileHandle? _entries;   // the spool's, asked for once: each time a stream is asked, it sets the file's position

    private SourceCatalogue(string name, IEcgSource source, SourceFolder folder, SourceOptions options)
    {
        (Name, Source, Folder, Options) = (name, source, folder, options);
        _spool = new FileStream(
            Path.Join(Path.GetTempPath(), Path.GetRandomFileName()),
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = 1 << 16,
            });
        File.Delete(_spool.Name);   // without a name it goes with its process, also where that is killed
    }

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
            var entries = source.ReadCatalogue(folder, options, cancel).Take(limit ?? int.MaxValue);
            catalogue.Fill(entries.Select(entry => ErasedEntry.Unless(entry, name, erased)), progress, cancel);
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
            var (offset, length) = _places[_order[index]];
            var buffer = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                var bytes = buffer.AsSpan(0, length);
                if (RandomAccess.Read(_entries!, bytes, offset) != length)
                    throw new IOException("The temporary catalogue is shorter than what was written to it.");
                return EntryCodec.Read(bytes);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Whether the source lists a record.</summary>
    public bool Contains(string nativeId) => Array.BinarySearch(_sortedHashes, HashOf(nativeId)) >= 0;

    /// <summary>The indices of a range of records in the order of their rows: by patient rank, then by id.</summary>
    internal int[] RankOrder(int first, int count)
    {
        var order = new int[count];
        for (var index = 0; index < count; index++) order[index] = first + index;
        order.AsSpan().Sort((a, b) =>
        {
            var byRank = _ranks[_order[a]].CompareTo(_ranks[_order[b]]);
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
            var folder = _folders[_order[first]];
            var end = first;
            while (end < _order.Length && _folders[_order[end]] == folder) end++;
            var hashes = new ulong[end - first];
            for (var index = first; index < end; index++) hashes[index - first] = _hashes[_order[index]];
            var starts = ShardCuts.Find(hashes, meanRecords);
            for (var cut = 0; cut < starts.Count; cut++)
            {
                var next = cut + 1 < starts.Count ? starts[cut + 1] : hashes.Length;
                yield return (_folderNames[folder], first + starts[cut], next - starts[cut]);
            }

            first = end;
        }
    }

    public void Dispose() => _spool.Dispose();

    private void Fill(IEnumerable<CatalogueEntry> entries, IProgress<long>? progress, CancellationToken cancel)
    {
        var folders = new Dictionary<string, int>(StringComparer.Ordinal);
        var bytes = new ArrayBufferWriter<byte>(1024);
        long offset = 0;
        foreach (var entry in entries)
        {
            bytes.ResetWrittenCount();
            EntryCodec.Write(bytes, entry);
            _spool.Write(bytes.WrittenSpan);
            _places.Add((offset, bytes.WrittenCount));
            offset += bytes.WrittenCount;
            if (!folders.TryGetValue(entry.Folder, out var folder))
            {
                folders[entry.Folder] = folder = _folderNames.Count;
                _folderNames.Add(entry.Folder);
            }

            _folders.Add(folder);
            _hashes.Add(HashOf(entry.NativeId));
            _ranks.Add(PatientKey.Of(Name, entry.PatientId ?? entry.NativeId).Rank());
            _ids.Add(entry.NativeId);
            if (_places.Count % 4096 == 0) progress?.Report(_places.Count);
            cancel.ThrowIfCancellationRequested();
        }

        _spool.Flush();
        _entries = _spool.SafeFileHandle;
        Sort();
        RefuseTwins();
        progress?.Report(_places.Count);
    }

    private void Sort()
    {
        var folderOrder = Enumerable.Range(0, _folderNames.Count)
            .OrderBy(folder => _folderNames[folder], StringComparer.Ordinal).ToArray();
        var rankOfFolder = new int[folderOrder.Length];
        for (var rank = 0; rank < folderOrder.Length; rank++) rankOfFolder[folderOrder[rank]] = rank;
        _order = new int[_places.Count];
        for (var index = 0; index < _order.Length; index++) _order[index] = index;
        _order.AsSpan().Sort((a, b) =>
        {
            var byFolder = rankOfFolder[_folders[a]].CompareTo(rankOfFolder[_folders[b]]);
            return byFolder != 0 ? byFolder : _ids[a].SequenceCompareTo(_ids[b]);
        });
    }

    /// <summary>Each native id may come once, in whatever folder: record ids are unique in a corpus.</summary>
    private void RefuseTwins()
    {
        var sorted = _sortedHashes = _hashes.ToArray();
        sorted.AsSpan().Sort();
        for (var index = 1; index < sorted.Length; index++)
        {
            if (sorted[index] != sorted[index - 1]) continue;
            var twins = Enumerable.Range(0, _hashes.Count).Where(record => _hashes[record] == sorted[index]).Take(2).ToArray();
            throw new SourceException(
                $"{Name}: record '{Encoding.UTF8.GetString(_ids[twins[0]])}' is listed twice, in lines or folders " +
                $"{twins[0] + 1} and {twins[1] + 1} of the catalogue. Expected each record once; remove one of them.");
        }
    }

    private static ulong HashOf(string nativeId)
    {
        var length = Encoding.UTF8.GetByteCount(nativeId);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        Encoding.UTF8.GetBytes(nativeId, buffer);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer.AsSpan(0, length), hash);
        ArrayPool<byte>.Shared.Return(buffer);
        return BitConverter.ToUInt64(hash);
    }

    /// <summary>Many short strings as UTF-8, back to back.</summary>
    private sealed class ByteStore
    {
        private const int BlockBytes = 1 << 20;
        private readonly List<byte[]> _blocks = [];
        private readonly List<(int Block, int Start, int Length)> _texts = [];
        private int _used = BlockBytes;

        public ReadOnlySpan<byte> this[int index] => _blocks[_texts[index].Block].AsSpan(_texts[index].Start, _texts[index].Length);

        public void Add(string text)
        {
            var length = Encoding.UTF8.GetByteCount(text);
            if (_used + length > BlockBytes)
            {
                _blocks.Add(GC.AllocateUninitializedArray<byte>(Math.Max(BlockBytes, length)));
                _used = 0;
            }

            _texts.Add((_blocks.Count - 1, _used, Encoding.UTF8.GetBytes(text, _blocks[^1].AsSpan(_used))));
            _used = Math.Max(BlockBytes, length) == length ? BlockBytes : _used + length;
        }
    }
}
