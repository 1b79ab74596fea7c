using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace SseServer.Transport;

/// <summary>The transport's log entries, ids 1000 to 1999. What peers do is logged at Debug.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(1000, LogLevel.Information, "Listening on {EndPoint}")]
    public static partial void Listening(ILogger logger, EndPoint? endPoint);

    [LoggerMessage(1001, LogLevel.Information, "No longer accepting connections")]
    public static partial void AcceptingStopped(ILogger logger);

    [LoggerMessage(1002, LogLevel.Warning, "Accept paused: {Error}. Resumes automatically when file descriptors and memory are available")]
    public static partial void AcceptPressure(ILogger logger, SocketError error);

    [LoggerMessage(1003, LogLevel.Information, "Accept resumed")]
    public static partial void AcceptRecovered(ILogger logger);

    [LoggerMessage(1004, LogLevel.Critical, "The listener on {EndPoint} failed; clients can no longer connect to it")]
    public static partial void AcceptFailed(ILogger logger, Exception exception, EndPoint? endPoint);

    [LoggerMessage(1013, LogLevel.Error, "Could not open a connection accepted on {EndPoint}; accepting continues")]
    public static partial void AcceptFault(ILogger logger, Exception exception, EndPoint? endPoint);

    [LoggerMessage(1005, LogLevel.Debug, "A client left before its connection was accepted: {Error}")]
    public static partial void AcceptClientFault(ILogger logger, SocketError error);

    [LoggerMessage(1006, LogLevel.Warning, "Connection limit reached: {Limit} connections are open; more are refused")]
    public static partial void ConnectionLimit(ILogger logger, int limit);

    [LoggerMessage(1007, LogLevel.Information, "Listening on {EndPoint} with TLS")]
    public static partial void ListeningWithTls(ILogger logger, EndPoint? endPoint);

    [LoggerMessage(1012, LogLevel.Information, "Connections are limited to {Limit} by the limit on open files")]
    public static partial void DescriptorLimit(ILogger logger, int limit);

    [LoggerMessage(1008, LogLevel.Debug, "Connection {Id} refused: too many connections from the address of {RemoteEndPoint}")]
    public static partial void AddressLimit(ILogger logger, long id, IPEndPoint? remoteEndPoint);

    [LoggerMessage(1009, LogLevel.Debug, "PROXY header: connection {Id} is from {Client}")]
    public static partial void ProxyHeaderRead(ILogger logger, long id, IPEndPoint client);

    [LoggerMessage(1010, LogLevel.Debug, "Connection {Id} accepted from {RemoteEndPoint}")]
    public static partial void Accepted(ILogger logger, long id, IPEndPoint? remoteEndPoint);

    [LoggerMessage(1011, LogLevel.Debug, "Connection {Id} closed: {Reason}")]
    public static partial void Closed(ILogger logger, long id, CloseReason reason);

    [LoggerMessage(1020, LogLevel.Error, "The application failed on connection {Id}")]
    public static partial void ApplicationFault(ILogger logger, Exception exception, long id);

    [LoggerMessage(1021, LogLevel.Error, "The application gave no complete reply on connection {Id}")]
    public static partial void ReplyMissing(ILogger logger, long id);

    [LoggerMessage(1022, LogLevel.Error, "The transport failed on connection {Id}")]
    public static partial void TransportFault(ILogger logger, Exception exception, long id);

    [LoggerMessage(1040, LogLevel.Debug, "TLS handshake failed on connection {Id}: {Reason}")]
    public static partial void HandshakeFailed(ILogger logger, long id, string reason);

    [LoggerMessage(1041, LogLevel.Information, "TLS uses the certificate of {Subject}, valid until {NotAfter:u}")]
    public static partial void CertificateUsed(ILogger logger, string subject, DateTimeOffset notAfter);

    [LoggerMessage(
        1042, LogLevel.Warning, "The certificate files have changed but cannot be used; TLS keeps the current certificate: {Problem}")]
    public static partial void CertificateKept(ILogger logger, string problem);

    [LoggerMessage(1043, LogLevel.Warning, "The certificate of {Subject} expires {NotAfter:u}; renew it")]
    public static partial void CertificateExpires(ILogger logger, string subject, DateTimeOffset notAfter);

    [LoggerMessage(1030, LogLevel.Information, "Draining {Count} connections for at most {Timeout}")]
    public static partial void Draining(ILogger logger, int count, TimeSpan timeout);

    [LoggerMessage(1031, LogLevel.Warning, "Drain timed out; cutting off {Count} connections")]
    public static partial void DrainTimeout(ILogger logger, int count);
}
