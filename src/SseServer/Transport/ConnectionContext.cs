using Microsoft.Extensions.Logging;
using SseServer.Transport.Channels;

namespace SseServer.Transport;

/// <summary>What the connections of one server share. Immutable but for the drain; safe on any thread.</summary>
/// <param name="Options">Bounds and timeouts.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">Where connections log.</param>
/// <param name="Buffers">Where arrays are borrowed.</param>
/// <param name="Drain">Whether the server drains.</param>
/// <param name="Serve">Serves the requests of a connection until it closes or carries a stream. It returns at once.</param>
/// <param name="Closed">Called once for each connection when it has closed, under its lock.</param>
internal sealed record ConnectionContext(
    TransportOptions Options, TimeProvider Time, ILogger Logger, TransportBuffers Buffers, DrainState Drain,
    Action<Connection> Serve, Action<Connection> Closed);
