using EcgData.Sources;
using EcgData.Tests.Hdf5;
using PureHDF;
using PureHDF.Filters;
using PureHDF.VOL.Native;

namespace EcgData.Tests.Code15;

/// <summary>A small hand-made CODE-15% folder.</summary>
internal sealed class Code15Tree : IDisposable
{
    public const string Header = "exam_id,age,is_male,nn_predicted_age,1dAVb,RBBB,LBBB,SB,ST,AF,patient_id,death,timey,normal_ecg,trace_file";
    public const int Samples = 4096;
    public const int Leads = 12;

    private readonly TemporaryFolder _folder = new();

    public string Path => _folder.Path;

    public SourceFolder Folder => new(_folder.Path);

    public string this[string name] => _folder[name];

    /// <summary>A row that has nothing special but its id and its part.</summary>
    public static string Row(long examId, int part) =>
        $"{examId},50,True,48.5,False,False,False,False,False,False,{examId + 1000},,,True,exams_part{part}.hdf5";

    /// <summary>float[4096, 12]: 2,934 samples from sample 581 on that tell exam, sample and lead, zeros around them.</summary>
    public static float[] Exam(long examId)
    {
        var values = new float[Samples * Leads];
        for (var sample = 581; sample < 581 + 2934; sample++)
            for (var lead = 0; lead < Leads; lead++)
                values[sample * Leads + lead] = Value(examId, sample - 581, lead);
        return values;
    }

    /// <summary>Never 0, and different for neighbours in every direction.</summary>
    public static float Value(long examId, int sample, int lead) => 1 + (examId * 101 + sample * 13 + lead * 7) % 997 / 256f;

    public void Table(params string[] rows) => File.WriteAllLines(this["exams.csv"], [Header, .. rows]);

    /// <summary>A part as the C library writes it: contiguous, 64-bit ids; the padding row comes last.</summary>
    public void Part(int number, params long[] examIds) => Part(number, examIds, [.. examIds.Select(Exam)]);

    public void Part(int number, long[] examIds, float[][] exams) => File.WriteAllBytes(
        this[$"exams_part{number}.hdf5"],
        Hdf5Bytes.File(
        [
            new("exam_id", Hdf5Bytes.Int64, [(ulong)examIds.Length + 1], Hdf5Bytes.Of<long>([.. examIds, 0])),
            new("tracings", Hdf5Bytes.Float32, [(ulong)exams.Length + 1, Samples, Leads], Hdf5Bytes.Of<float>([.. exams.SelectMany(e => e), .. new float[Samples * Leads]])),
        ]));

    /// <summary>A part with float64 values and 32-bit ids in compressed chunks of several rows.</summary>
    public void ChunkedPart(int number, params long[] examIds)
    {
        var values = new double[examIds.Length + 1, Samples, Leads];
        for (var row = 0; row < examIds.Length; row++)
        {
            var exam = Exam(examIds[row]);
            for (var i = 0; i < exam.Length; i++) values[row, i / Leads, i % Leads] = exam[i];
        }

        var file = new H5File
        {
            ["tracings"] = new H5Dataset(values, chunks: [2, 1024, Leads], datasetCreation: new H5DatasetCreation(Filters: [ShuffleFilter.Id, DeflateFilter.Id])),
            ["exam_id"] = new H5Dataset(examIds.Append(0).Select(id => (int)id).ToArray()),
        };
        file.Write(this[$"exams_part{number}.hdf5"], new H5WriteOptions());
    }

    public List<CatalogueEntry> Catalogue() => [.. new EcgData.Sources.Code15.Code15Source().ReadCatalogue(Folder, new SourceOptions(), CancellationToken.None)];

    public void Dispose() => _folder.Dispose();
}
