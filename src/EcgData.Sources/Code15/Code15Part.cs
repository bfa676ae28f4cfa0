using EcgData.Signals;
using EcgData.Sources.Hdf5;

namespace EcgData.Sources.Code15;

/// <summary>
/// One part of CODE-15%: <c>tracings</c>, float[rows, 4096, 12] in millivolt at 400 Hz, and <c>exam_id</c>, int[rows]. For one thread
/// at a time.
/// </summary>
internal sealed class Code15Part : IDisposable
{
    /// <summary>Samples of a row, padding included.</summary>
    public const int RowSamples = 4096;

    /// <summary>The id of the all-zero row that ends every part and belongs to no record (345,797 rows, 345,779 records).</summary>
    public const long NoExam = 0;

    // The published parts have 20,001 rows.
    private const int MaximumRows = 1 << 20;

    private readonly Hdf5File _file;
    private readonly Hdf5Dataset _tracings;

    private Code15Part(Hdf5File file, Hdf5Dataset tracings, long[] examIds) => (_file, _tracings, ExamIds) = (file, tracings, examIds);

    /// <summary>The exam of every row, in the order of the file.</summary>
    public long[] ExamIds { get; }

    /// <exception cref="RecordException">The file is missing, damaged, or its datasets are not those of CODE-15%.</exception>
    public static Code15Part Open(SourceFolder folder, string path)
    {
        var file = Hdf5File.Open(folder, path);
        try
        {
            var tracings = file.Dataset("tracings");
            if (tracings.Shape is not [_, RowSamples, Montage.LeadCount] || tracings.Element is Hdf5Element.Int32 or Hdf5Element.Int64)
                throw new RecordException(
                    RejectionReason.UnsupportedFormat,
                    $"{path}, dataset 'tracings': {tracings.Element} {tracings.ShapeText}; expected floating-point (rows, {RowSamples}, " +
                    $"{Montage.LeadCount}), samples by leads. Compare with the published file.");
            var examIds = file.Dataset("exam_id").ReadIntegers(MaximumRows);
            return examIds.Length == tracings.Rows
                ? new Code15Part(file, tracings, examIds)
                : throw new RecordException(
                    RejectionReason.UnsupportedFormat,
                    $"{path}: {tracings.Rows} rows of 'tracings' but {examIds.Length} of 'exam_id'; expected as many. Download the file again.");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <param name="destination">float[4096 · 12], samples by leads.</param>
    /// <exception cref="RecordException">The row is not there or cannot be decoded.</exception>
    public void ReadRow(long row, Span<float> destination) => _tracings.ReadRow(row, destination);

    public void Dispose() => _file.Dispose();
}
