using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using SseServer.Tests.Support;

namespace SseServer.Tests.Transport;

/// <summary>A client that sends exact bytes and reads exact bytes.</summary>
internal sealed class TestClient : IDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private TestClient(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
    }

    public static async Task<TestClient> ConnectAsync(IPEndPoint endPoint, int receiveBuffer, bool tls = false)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0) socket.ReceiveBufferSize = receiveBuffer;
        await socket.ConnectAsync(endPoint).Soon();
        var stream = new NetworkStream(socket, ownsSocket: true);
        return new TestClient(socket, tls ? await AuthenticateAsync(stream) : stream);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public Task SendAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).AsTask().Soon();

    /// <summary>Sends FIN.</summary>
    public void Finish() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Sends RST.</summary>
    public void Reset() => _socket.Close(0);

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    /// <summary>Reads so many bytes; fewer only at the end.</summary>
    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new List<byte>();
        while (bytes.Count < count && (_start < _end || await FillAsync()))
        {
            var taken = Math.Min(count - bytes.Count, _end - _start);
            bytes.AddRange(_buffer.AsSpan(_start, taken));
            _start += taken;
        }

        return [.. bytes];
    }

    public async Task<string> ReadTextAsync(int count) => Encoding.Latin1.GetString(await ReadAsync(count));

    /// <summary>Reads until FIN. A reset throws.</summary>
    public async Task<string> ReadToEndAsync() => await ReadTextAsync(int.MaxValue / 2);

    /// <summary>Reads a head up to its empty line.</summary>
    public async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var next = await ReadTextAsync(1);
            if (next.Length == 0) break;
            head.Append(next);
        }

        return head.ToString();
    }

    /// <summary>Reads a reply whose head has a Content-Length.</summary>
    public async Task<TestReply> ReadReplyAsync(bool head = false)
    {
        var lines = (await ReadHeadAsync()).Split("\r\n");
        var fields = lines.Skip(1).TakeWhile(line => line.Length > 0).Select(line => line.Split(": ", 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        var length = head ? 0 : int.Parse(fields.GetValueOrDefault("Content-Length", "0"));
        var status = lines[0].Length > 12 ? int.Parse(lines[0].AsSpan(9, 3)) : 0;
        return new TestReply(status, fields, await ReadTextAsync(length));
    }

    private static async Task<Stream> AuthenticateAsync(Stream stream)
    {
        var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
            }).Soon();
            return tls;
        }
        catch
        {
            // Otherwise the server would linger for this end's FIN, which would be sent whenever the garbage collector finds the socket.
            await tls.DisposeAsync();
            throw;
        }
    }

    private async Task<bool> FillAsync()
    {
        _start = 0;
        _end = await _stream.ReadAsync(_buffer).AsTask().Soon();
        return _end > 0;
    }
}
