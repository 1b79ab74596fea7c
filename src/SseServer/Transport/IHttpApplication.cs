using SseServer.Protocol.Http;

namespace SseServer.Transport;

/// <summary>
/// What the transport serves. It is called for many connections at the same time, and for each one request after the other.
/// </summary>
internal interface IHttpApplication
{
    /// <summary>
    /// Answers a request: with one whole reply, by handing the connection to a stream, or not at all if the body reports that the peer is
    /// gone. The exchange is valid until the task completes. An exception is our mistake: it is logged and the connection closes, with 500
    /// if no reply was started.
    /// </summary>
    ValueTask HandleAsync(HttpExchange exchange);

    /// <summary>
    /// Writes the reply to a request that was rejected. Its head is incomplete and must not be trusted. The connection closes afterwards.
    /// </summary>
    ValueTask RejectAsync(HttpExchange exchange, RequestRejection rejection);
}
