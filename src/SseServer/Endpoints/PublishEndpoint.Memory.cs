using SseServer.Transport;

namespace SseServer.Endpoints;

// What a body holds is counted as it grows, and a body may be given up for others.
internal sealed partial class PublishEndpoint
{
    /// <summary>
    /// Counts what the request holds by now; a problem where that is more than there is, or where its body was given up meanwhile.
    /// </summary>
    private Problem? Hold(HttpExchange exchange, PublishContext context, BodyReadStatus status)
    {
        var bytes = context.HeldBytes;
        // A long head stays as long as its body does.
        if (exchange.Request.HeldBytes > BodyMemory.FreeBytes) bytes += exchange.Request.HeldBytes;
        // Most publishes end here, before it is looked up whose they are.
        if (bytes <= BodyMemory.FreeBytes && !context.Hold.HasCounted) return null;
        var body = status == BodyReadStatus.Data ? exchange.Body : null;
        var limit = bodies.TryHold(context.Hold, ClientKey.Of(exchange, context.Authorization.Caller), bytes, body);
        return limit == LimitKind.None ? null : Explain(limit, bytes);
    }

    private Problem GivenUp(PublishContext context) => Explain(context.Hold.GivenUpFor, 0);

    private Problem Explain(LimitKind limit, long bytes)
    {
        if (bytes > bodies.MaxOfOne)
        {
            var detail = $"The body and its events need more than {bodies.MaxOfOne} bytes of memory; "
                + $"send less, or raise {LimitNames.Setting(limit)}.";
            return new(413, detail) { Limit = limit };
        }

        return Problem.ForNow(limit == LimitKind.BodyMemoryPerClient ? 429 : 503, LimitNames.Explain(limit)) with { Limit = limit };
    }
}
