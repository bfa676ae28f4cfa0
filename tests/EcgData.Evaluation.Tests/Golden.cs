using System.Text.Json;
using EcgData.Models.Checkpoints;
using static TorchSharp.torch;

namespace EcgData.Evaluation.Tests;

/// <summary>Reference numbers that come from the study's own metric code, scikit-learn and NumPy: a table of tensors and a document.</summary>
internal sealed class Golden(string name) : IDisposable
{
    private readonly SafetensorsFile _tensors = SafetensorsFile.Open(Path.Join(AppContext.BaseDirectory, "golden", name + ".safetensors"));

    public JsonDocument Document { get; } = JsonDocument.Parse(File.ReadAllText(Path.Join(AppContext.BaseDirectory, "golden", name + ".json")));

    public double[,] Matrix(string tensor)
    {
        using var stored = _tensors.Read(tensor);
        using var values = stored.to(float64).reshape(stored.shape[0], -1);
        var (flat, matrix) = (values.data<double>().ToArray(), new double[values.shape[0], values.shape[1]]);
        Buffer.BlockCopy(flat, 0, matrix, 0, flat.Length * sizeof(double));
        return matrix;
    }

    /// <summary>How often each row stands in each resample of a list of row indices.</summary>
    public IEnumerable<int[]> Weights(string tensor)
    {
        var indices = Matrix(tensor);
        for (var resample = 0; resample < indices.GetLength(0); resample++)
        {
            var weights = new int[indices.GetLength(1)];
            for (var draw = 0; draw < weights.Length; draw++) weights[(int)indices[resample, draw]]++;
            yield return weights;
        }
    }

    public void Dispose()
    {
        _tensors.Dispose();
        Document.Dispose();
    }
}
