using System.Net.Sockets;

namespace EcgData.Consumers.Arrow;

/// <summary>Passes batches on to another process as an Arrow IPC stream: a consumer like any other.</summary>
/// <param name="output">Standard output, a pipe, a socket or a file; closed with the consumer.</param>
/// <param name="name">What to call the other side in messages: <c>unix:/run/ecg.sock</c>.</param>
public sealed class ArrowConsumer(Stream output, string name) : IBatchConsumer
{
    private const int BrokenPipe = 32;   // EPIPE, which the runtime hands on as the exception's number

    private ArrowStreamWriter? _writer;

    /// <inheritdoc/>
    public long Open(StreamDescription stream, ConsumerOptions options)
    {
        options.RefuseOthers();
        Pass(() => _writer = new ArrowStreamWriter(output, stream));
        return stream.From ?? 0;
    }

    /// <inheritdoc/>
    /// <exception cref="ConsumerGoneException">The other side closed the stream.</exception>
    public bool Consume(EcgBatch batch)
    {
        Pass(() => _writer!.Write(batch));
        return true;
    }

    /// <inheritdoc/>
    public void Complete() => Pass(() => _writer!.Finish());

    /// <inheritdoc/>
    public void Dispose() => output.Dispose();

    private void Pass(Action write)
    {
        try
        {
            write();
        }
        catch (IOException e) when (e.HResult == BrokenPipe || e.InnerException is SocketException)
        {
            throw new ConsumerGoneException(name, e);
        }
    }
}
