using EcgData.Consumers;
using NJsonSchema;

namespace EcgData.Pipelines.Tests.Streaming;

/// <summary>Takes everything and remembers what it was told. This assembly serves as a plug-in too: one with several consumers.</summary>
public class RecordingConsumer : IBatchConsumer
{
    public List<string> Calls { get; } = [];

    public List<long> Positions { get; } = [];

    public virtual long Open(StreamDescription stream, ConsumerOptions options)
    {
        Calls.Add("open");
        return stream.From ?? 0;
    }

    public virtual bool Consume(EcgBatch batch)
    {
        Calls.Add($"consume {batch.Count}");
        Positions.AddRange(batch.Positions.ToArray());
        return true;
    }

    public virtual void Complete() => Calls.Add("complete");

    public virtual void Dispose()
    {
        Calls.Add("dispose");
        GC.SuppressFinalize(this);
    }
}

/// <summary>Needs a package of its own, which stands in its constructor's signature.</summary>
public sealed class SchemaConsumer : RecordingConsumer
{
    private readonly JsonSchema _schema = new();

    public override void Complete() => Calls.Add(_schema.Type.ToString());
}

/// <summary>Cannot be made.</summary>
public sealed class BrokenConsumer : RecordingConsumer
{
    public BrokenConsumer() => throw new InvalidOperationException("no licence");
}
