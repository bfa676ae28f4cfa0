using System.Net;
using System.Net.Sockets;

namespace EcgData.Pipelines.Tests.Streaming;

/// <summary>A reader that connects to a stream.</summary>
internal sealed class Connection : IDisposable
{
    private Connection(Socket socket) => Stream = new NetworkStream(socket, ownsSocket: true);

    public NetworkStream Stream { get; }

    public static async Task<Connection> OpenAsync(string address)
    {
        EndPoint place = address.StartsWith("unix:", StringComparison.Ordinal)
            ? new UnixDomainSocketEndPoint(address["unix:".Length..])
            : IPEndPoint.Parse(address["tcp://".Length..]);
        var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(place);
        return new Connection(socket);
    }

    public async Task<byte[]> ReadAsync()
    {
        using var memory = new MemoryStream();
        await Stream.CopyToAsync(memory);
        return memory.ToArray();
    }

    public void Dispose() => Stream.Dispose();
}
