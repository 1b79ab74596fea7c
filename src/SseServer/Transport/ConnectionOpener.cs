using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SseServer.Protocol.Http;
using SseServer.Transport.Channels;
using SseServer.Transport.Limits;
using SseServer.Transport.Proxies;
using SseServer.Transport.Tls;

namespace SseServer.Transport;

/// <summary>
/// Takes the accepted connections of one listener to their first request: limit on connections, PROXY header, limit per address, TLS. A
/// connection that needs none of it costs nothing here.
/// </summary>
/// <param name="context">What connections share.</param>
/// <param name="connections">Where open connections are listed.</param>
/// <param name="counters">Counts connections and handshakes.</param>
/// <param name="limits">Counts connections in all and per address.</param>
/// <param name="proxies">The proxies that are trusted.</param>
/// <param name="tls">The handshake of a TLS listener; null for plain HTTP.</param>
internal sealed class ConnectionOpener(
    ConnectionContext context, ConnectionTable connections, TransportCounters counters, ConnectionLimits limits, TrustedProxies proxies,
    TlsHandshake? tls)
{
    private readonly ILogger _logger = context.Logger;
    private bool _isFull;

    /// <summary>Takes over an accepted socket. One caller at a time.</summary>
    public void Open(Socket socket)
    {
        if (!TryAdmit(out var admission))
        {
            socket.Dispose();
            return;
        }

        SocketChannel raw;
        try
        {
            raw = SocketChannel.Open(socket, context.Options, context.Buffers, context.Time);
        }
        catch (Exception e)
        {
            counters.CountClosed(e is SocketException ? CloseReason.PeerReset : CloseReason.TransportFault);
            limits.Leave(admission);
            socket.Dispose();
            if (e is not SocketException gone) throw;
            TransportLog.AcceptClientFault(_logger, gone.SocketErrorCode);
            return;
        }

        Open(raw, admission);
    }

    /// <summary>Takes over a channel that is not a socket.</summary>
    internal void Open(IRawChannel raw)
    {
        if (TryAdmit(out var admission)) Open(raw, admission);
        else raw.Dispose();
    }

    /// <summary>The limit on connections; false if this one is closed without a reply.</summary>
    private bool TryAdmit(out Admission admission)
    {
        counters.CountAccepted();
        admission = limits.Enter();
        var isFull = admission.State != AdmissionState.Served;
        if (isFull && !_isFull) TransportLog.ConnectionLimit(_logger, limits.MaxConnections);
        _isFull = isFull;
        if (admission.State != AdmissionState.TurnedAway) return true;
        counters.CountClosed(CloseReason.ConnectionLimit);
        return false;
    }

    private void Open(IRawChannel raw, Admission admission)
    {
        var connection = connections.Add(id => new Connection(context, raw, id, admission));
        TransportLog.Accepted(_logger, connection.Id, connection.RemoteEndPoint);
        try
        {
            Begin(new Opening(this, connection, raw, proxies.ExpectsHeaderFrom(connection.RemoteAddress)));
        }
        catch (Exception e)
        {
            // It is in the table and in the counts already; closing removes it.
            TransportLog.TransportFault(_logger, e, connection.Id);
            connection.TryRecord(CloseReason.TransportFault);
            connection.Close();
        }
    }

    private void Begin(Opening opening)
    {
        var (_, connection, raw, expectsHeader) = opening;
        if (!expectsHeader && !TryCountForAddress(connection))
        {
            connection.BeginLinger();
            return;
        }

        if (!expectsHeader && tls is null)
        {
            connection.EndOpening(raw);
            return;
        }

        connection.BeginOpening(expectsHeader ? context.Options.HeaderTimeout : tls!.Timeout);
        raw.WhenReadable(static state => OnFirstByte((Opening)state!), opening);
    }

    private static void OnFirstByte(Opening opening)
    {
        var (opener, connection, raw, _) = opening;
        if (raw.IsInterrupted)
        {
            connection.BeginLinger();
            return;
        }

        // What follows takes long, and the thread that noticed the first byte has other connections to serve.
        raw.ResumesOnPool = true;
        ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Opener.RunAsync(state), opening, preferLocal: false);
    }

    private async Task RunAsync(Opening opening)
    {
        var (_, connection, raw, expectsHeader) = opening;
        try
        {
            if (expectsHeader && !await ReadProxyHeaderAsync(connection, raw)) connection.BeginLinger();
            else if (tls is null) Finish(connection, raw, raw);
            else await NegotiateAsync(connection, raw, tls, expectsHeader);
        }
        catch (Exception e)
        {
            TransportLog.TransportFault(_logger, e, connection.Id);
            connection.Abort(CloseReason.TransportFault);
            connection.Close();
        }
    }

    private async Task<bool> ReadProxyHeaderAsync(Connection connection, IRawChannel raw)
    {
        var header = await ProxyHeaderReader.ReadAsync(raw, context.Buffers);
        if (!header.IsRead) return false;
        connection.SetProxied(header.Client);
        if (header.Client is not null) TransportLog.ProxyHeaderRead(_logger, connection.Id, header.Client);
        return TryCountForAddress(connection);
    }

    /// <summary>The limit per address, once the client is known; false if the connection is closed without a reply.</summary>
    private bool TryCountForAddress(Connection connection)
    {
        var admission = connection.Admission;
        if (admission.State == AdmissionState.Served && !proxies.Contains(connection.RemoteAddress))
        {
            admission = limits.EnterAddress(connection.RemoteAddress);
            if (admission.State != AdmissionState.Served) TransportLog.AddressLimit(_logger, connection.Id, connection.RemoteEndPoint);
        }

        connection.SetAdmission(admission);
        if (admission.State != AdmissionState.TurnedAway) return true;
        connection.Abort(CloseReason.AddressLimit);
        return false;
    }

    private async Task NegotiateAsync(Connection connection, IRawChannel raw, TlsHandshake handshake, bool afterHeader)
    {
        // Without a PROXY header the time runs from accept.
        if (afterHeader) connection.BeginOpening(handshake.Timeout);
        if (TlsHandshake.IsPlainRequest(raw))
        {
            // It gets a reply that its client can read.
            Finish(connection, raw, raw, RequestRejection.PlainTextToTls);
            return;
        }

        var channel = await handshake.NegotiateAsync(raw, connection.Id);
        if (channel is null)
        {
            connection.BeginLinger();
            return;
        }

        counters.CountHandshake();
        Finish(connection, raw, channel);
    }

    private static void Finish(
        Connection connection, IRawChannel raw, IChannel channel, RequestRejection refusal = RequestRejection.None)
    {
        raw.ResumesOnPool = false;
        connection.EndOpening(channel, refusal);
    }

    /// <summary>A connection on its way to its first request; garbage afterwards.</summary>
    private sealed record Opening(ConnectionOpener Opener, Connection Connection, IRawChannel Raw, bool ExpectsHeader);
}
