using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SseServer.Tests.Support;

/// <summary>An HTTP server on a loopback port: each connection is one request, which the test answers byte by byte.</summary>
internal sealed class TinyHttpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Exchange> _exchanges = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;

    /// <summary>
    /// Gives each request to <paramref name="answer"/>, several at a time; without it the test takes them by <see cref="AcceptAsync"/>.
    /// </summary>
    public TinyHttpServer(Func<Exchange, Task>? answer = null)
    {
        _listener.Start();
        _serving = answer is null ? Task.CompletedTask : ServeAsync(answer);
    }

    /// <summary>The address and port, as in a URL.</summary>
    public string Authority => _listener.LocalEndpoint.ToString()!;

    /// <summary>Whether somebody has connected and was not accepted.</summary>
    public bool HasCaller => _listener.Pending();

    /// <summary>Takes the next request.</summary>
    public async Task<Exchange> AcceptAsync()
    {
        var exchange = Begin(await _listener.AcceptTcpClientAsync(_stopping.Token));
        if (!await exchange.ReadAsync().Soon()) throw new IOException("The connection ended within a request.");
        return exchange;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _serving.Soon();
        lock (_exchanges)
            foreach (var exchange in _exchanges) exchange.Dispose();
        _stopping.Dispose();
    }

    private Exchange Begin(TcpClient client)
    {
        var exchange = new Exchange(client);
        lock (_exchanges) _exchanges.Add(exchange);
        return exchange;
    }

    private async Task ServeAsync(Func<Exchange, Task> answer)
    {
        try
        {
            while (true) _ = AnswerAsync(Begin(await _listener.AcceptTcpClientAsync(_stopping.Token)), answer);
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // The test is over.
        }
    }

    private static async Task AnswerAsync(Exchange exchange, Func<Exchange, Task> answer)
    {
        using (exchange)
        {
            try
            {
                if (await exchange.ReadAsync()) await answer(exchange);
            }
            catch (Exception exception) when (IsEnd(exception))
            {
                // The client gave up, or the test is over.
            }
        }
    }

    private static bool IsEnd(Exception exception)
        => exception is IOException or SocketException or InvalidOperationException or OperationCanceledException;

    /// <summary>One request and its answer.</summary>
    internal sealed class Exchange(TcpClient client) : IDisposable
    {
        /// <summary>The request line and the fields, without the blank line.</summary>
        public string Head { get; private set; } = "";

        /// <summary>The body, as long as Content-Length says.</summary>
        public string Body { get; private set; } = "";

        /// <summary>A field's value; null if it was not sent.</summary>
        public string? this[string field]
            => Head.Split("\r\n")
                .FirstOrDefault(line => line.StartsWith(field + ": ", StringComparison.OrdinalIgnoreCase))?[(field.Length + 2)..];

        public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

        public Task SendAsync(byte[] bytes) => client.GetStream().WriteAsync(bytes).AsTask().Soon();

        /// <summary>Sends all of an answer and closes.</summary>
        public async Task ReplyAsync(string text)
        {
            await SendAsync(text);
            Dispose();
        }

        /// <summary>Reads the request; false if the connection ended before all of it came.</summary>
        public async Task<bool> ReadAsync()
        {
            var bytes = new byte[16 * 1024];
            for (var read = 0; read < bytes.Length;)
            {
                var some = await client.GetStream().ReadAsync(bytes.AsMemory(read));
                if (some == 0) return false;
                read += some;
                var end = bytes.AsSpan(0, read).IndexOf("\r\n\r\n"u8);
                if (end < 0) continue;
                Head = Encoding.UTF8.GetString(bytes, 0, end);
                var length = int.Parse(this["Content-Length"] ?? "0", CultureInfo.InvariantCulture);
                if (read - end - 4 < length) continue;
                Body = Encoding.UTF8.GetString(bytes, end + 4, length);
                return true;
            }

            throw new InvalidDataException("The request is longer than this server reads.");
        }

        public void Dispose() => client.Dispose();
    }
}
