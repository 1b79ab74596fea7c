using Microsoft.Extensions.Logging;
using SseServer.Transport.Limits;
using SseServer.Transport.Proxies;

namespace SseServer.Transport;

/// <summary>What the request loops of one server share. Immutable but for the drain; safe on any thread.</summary>
/// <param name="Options">Bounds and timeouts.</param>
/// <param name="Application">Replies to requests.</param>
/// <param name="Heads">Bounds the memory of unfinished heads.</param>
/// <param name="Proxies">The proxies that are trusted.</param>
/// <param name="Date">The Date field.</param>
/// <param name="Drain">Whether the server drains.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">Where request loops log.</param>
internal sealed record RequestServices(
    TransportOptions Options, IHttpApplication Application, HeadMemory Heads, TrustedProxies Proxies, DateHeader Date, DrainState Drain,
    TimeProvider Time, ILogger Logger);
