using SseServer.Protocol.Http;

namespace SseServer.Transport;

/// <summary>What the transport serves. Called for many connections at once, for one connection one request after the other.</summary>
internal interface IHttpApplication
{
    /// <summary>
    /// Answers a request: with one whole reply, by handing the connection to a stream, or not at all when the body says that the
    /// peer is gone. The exchange is valid until the task completes. An exception is a mistake of ours: it is logged and the
    /// connection closes, with 500 if nothing was replied.
    /// </summary>
    ValueTask HandleAsync(HttpExchange exchange);

    /// <summary>
    /// Words the reply to what is no request. The request's head is incomplete and nothing in it may be trusted. The connection
    /// closes afterwards.
    /// </summary>
    ValueTask RejectAsync(HttpExchange exchange, RequestRejection rejection);
}
