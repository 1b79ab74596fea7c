using System.Net.Security;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using SseServer.Transport.Channels;

namespace SseServer.Transport.Tls;

/// <summary>The step of a TLS listener's connections between accept and the first request.</summary>
internal sealed class TlsHandshake(TlsOptions options, CertificateWatcher certificates, TransportBuffers buffers, ILogger logger)
{
    /// <summary>The time that a handshake may take.</summary>
    public TimeSpan Timeout => options.HandshakeTimeout;

    /// <summary>
    /// Whether the peer sent a plain HTTP request to the TLS port: no TLS record begins with a letter, and every request does.
    /// </summary>
    public static bool IsPlainRequest(IRawChannel raw)
    {
        Span<byte> first = stackalloc byte[1];
        return raw.Peek(first, out _) == InputState.Data && first[0] is >= (byte)'A' and <= (byte)'Z';
    }

    /// <summary>Negotiates TLS over a connection; null if that fails, with a close reason recorded.</summary>
    public async Task<TlsChannel?> NegotiateAsync(IRawChannel raw, long connectionId)
    {
        var records = new TlsRecordStream(raw);
        var tls = new SslStream(records, leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsServerAsync(certificates.Handshake, CancellationToken.None);
            records.IsNegotiating = false;
            return new TlsChannel(raw, records, tls, new TlsPipeWriter(raw, tls, buffers));
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            raw.TryRecord(CloseReason.TlsRefused);
            TransportLog.HandshakeFailed(logger, connectionId, (e.InnerException ?? e).Message);
            await tls.DisposeAsync();
            return null;
        }
    }
}
