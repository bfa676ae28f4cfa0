using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace EcgData.Pipelines.Streaming;

/// <summary>Where an Arrow stream goes: standard output, or the one process that connects to a socket.</summary>
internal static class ArrowOutput
{
    private const string UnixScheme = "unix:";
    private const string TcpScheme = "tcp://";
    private const int SendBufferBytes = 1 << 20;

    /// <summary>Whether an address is one of these, and not a plug-in's.</summary>
    public static bool Matches(string address) =>
        IsStandardOutput(address) || address.StartsWith(UnixScheme, StringComparison.Ordinal) || address.Contains("://", StringComparison.Ordinal);

    public static bool IsStandardOutput(string address) => address is "-" or "arrow";

    /// <summary>Binds the address and says so, then waits for the other side.</summary>
    /// <param name="note">Takes the address that was bound.</param>
    /// <exception cref="UsageException">An address that cannot be bound.</exception>
    public static async Task<Stream> OpenAsync(string address, Action<string> note, CancellationToken cancel)
    {
        if (IsStandardOutput(address)) return StandardOutput();
        if (address.StartsWith(UnixScheme, StringComparison.Ordinal)) return await AcceptUnixAsync(address[UnixScheme.Length..], note, cancel);
        return await AcceptAsync(ParseTcp(address), ProtocolType.Tcp, () => { }, bound => note($"{TcpScheme}{bound}"), () => { }, cancel);
    }

    /// <summary>The descriptor itself: the console's stream takes a reader that went away for one that reads.</summary>
    private static FileStream StandardOutput()
    {
        if (!Console.IsOutputRedirected)
            throw new UsageException("--to -: standard output is a terminal. Expected a pipe or a file to take the Arrow stream; or name a socket or a plug-in.");
        return new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
    }

    private static async Task<Stream> AcceptUnixAsync(string path, Action<string> note, CancellationToken cancel)
    {
        UnixDomainSocketEndPoint place;
        try
        {
            place = new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"{UnixScheme}{path}: {e.Message.ReplaceLineEndings(" ")} Expected the path of a socket, 107 bytes at most.");
        }

        RemoveAbandoned(path, place);
        // nobody can connect before the socket listens, so nobody but the owner ever can
        return await AcceptAsync(
            place, ProtocolType.Unspecified,
            () =>
            {
                if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            },
            _ => note($"{UnixScheme}{path}"), () => File.Delete(path), cancel);
    }

    /// <summary>A killed process leaves the name of its socket behind: it is taken over where nobody listens there.</summary>
    private static void RemoveAbandoned(string path, UnixDomainSocketEndPoint place)
    {
        if (!Path.Exists(path)) return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(place);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
            return;
        }
        catch (SocketException)
        {
        }

        throw new UsageException($"{UnixScheme}{path}: something is there already. Expected a free name; remove it, or choose another.");
    }

    /// <summary>A file of another kind refuses connections too, and must stay; a socket alone cannot be opened.</summary>
    private static bool IsSocket(string path)
    {
        const int NoSuchDevice = 6;   // ENXIO
        try
        {
            File.Open(path, FileMode.Open, FileAccess.ReadWrite).Dispose();   // for both: a named pipe would wait for its other end
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException e)
        {
            return e.HResult == NoSuchDevice;
        }
    }

    private static IPEndPoint ParseTcp(string address)
    {
        const string Expected = "Expected tcp://127.0.0.1:PORT; another interface only by its own IP address.";
        if (!address.StartsWith(TcpScheme, StringComparison.Ordinal)) throw new UsageException($"{address}: no such kind of address. {Expected}");
        var text = address[TcpScheme.Length..].TrimEnd('/');
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            throw new UsageException($"{address}: no port. {Expected}");
        var host = text[..colon].Trim('[', ']');
        if (host is "" or "localhost") return new IPEndPoint(IPAddress.Loopback, port);
        return IPAddress.TryParse(host, out var ip) ? new IPEndPoint(ip, port) : throw new UsageException($"{address}: '{host}' is no IP address. {Expected}");
    }

    private static async Task<Stream> AcceptAsync(
        EndPoint place, ProtocolType protocol, Action bound, Action<EndPoint> listening, Action over, CancellationToken cancel)
    {
        using var listener = new Socket(place.AddressFamily, SocketType.Stream, protocol);
        try
        {
            listener.Bind(place);
        }
        catch (SocketException e)
        {
            throw new UsageException($"{place}: cannot be bound: {e.Message}. Expected a free address of this machine; choose another.");
        }

        try
        {
            bound();
            listener.Listen(1);
            listening(listener.LocalEndPoint!);
            var other = await listener.AcceptAsync(cancel);
            other.SendBufferSize = SendBufferBytes;
            return new NetworkStream(other, ownsSocket: true);
        }
        finally
        {
            over();   // one consumer, one stream: the name is free again
        }
    }
}
