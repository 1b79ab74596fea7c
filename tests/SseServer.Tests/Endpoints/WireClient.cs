using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using SseServer.Tests.Support;

namespace SseServer.Tests.Endpoints;

/// <summary>
/// A client that sends exactly what a test specifies, and reads responses and event streams strictly. One caller at a time.
/// </summary>
internal sealed class WireClient : IDisposable
{
    private readonly Socket? _socket;
    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[8 * 1024];
    private readonly BodyDecoder _body = new();
    private readonly List<byte> _block = [];
    private int _start;
    private int _end;

    /// <param name="stream">The client's end of the connection.</param>
    /// <param name="authority">Where the server is reached.</param>
    /// <param name="socket">The socket below the stream, which <see cref="HasNews"/>, <see cref="Finish"/> and <see cref="Reset"/>
    /// need.</param>
    public WireClient(Stream stream, string authority, Socket? socket = null)
    {
        _stream = stream;
        _socket = socket;
        Authority = authority;
    }

    /// <summary>What the Host field says unless a test gives another.</summary>
    public string Authority { get; }

    /// <summary>The last id of an event stream, as EventSource keeps it (WHATWG HTML 9.2.6).</summary>
    public string LastEventId { get; private set; } = "";

    /// <summary>Whether something has come since the last read.</summary>
    public bool HasNews => _socket!.Available > 0;

    public static async Task<WireClient> ConnectAsync(IPEndPoint endPoint, int receiveBuffer = 0, IPAddress? from = null, bool tls = false)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0) socket.ReceiveBufferSize = receiveBuffer;
        if (from is not null) socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(endPoint).Soon();
        var stream = new NetworkStream(socket);
        return new WireClient(tls ? await TlsAsync(stream) : stream, endPoint.ToString(), socket);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).AsTask().Soon();

    /// <summary>
    /// Sends a request with a Host field, unless one is among <paramref name="fields"/>, and a Content-Length if there is a body.
    /// </summary>
    public Task RequestAsync(string method, string target, string? body = null, params string[] fields)
        => RequestAsync(method, target, body is null ? null : Encoding.UTF8.GetBytes(body), fields);

    /// <inheritdoc cref="RequestAsync(string, string, string?, string[])"/>
    public Task RequestAsync(string method, string target, byte[]? body, params string[] fields)
    {
        var head = new StringBuilder($"{method} {target} HTTP/1.1\r\n");
        if (!fields.Any(field => field.StartsWith("Host:", StringComparison.OrdinalIgnoreCase))) head.Append($"Host: {Authority}\r\n");
        if (body is not null) head.Append($"Content-Length: {body.Length}\r\n");
        foreach (var field in fields) head.Append($"{field}\r\n");
        head.Append("\r\n");
        return SendAsync((byte[])[.. Encoding.UTF8.GetBytes(head.ToString()), .. body ?? []]);
    }

    /// <summary>Sends a chunk of a chunked body; an empty one ends it.</summary>
    public Task SendChunkAsync(string text) => SendAsync($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    /// <summary>Reads a head; its body can be read afterwards.</summary>
    public async Task<WireReply> ReadHeadAsync(bool isHead = false)
    {
        var head = new StringBuilder();
        while (!(head.Length >= 4 && head[^4] == '\r' && head[^3] == '\n' && head[^2] == '\r' && head[^1] == '\n'))
        {
            if (_start == _end && !await FillAsync()) throw new IOException($"The connection ended within a head: {head}");
            head.Append((char)_buffer[_start++]);
        }

        var reply = new WireReply(head.ToString(), "");
        _body.Begin(reply, isHead);
        return reply;
    }

    /// <summary>Reads a whole reply.</summary>
    public async Task<WireReply> ReadReplyAsync(bool isHead = false)
    {
        var head = await ReadHeadAsync(isHead);
        return head with { Body = await ReadBodyAsync() };
    }

    /// <summary>Reads the rest of a body.</summary>
    public async Task<string> ReadBodyAsync()
    {
        var bytes = new List<byte>();
        while (!_body.IsDone)
        {
            if (_start == _end && !await FillAsync() && !_body.TryEnd()) throw new IOException("The connection ended within a body.");
            while (_start < _end && !_body.IsDone)
            {
                var value = _buffer[_start++];
                if (_body.Take(value)) bytes.Add(value);
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>
    /// Reads the next block of an event stream, or a heartbeat, which is a line of its own; null at a clean end. Any other end throws.
    /// </summary>
    public async Task<EventBlock?> ReadBlockAsync()
    {
        _block.Clear();
        while (!_body.IsDone)
        {
            if (_start == _end && !await FillAsync() && !_body.TryEnd()) throw new IOException("The stream ended without its last chunk.");
            while (_start < _end && !_body.IsDone)
            {
                var value = _buffer[_start++];
                if (!_body.Take(value)) continue;
                _block.Add(value);
                if (_block is [.., (byte)'\n', (byte)'\n'] or [(byte)':', (byte)'\n']) return EndBlock();
            }
        }

        Assert.That(_block, Is.Empty, "the stream ends within a block");
        return null;
    }

    /// <summary>Reads up to the next block that clients dispatch; null at a clean end.</summary>
    public async Task<EventBlock?> ReadEventAsync()
    {
        EventBlock? block;
        do block = await ReadBlockAsync();
        while (block is { Data: null });
        return block;
    }

    /// <summary>Whether the server ends the connection next, having sent nothing more.</summary>
    public async Task<bool> EndsAsync() => _start == _end && !await FillAsync();

    /// <summary>Sends FIN: the server may still finish what it sends.</summary>
    public void Finish() => _socket!.Shutdown(SocketShutdown.Send);

    /// <summary>Sends close_notify and FIN.</summary>
    public async Task FinishTlsAsync()
    {
        await ((SslStream)_stream).ShutdownAsync().Soon();
        Finish();
    }

    /// <summary>Sends RST.</summary>
    public void Reset() => _socket!.Close(0);

    public void Dispose()
    {
        _stream.Dispose();
        _socket?.Dispose();
    }

    private static async Task<Stream> TlsAsync(Stream stream)
    {
        var tls = new SslStream(stream);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        }).Soon();
        return tls;
    }

    private EventBlock EndBlock()
    {
        var block = new EventBlock(Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_block)).TrimEnd('\n'));
        LastEventId = block.Id ?? LastEventId;
        return block;
    }

    private async Task<bool> FillAsync()
    {
        _start = 0;
        _end = await _stream.ReadAsync(_buffer).AsTask().Soon();
        return _end > 0;
    }
}
