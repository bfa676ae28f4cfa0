using EcgData.Signals;
using EcgData.Sources;
using EcgData.Sources.Code15;

namespace EcgData.Tests.Code15;

public sealed class Code15ReaderTests : IDisposable
{
    private readonly Code15Tree _tree = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_PaddedExam_IsTheExamWithoutPadding(bool chunked)
    {
        _tree.Table(Code15Tree.Row(5, 0), Code15Tree.Row(6, 0), Code15Tree.Row(7, 0));
        if (chunked) _tree.ChunkedPart(0, 7, 6, 5);
        else _tree.Part(0, 7, 6, 5);
        using var reader = OpenReader();
        foreach (var entry in _tree.Catalogue())
        {
            using var record = reader.Read($"code-15/{entry.NativeId}", entry);
            Assert.Equal($"code-15/{entry.NativeId}", record.RecordId);
            Assert.Equal(400, record.SamplingFrequencyHz);
            Assert.Equal(LeadSet.All, record.Leads);
            AssertIsExam(long.Parse(entry.NativeId), record.Frames);
        }
    }

    [Fact]
    public void Read_ZerosOfSingleLeads_AreKept()
    {
        var exam = new float[Code15Tree.Samples * Code15Tree.Leads];
        exam[100 * 12 + 3] = 1;    // only one lead moves at both ends
        exam[102 * 12 + 11] = -1;  // and nothing does in the middle
        using var record = ReadOnly(exam);
        Assert.Equal(3, record.Frames.Count);
        Assert.Equal(1, record.Frames[0][3]);
        Assert.All(record.Frames[1].ToArray(), value => Assert.Equal(0, value));
        Assert.Equal(-1, record.Frames[2][11]);
    }

    [Fact]
    public void Read_NoPadding_IsTheWholeRow()
    {
        var exam = Enumerable.Repeat(0.5f, Code15Tree.Samples * Code15Tree.Leads).ToArray();
        using var record = ReadOnly(exam);
        Assert.Equal(4096, record.Frames.Count);
        Assert.Equal(0.5f, record.Frames[4095][11]);
        Assert.Equal(0, record.Frames[4095][12]);
    }

    [Fact]
    public void Read_OnlyZeros_HasNoSignal()
    {
        var error = Assert.Throws<RecordException>(() => ReadOnly(new float[Code15Tree.Samples * Code15Tree.Leads]));
        Assert.Equal(RejectionReason.NoSignal, error.Reason);
    }

    [Fact]
    public void Read_InfiniteValues_AreMissingLikeNaN()
    {
        var exam = Code15Tree.Exam(5);
        (exam[600 * 12], exam[601 * 12 + 1], exam[602 * 12 + 2]) = (float.NaN, float.PositiveInfinity, float.NegativeInfinity);
        using var record = ReadOnly(exam);
        Assert.True(float.IsNaN(record.Frames[19][0]) && float.IsNaN(record.Frames[20][1]) && float.IsNaN(record.Frames[21][2]));
        Assert.Equal(3, record.Frames.Values.ToArray().Count(float.IsNaN));
    }

    [Fact]
    public void Read_LargeOffset_IsMillivoltAsStored()
    {
        using var record = ReadOnly([.. Enumerable.Repeat(-8.25f, Code15Tree.Samples * Code15Tree.Leads)]);
        Assert.Equal(-8.25f, record.Frames[0][0]);
        Assert.Equal(ConditioningOptions.StorageBoundMillivolt, ((IEcgSource)new Code15Source()).ClipMillivolt);
    }

    [Fact]
    public void Read_PartThatChangedSinceTheCatalogue_IsRejected()
    {
        _tree.Table(Code15Tree.Row(5, 0), Code15Tree.Row(6, 0));
        _tree.Part(0, 5, 6);
        var entry = _tree.Catalogue()[0];
        _tree.Part(0, 6, 5);
        using var reader = OpenReader();
        var error = Assert.Throws<RecordException>(() => reader.Read("code-15/5", entry));
        Assert.Equal(RejectionReason.CatalogueRow, error.Reason);
        Assert.Contains("holds exam 6", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_PartThatIsGone_IsMissing()
    {
        _tree.Table(Code15Tree.Row(5, 0));
        _tree.Part(0, 5);
        var entry = _tree.Catalogue()[0];
        File.Delete(_tree["exams_part0.hdf5"]);
        using var reader = OpenReader();
        Assert.Equal(RejectionReason.MissingFile, Assert.Throws<RecordException>(() => reader.Read("code-15/5", entry)).Reason);
    }

    [Fact]
    public void Read_ManyThreadsOverMoreFilesThanArePooled_GivesEveryThreadTheSame()
    {
        const int parts = 12, threads = 6;
        _tree.Table([.. Enumerable.Range(0, parts).SelectMany(part => Enumerable.Range(1, 3).Select(i => Code15Tree.Row(part * 10 + i, part)))]);
        for (var part = 0; part < parts; part++)
        {
            long[] ids = [part * 10 + 2, part * 10 + 3, part * 10 + 1];
            if (part % 2 == 0) _tree.Part(part, ids);
            else _tree.ChunkedPart(part, ids);
        }

        var entries = _tree.Catalogue();
        Assert.Equal(3 * parts, entries.Count);
        using var reader = OpenReader();
        var failures = new System.Collections.Concurrent.ConcurrentBag<Exception>();
        var workers = Enumerable.Range(0, threads).Select(worker => new Thread(() =>
        {
            try
            {
                for (var i = 0; i < entries.Count; i++)
                {
                    var entry = entries[(i + worker * 5) % entries.Count];
                    using var record = reader.Read(entry.NativeId, entry);
                    AssertIsExam(long.Parse(entry.NativeId), record.Frames);
                }
            }
            catch (Exception e)
            {
                failures.Add(e);
            }
        })).ToArray();
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();
        Assert.Empty(failures);
        Assert.InRange(OpenHandlesIn(_tree.Path), 1, 8);
    }

    public void Dispose() => _tree.Dispose();

    private static int OpenHandlesIn(string folder) => Directory.EnumerateFiles("/proc/self/fd").Count(handle =>
    {
        try
        {
            return File.ResolveLinkTarget(handle, returnFinalTarget: false)?.FullName.StartsWith(folder, StringComparison.Ordinal) == true;
        }
        catch (IOException)
        {
            return false;   // of another test, which has closed it since it was listed
        }
    });

    private static void AssertIsExam(long examId, Frames frames)
    {
        Assert.Equal(2934, frames.Count);
        for (var sample = 0; sample < frames.Count; sample++)
            for (var lead = 0; lead < Frames.Lanes; lead++)
                if (frames[sample][lead] != (lead < 12 ? Code15Tree.Value(examId, sample, lead) : 0))
                    Assert.Fail($"exam {examId}, sample {sample}, lane {lead}: {frames[sample][lead]}");
    }

    private IRecordReader OpenReader() => new Code15Source().OpenReader(_tree.Folder, new SourceOptions());

    private EcgRecord ReadOnly(float[] exam)
    {
        _tree.Table(Code15Tree.Row(5, 0));
        _tree.Part(0, [5], [exam]);
        using var reader = OpenReader();
        return reader.Read("code-15/5", _tree.Catalogue().Single());
    }
}
