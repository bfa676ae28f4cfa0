using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using EcgData.Signals;
using EcgData.Sources.Hdf5;

namespace EcgData.Sources.Code15;

/// <summary>Reads rows of the parts and takes the padding off.</summary>
internal sealed class Code15Reader(SourceFolder folder) : IRecordReader
{
    // Records come part by part: a few files serve all threads.
    private const int IdleFiles = 8;

    private const int RowValues = Code15Part.RowSamples * Montage.LeadCount;

    private readonly OpenFilePool<Code15Part> _parts = new(path => Code15Part.Open(folder, path), IdleFiles);

    /// <summary>
    /// The exam in millivolt, without the frames before and behind it in which all 12 leads are exactly 0. NaN stays; an infinite
    /// value is no voltage either and becomes NaN, that is, missing.
    /// </summary>
    /// <exception cref="RecordException">Not readable, another exam than the catalogue saw, or nothing but zeros.</exception>
    public EcgRecord Read(string recordId, CatalogueEntry entry)
    {
        var path = entry.Files[0].Path;
        var values = ArrayPool<float>.Shared.Rent(RowValues + Frames.Lanes);   // the last frame is loaded as a whole vector
        try
        {
            var row = values.AsSpan(0, RowValues);
            _parts.Use(path, part =>
            {
                CheckExam(path, part, entry);
                part.ReadRow(entry.Position, values.AsSpan(0, RowValues));
                return true;
            });
            var first = row.IndexOfAnyExcept(0f) / Montage.LeadCount;
            var last = row.LastIndexOfAnyExcept(0f);
            if (last < 0)
                throw new RecordException(
                    RejectionReason.NoSignal,
                    $"{path}, row {entry.Position}, exam {entry.NativeId}: all {RowValues} values are 0; expected an exam between the padding. " +
                    "The record is left out.");
            return new EcgRecord
            {
                RecordId = recordId,
                Frames = ToFrames(values.AsSpan(first * Montage.LeadCount), last / Montage.LeadCount - first + 1),
                SamplingFrequencyHz = Code15Source.SamplingFrequencyHz,
                Leads = LeadSet.All,
            };
        }
        finally
        {
            ArrayPool<float>.Shared.Return(values);
        }
    }

    public void Dispose() => _parts.Dispose();

    private static void CheckExam(string path, Code15Part part, CatalogueEntry entry)
    {
        var row = entry.Position;
        if (row >= 0 && row < part.ExamIds.Length
            && part.ExamIds[row].ToString(CultureInfo.InvariantCulture) == entry.NativeId) return;
        throw new RecordException(
            RejectionReason.CatalogueRow,
            $"{path}, row {row}: holds exam {(row >= 0 && row < part.ExamIds.Length ? part.ExamIds[row] : "none")}, but the catalogue saw " +
            $"exam {entry.NativeId} there. The file has changed; build again.");
    }

    /// <param name="values">float[at least count · 12 + 4], sample by sample.</param>
    private static Frames ToFrames(ReadOnlySpan<float> values, int count)
    {
        var leads = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(Montage.LeadCount)).AsSingle();
        var largest = Vector512.Create(float.MaxValue);
        var missing = Vector512.Create(float.NaN);
        var frames = Frames.Rent(count);
        ref var source = ref MemoryMarshal.GetReference(values);
        ref var target = ref MemoryMarshal.GetReference(frames.Values);
        for (var i = 0; i < count; i++)
        {
            var frame = Vector512.LoadUnsafe(ref source, (nuint)(i * Montage.LeadCount));
            var finite = Vector512.LessThanOrEqual(Vector512.Abs(frame), largest);
            (Vector512.ConditionalSelect(finite, frame, missing) & leads).StoreUnsafe(ref target, (nuint)(i * Frames.Lanes));
        }

        return frames;
    }
}
