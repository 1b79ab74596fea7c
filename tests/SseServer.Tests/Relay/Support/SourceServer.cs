using System.Net;
using System.Net.Sockets;
using System.Text;
using SseServer.Tests.Support;

namespace SseServer.Tests.Relay.Support;

/// <summary>A source that does what a test says: each connection is one request, which the test answers byte by byte.</summary>
internal sealed class SourceServer : IAsyncDisposable
{
    public const string StreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Exchange> _exchanges = [];

    public SourceServer() => _listener.Start();

    public Uri Url => new($"http://{_listener.LocalEndpoint}/feed?q=1");

    /// <summary>Whether somebody has connected and was not accepted.</summary>
    public bool HasCaller => _listener.Pending();

    /// <summary>Takes the next request.</summary>
    public async Task<Exchange> AcceptAsync()
    {
        var client = await _listener.AcceptTcpClientAsync();
        var exchange = new Exchange(client);
        lock (_exchanges) _exchanges.Add(exchange);
        await exchange.ReadHeadAsync();
        return exchange;
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        lock (_exchanges)
            foreach (var exchange in _exchanges) exchange.Dispose();
        return default;
    }

    /// <summary>One request and its answer.</summary>
    internal sealed class Exchange(TcpClient client) : IDisposable
    {
        /// <summary>The request's head.</summary>
        public string Head { get; private set; } = "";

        /// <summary>A field's value; null where it is not sent.</summary>
        public string? this[string field]
            => Head.Split("\r\n").FirstOrDefault(line => line.StartsWith(field + ": ", StringComparison.OrdinalIgnoreCase))?[(field.Length + 2)..];

        public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

        public Task SendAsync(byte[] bytes) => client.GetStream().WriteAsync(bytes).AsTask().Soon();

        /// <summary>Sends all of an answer and closes.</summary>
        public async Task ReplyAsync(string text)
        {
            await SendAsync(text);
            Dispose();
        }

        public async Task ReadHeadAsync()
        {
            var bytes = new byte[1];
            var head = new List<byte>();
            while (!(head.Count >= 4 && head[^4] == '\r' && head[^3] == '\n' && head[^2] == '\r' && head[^1] == '\n'))
            {
                if (await client.GetStream().ReadAsync(bytes).AsTask().Soon() == 0) throw new IOException("The connection ended within a head.");
                head.Add(bytes[0]);
            }

            Head = Encoding.UTF8.GetString([.. head]);
        }

        public void Dispose() => client.Dispose();
    }
}
