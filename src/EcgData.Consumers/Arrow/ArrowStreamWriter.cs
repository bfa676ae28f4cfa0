using System.Buffers;
using System.Buffers.Binary;

namespace EcgData.Consumers.Arrow;

/// <summary>
/// Writes batches as an Arrow IPC stream of one fixed schema: no dictionaries, no compression. The schema's metadata says what the
/// stream consists of, each batch's metadata where to resume after it.
/// </summary>
/// <remarks>Apache Arrow, "IPC Streaming Format", metadata version V5.</remarks>
public sealed class ArrowStreamWriter
{
    private const uint Continuation = 0xFFFFFFFF;

    private readonly Stream _stream;
    private readonly StreamDescription _description;
    private readonly ArrowMessages _messages = new();
    private readonly ArrowBody _body = new();
    private readonly string?[] _texts;

    /// <summary>Writes the schema.</summary>
    /// <param name="stream">Written front to back; need not seek. Stays open.</param>
    /// <param name="description">What will be written.</param>
    public ArrowStreamWriter(Stream stream, StreamDescription description)
    {
        (_stream, _description) = (stream, description);
        _texts = new string?[Math.Max(1, description.Batch)];
        WriteMessage(_messages.Schema(ArrowColumn.Of(description), description));
        stream.Flush();
    }

    /// <summary>Writes a batch; an empty one too.</summary>
    /// <exception cref="ArgumentException">The batch has other leads or samples than the stream, or contradicts itself.</exception>
    public void Write(EcgBatch batch)
    {
        batch.Check();
        if (batch.Leads != _description.Leads.Count || batch.Samples != _description.CropSamples)
        {
            throw new ArgumentException(
                $"A batch of {batch.Leads} leads and {batch.Samples} samples came into a stream of {_description.Leads.Count} leads and " +
                $"{_description.CropSamples} samples. A stream has one schema: open another for other crops.", nameof(batch));
        }

        Fill(batch);
        WriteMessage(_messages.RecordBatch(batch.Count, _body.Nodes, _body.Buffers, _body.Length, _description, batch));
        _body.WriteTo(_stream);
        _stream.Flush();
    }

    /// <summary>Marks the end of the epoch: a reader that misses this mark has a stream that stopped before.</summary>
    public void Finish()
    {
        Span<byte> mark = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(mark, Continuation);
        BinaryPrimitives.WriteInt32LittleEndian(mark[4..], 0);
        _stream.Write(mark);
        _stream.Flush();
    }

    private void Fill(EcgBatch batch)
    {
        var (count, values) = (batch.Count, (long)batch.Leads * batch.Samples);
        _body.Clear();
        Fixed(batch.Positions.Span);
        var next = ArrayPool<long>.Shared.Rent(Math.Max(1, count));
        next.AsSpan(0, count).Fill(batch.NextPosition);
        Fixed<long>(next.AsSpan(0, count));
        ArrayPool<long>.Shared.Return(next);
        Required(batch.RecordIds);
        Fixed(batch.Segments.Span);
        Fixed(batch.Starts.Span);
        FixedList(count * values);
        _body.Signals(batch.Millivolt);
        FixedList((long)count * batch.Leads);
        _body.Values(batch.LeadMask.Span);
        FixedList(count * values);
        _body.Bits(batch.GapMask.Span);
        FillMetadata(count, batch.Metadata);

        void FixedList(long elements)
        {
            _body.Array(count);
            _body.NoBuffer();
            _body.Array(elements);
            _body.NoBuffer();
        }
    }

    /// <summary>The nine columns that are null unless metadata was asked for.</summary>
    private void FillMetadata(int count, IReadOnlyList<CropMetadata>? metadata)
    {
        Optional(count, crop => metadata?[crop].Source);
        Optional(count, crop => metadata?[crop].Site);
        Optional(count, crop => metadata?[crop].Licence);
        Optional(count, crop => metadata?[crop].Patient);
        Span<float> ages = stackalloc float[Math.Min(count, 1024)];
        if (count > ages.Length) ages = new float[count];
        for (var crop = 0; crop < count; crop++) ages[crop] = metadata?[crop].AgeYears ?? 0;
        Validity(count, crop => metadata?[crop].AgeYears is not null);
        _body.Values((ReadOnlySpan<float>)ages);
        Optional(count, crop => metadata?[crop].Sex);
        Span<int> folds = stackalloc int[Math.Min(count, 1024)];
        if (count > folds.Length) folds = new int[count];
        for (var crop = 0; crop < count; crop++) folds[crop] = metadata?[crop].Fold ?? 0;
        Validity(count, _ => metadata is not null);
        _body.Values((ReadOnlySpan<int>)folds);

        string[] labels = metadata is null ? [] : [.. metadata.SelectMany(crop => crop.Labels)];
        List(count, metadata, crop => crop.Labels.Count, labels.Length);
        Required(labels);
        float[] weights = metadata is null ? [] : [.. metadata.SelectMany(crop => crop.LabelWeights)];
        List(count, metadata, crop => crop.LabelWeights.Count, weights.Length);
        Fixed<float>(weights);
    }

    /// <summary>A column of numbers that are all there.</summary>
    private void Fixed<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        _body.Array(values.Length);
        _body.NoBuffer();
        _body.Values(values);
    }

    /// <summary>A column of texts that are all there.</summary>
    private void Required(IReadOnlyList<string> texts)
    {
        _body.Array(texts.Count);
        _body.NoBuffer();
        _body.Texts(texts);
    }

    private void Optional(int count, Func<int, string?> text)
    {
        var texts = count <= _texts.Length ? new ArraySegment<string?>(_texts, 0, count) : new string?[count];
        for (var crop = 0; crop < count; crop++) texts[crop] = text(crop);
        Validity(count, crop => texts[crop] is not null);
        _body.Texts(texts);
    }

    /// <summary>A column's node and validity bits.</summary>
    private void Validity(int count, Func<int, bool> isThere)
    {
        var missing = 0;
        for (var crop = 0; crop < count; crop++) missing += isThere(crop) ? 0 : 1;
        _body.Array(count, missing);
        if (missing == 0) _body.NoBuffer();
        else _body.Bits(count, isThere);
    }

    /// <summary>A column of lists: validity and offsets; the elements follow.</summary>
    private void List(int count, IReadOnlyList<CropMetadata>? metadata, Func<CropMetadata, int> length, int total)
    {
        Validity(count, _ => metadata is not null);
        var offsets = new int[count + 1];
        for (var crop = 0; crop < count && metadata is not null; crop++) offsets[crop + 1] = checked(offsets[crop] + length(metadata[crop]));
        if (offsets[count] != total) throw new ArgumentException($"{total} labels, {offsets[count]} counted. Whoever made the batch must not change it while it is written.");
        _body.Values((ReadOnlySpan<int>)offsets);
    }

    private void WriteMessage(ReadOnlySpan<byte> metadata)
    {
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(prefix, Continuation);
        BinaryPrimitives.WriteInt32LittleEndian(prefix[4..], metadata.Length);
        _stream.Write(prefix);
        _stream.Write(metadata);
    }
}
