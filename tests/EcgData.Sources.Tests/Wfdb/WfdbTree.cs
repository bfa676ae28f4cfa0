using System.Buffers.Binary;
using System.Text;
using EcgData.Signals;
using EcgData.Sources;
using EcgData.Sources.Wfdb;

namespace EcgData.Tests.Wfdb;

/// <summary>A hand-made record in a folder of its own.</summary>
internal sealed class WfdbTree : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SourceFolder Source => new(_folder.Path);

    public static byte[] Int16(params int[] values)
    {
        var bytes = new byte[2 * values.Length];
        for (var index = 0; index < values.Length; index++)
            BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(2 * index), (short)values[index]);
        return bytes;
    }

    /// <summary>Format 212: a pair at a time, by the manual.</summary>
    public static byte[] Packed212(params int[] values)
    {
        var bytes = new List<byte>();
        for (var index = 0; index < values.Length; index += 2)
        {
            var (first, second) = (values[index] & 0xFFF, index + 1 < values.Length ? values[index + 1] & 0xFFF : 0);
            bytes.Add((byte)first);
            bytes.Add((byte)(first >> 8 | second >> 8 << 4));
            if (index + 1 < values.Length) bytes.Add((byte)second);
        }

        return [.. bytes];
    }

    /// <summary>A MATLAB level 4 head and what follows it.</summary>
    public static byte[] Matlab(int rows, int columns, byte[] samples, int type = 30, int imaginary = 0, string name = "val")
    {
        var head = new byte[20 + name.Length + 1];
        ReadOnlySpan<int> fields = [type, rows, columns, imaginary, name.Length + 1];
        for (var index = 0; index < fields.Length; index++) BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4 * index), fields[index]);
        Encoding.ASCII.GetBytes(name, head.AsSpan(20));
        return [.. head, .. samples];
    }

    public void Write(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
        File.WriteAllBytes(_folder[path], bytes);
    }

    /// <summary>Writes header and signal files and reads the record.</summary>
    public EcgRecord Read(string header, params (string Path, byte[] Bytes)[] signalFiles) => Read(Encoding.UTF8.GetBytes(header), signalFiles);

    public EcgRecord Read(byte[] header, params (string Path, byte[] Bytes)[] signalFiles)
    {
        foreach (var (path, bytes) in signalFiles) Write(path, bytes);
        Write("r.hea", header);
        using var reader = new WfdbRecordReader(Source);
        return reader.Read("test/r", new CatalogueEntry
        {
            NativeId = "r",
            Files = [.. signalFiles.Select(file => new RecordFile(file.Path)), new RecordFile("r.hea")],
        });
    }

    /// <summary>The rejection of the same.</summary>
    public RecordException Reject(string header, params (string Path, byte[] Bytes)[] signalFiles) =>
        Assert.Throws<RecordException>(() => Read(header, signalFiles));

    public void Dispose() => _folder.Dispose();
}

internal static class EcgRecordValues
{
    /// <summary>float[samples] in millivolt.</summary>
    public static float[] LeadValues(this EcgRecord record, Lead lead)
    {
        var values = new float[record.Frames.Count];
        for (var index = 0; index < values.Length; index++) values[index] = record.Frames[index][(int)lead];
        return values;
    }
}
