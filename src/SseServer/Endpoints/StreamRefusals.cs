using System.Globalization;
using System.Text;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Protocol.Http;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// Refuses requests that may succeed later. <c>EventSource</c> never retries after a 503, so a client that asks for an event stream by name
/// gets one whose only block tells it when to retry; every other client gets the status.
/// </summary>
/// <param name="hub">Paces the return.</param>
/// <param name="responses">Writes the responses.</param>
/// <param name="truncates">Whether such a stream ends without the last chunk.</param>
internal sealed class StreamRefusals(EventHub hub, ResponseWriter responses, bool truncates)
{
    /// <summary>Refuses a request at a limit.</summary>
    public void Refuse(HttpExchange exchange, LimitKind limit)
    {
        var info = LimitInfo.Of(limit);
        Refuse(exchange, limit, info.Code!, info.Sentence!);
    }

    /// <summary>Refuses a request for another reason than a limit.</summary>
    public void Refuse(HttpExchange exchange, ProblemCode code, string detail) => Refuse(exchange, LimitKind.None, code, detail);

    private void Refuse(HttpExchange exchange, LimitKind limit, ProblemCode code, string detail)
    {
        // At a limit the load is full.
        var load = limit == LimitKind.None ? hub.Reconnection.Load : 1;
        if (exchange.Request.Method != RequestMethod.Get || !AcceptHeader.NamesEventStream(exchange.Request)
            || AcceptHeader.PrefersJson(exchange.Request))
        {
            var atLeast = hub.Reconnection.MeanAt(load) * RetryPacing.Nearest;
            var absence = hub.Reconnection.Absence;
            responses.Refuse(exchange, Problem.ForNow(code, detail, absence > atLeast ? absence : atLeast) with { Limit = limit });
            return;
        }

        responses.Metrics.CountSoftRefusal(limit);
        var retry = hub.Reconnection.NextAt(load);
        var block = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {retry}\n\n"));
        var isTruncated = truncates && exchange.Request.IsHttp11;
        if (isTruncated) exchange.CloseAfterReply();
        responses.Start(exchange, 200);
        // Clients ignore it here; monitoring and proxies recognize the refusal by it, because no other stream has the field.
        exchange.Header("Retry-After"u8, (retry + 999) / 1000);
        if (isTruncated) exchange.EndTruncatedReply(MediaType.EventStreamUtf8, block);
        else exchange.EndReply(MediaType.EventStreamUtf8, block);
    }
}
