using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SseServer.Tests.Support;

namespace SseServer.Tests.Transport.Tls;

/// <summary>A TLS client with control over the wire: it sees the records that arrive, and can hold back bytes.</summary>
internal sealed class TlsClient : IDisposable
{
    private readonly Wire _wire;
    private readonly SslStream _tls;

    private TlsClient(Wire wire)
    {
        _wire = wire;
        _tls = new SslStream(wire);
    }

    public SslStream Tls => _tls;

    public Socket Socket => _wire.Socket;

    /// <summary>
    /// The type of the last record that came (RFC 8446 section 5.1); TLS 1.3 shows 23 for all, TLS 1.2 shows 21 for an alert.
    /// </summary>
    public byte LastRecordType => _wire.LastRecordType;

    public X509Certificate2 ServerCertificate => new(_tls.RemoteCertificate!);

    public static Task<TlsClient> ConnectAsync(
        IPEndPoint endPoint, SslProtocols protocols = SslProtocols.None, params SslApplicationProtocol[] applicationProtocols)
        => ConnectAsync(endPoint, "", protocols, applicationProtocols);

    /// <summary>Sends a PROXY header before the handshake.</summary>
    public static Task<TlsClient> ConnectBehindAsync(IPEndPoint endPoint, string proxyHeader)
        => ConnectAsync(endPoint, proxyHeader, SslProtocols.None, []);

    private static async Task<TlsClient> ConnectAsync(
        IPEndPoint endPoint, string proxyHeader, SslProtocols protocols, SslApplicationProtocol[] applicationProtocols)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endPoint).Soon();
        await socket.SendAsync(Encoding.ASCII.GetBytes(proxyHeader)).Soon();
        var client = new TlsClient(new Wire(socket));
        try
        {
            await client._tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = protocols,
                ApplicationProtocols = applicationProtocols.Length == 0 ? null : [.. applicationProtocols],
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
            }).Soon();
            return client;
        }
        catch
        {
            // Otherwise the server would linger for this end's FIN, which would be sent whenever the garbage collector finds the socket.
            client.Dispose();
            throw;
        }
    }

    public Task SendAsync(string text) => _tls.WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask().Soon();

    /// <summary>Sends a record except its last byte.</summary>
    public async Task SendAllButOneByteAsync(string text)
    {
        _wire.KeepsLastByte = true;
        await SendAsync(text);
        _wire.KeepsLastByte = false;
    }

    public Task SendKeptByteAsync() => _wire.SendKeptAsync().Soon();

    public async Task<byte[]> ReadToEndAsync()
    {
        using var all = new MemoryStream();
        await _tls.CopyToAsync(all).Soon();
        return all.ToArray();
    }

    public async Task<string> ReadTextAsync(int count)
    {
        var bytes = new byte[count];
        await _tls.ReadExactlyAsync(bytes).AsTask().Soon();
        return Encoding.Latin1.GetString(bytes);
    }

    /// <summary>Asks, and reads up to the head's end.</summary>
    public async Task<string> GetHeadAsync(string path)
    {
        await SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        var head = "";
        while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal)) head += await ReadTextAsync(1);
        return head;
    }

    public void Dispose() => _tls.Dispose();

    private sealed class Wire(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private readonly List<byte> _header = [];
        private byte[] _kept = [];
        private int _fragment;

        public new Socket Socket => base.Socket;

        public bool KeepsLastByte { get; set; }

        public byte LastRecordType { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            foreach (var value in buffer.Span[..read]) See(value);
            return read;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (KeepsLastByte)
            {
                _kept = buffer[^1..].ToArray();
                buffer = buffer[..^1];
            }

            return base.WriteAsync(buffer, cancellationToken);
        }

        public Task SendKeptAsync() => base.WriteAsync(_kept).AsTask();

        private void See(byte value)
        {
            if (_fragment > 0)
            {
                _fragment--;
                return;
            }

            _header.Add(value);
            if (_header.Count < 5) return;
            LastRecordType = _header[0];
            _fragment = (_header[3] << 8) | _header[4];
            _header.Clear();
        }
    }
}
