using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace EcgData.Pipelines.Tests.Operations;

/// <summary>An HTTP server of this process that keeps what is posted to it.</summary>
internal sealed class Listener : IDisposable
{
    private readonly HttpListener _http = new();
    private readonly Func<int, int> _answer;
    private readonly Task _work;

    /// <param name="answer">Status of the answer to the n-th request, from 1.</param>
    public Listener(Func<int, int>? answer = null)
    {
        _answer = answer ?? (_ => 200);
        Port = FreePort();
        _http.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _http.Start();
        _work = WorkAsync();
    }

    public int Port { get; }

    public string Address => $"http://127.0.0.1:{Port}";

    public ConcurrentQueue<(string Path, string? Type, byte[] Body)> Posts { get; } = new();

    public void Dispose()
    {
        _http.Close();
        _work.Wait(TimeSpan.FromSeconds(10));
    }

    /// <summary>A port on which nobody listened a moment ago.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                var context = await _http.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                Posts.Enqueue((context.Request.Url!.AbsolutePath, context.Request.ContentType, body.ToArray()));
                context.Response.StatusCode = _answer(Posts.Count);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // closed: the test is over
        }
    }
}
