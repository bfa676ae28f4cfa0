using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Checkpoints;

/// <summary>An open safetensors file. Its header is in memory, its tensors are read when they are asked for.</summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly FileStream _file;
    private readonly Dictionary<string, TensorEntry> _byName;

    private SafetensorsFile(string path, FileStream file, SafetensorsHeader header)
    {
        (Path, _file, Header) = (path, file, header);
        _byName = header.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
    }

    public string Path { get; }

    public SafetensorsHeader Header { get; }

    public IReadOnlyDictionary<string, string> Metadata => Header.Metadata;

    /// <exception cref="InvalidDataException">Not a whole safetensors file; the message says what is wrong.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1);
        try
        {
            return new SafetensorsFile(path, file, SafetensorsHeader.Read(file, path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <returns>On the CPU, owned by the caller.</returns>
    /// <exception cref="InvalidDataException">There is no tensor of that name.</exception>
    public Tensor Read(string name)
    {
        var entry = Find(name);
        var tensor = empty([.. entry.Shape], entry.Type);
        Fill(entry, tensor);
        return tensor;
    }

    /// <summary>Overwrites a tensor that is there already, on any device, with the one of that name, shape and type.</summary>
    /// <exception cref="InvalidDataException">There is none, or it has another shape or type.</exception>
    public void ReadInto(string name, Tensor destination)
    {
        var entry = Find(name);
        if (destination.dtype != entry.Type || !destination.shape.AsSpan().SequenceEqual([.. entry.Shape]))
        {
            throw new InvalidDataException(
                $"{Path}, tensor '{name}': it is {entry.Type}[{string.Join(", ", entry.Shape)}]; expected " +
                $"{destination.dtype}[{string.Join(", ", destination.shape)}]. Load it into a model made with the options that it was trained with.");
        }

        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        destination.copy_(Read(name));
    }

    public void Dispose() => _file.Dispose();

    private TensorEntry Find(string name) => _byName.TryGetValue(name, out var entry)
        ? entry
        : throw new InvalidDataException(
            $"{Path}: it has no tensor '{name}' among its {_byName.Count}; expected one. 'ecgdata inspect' lists what it holds.");

    private void Fill(TensorEntry entry, Tensor tensor)
    {
        _file.Position = Header.DataBegin + entry.Begin;
        if (entry.Bytes > 0) TensorBytes.Visit(tensor, piece => _file.ReadExactly(piece));
    }
}
