using System.Collections;
using EcgData.Signals;

namespace EcgData.Sources.Code15;

/// <summary>Which row of a part holds which exam: 12 bytes and a bit per row.</summary>
internal sealed class Code15Rows
{
    private readonly long[] _ids;   // sorted
    private readonly int[] _rows;   // of the ids, and in file order where an id is there twice
    private readonly BitArray _listed;

    /// <param name="examIds">long[rows] in file order; it is sorted in place.</param>
    public Code15Rows(string path, long[] examIds)
    {
        Path = path;
        Folder = System.IO.Path.GetFileNameWithoutExtension(path);
        Files = [new RecordFile(path, IsContainer: true)];
        _ids = examIds;
        _rows = new int[examIds.Length];
        for (var row = 0; row < _rows.Length; row++) _rows[row] = row;
        Array.Sort(_ids, _rows);
        SortRowsOfEqualIds();
        _listed = new BitArray(_ids.Length);
    }

    public string Path { get; }

    /// <summary>The part's name, <c>exams_part11</c>.</summary>
    public string Folder { get; }

    /// <summary>One list for all records of the part.</summary>
    public IReadOnlyList<RecordFile> Files { get; }

    /// <summary>Finds the one row of an exam and notes that the table lists the exam.</summary>
    /// <exception cref="RecordException">The exam has no row, or several.</exception>
    public int Find(long examId)
    {
        var index = FirstAtLeast(examId);
        if (index == _ids.Length || _ids[index] != examId)
            throw new RecordException(
                RejectionReason.CatalogueRow,
                $"exams.csv places exam {examId} in {Path}, whose 'exam_id' does not list it. Compare both with the published files.");
        var end = index;
        while (end < _ids.Length && _ids[end] == examId) _listed[end++] = true;
        return end - index == 1
            ? _rows[index]
            : throw new RecordException(
                RejectionReason.CatalogueRow,
                $"{Path}: exam {examId} has {end - index} rows ({_rows[index]}, {_rows[index + 1]}, ...); one was expected. " +
                "None is taken; compare the file with the published one.");
    }

    /// <summary>The exams that <see cref="Find"/> never found, each once, in the order of their ids; not the padding row.</summary>
    public IEnumerable<(long ExamId, int Row)> Unlisted()
    {
        for (var index = 0; index < _ids.Length; index++)
        {
            if (_listed[index] || _ids[index] == Code15Part.NoExam || (index > 0 && _ids[index - 1] == _ids[index])) continue;
            yield return (_ids[index], _rows[index]);
        }
    }

    private int FirstAtLeast(long examId)
    {
        var (low, high) = (0, _ids.Length);
        while (low < high)
        {
            var middle = low + ((high - low) >> 1);
            if (_ids[middle] < examId) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private void SortRowsOfEqualIds()
    {
        for (var start = 0; start < _ids.Length;)
        {
            var end = start + 1;
            while (end < _ids.Length && _ids[end] == _ids[start]) end++;
            if (end - start > 1) Array.Sort(_rows, start, end - start);
            start = end;
        }
    }
}
