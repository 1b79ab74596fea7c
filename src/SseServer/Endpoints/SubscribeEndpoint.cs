using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging;
using SseServer.Auth;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Protocol.Http;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// <c>GET /events?topic=..</c> and <c>GET /events/topic</c>: checks the request, acquires its topics in the hub and hands the connection
/// over. From then on only the subscription's shard writes to it.
/// </summary>
internal sealed class SubscribeEndpoint(
    EventHub hub,
    EndpointOptions options,
    RequestAuthorizer authorizer,
    RenewableStreams streams,
    ResponseWriter responses,
    StreamRefusals refusals,
    ILogger<SubscribeEndpoint> logger)
{
    // One message names a slow subscriber, and the counts include all of them.
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(1);

    private readonly StreamQuota _quota = new(options.Limits);
    private readonly LogThrottle _gapThrottle = new(hub.Time, LogInterval);
    private readonly LogThrottle _stallThrottle = new(hub.Time, LogInterval);

    /// <summary>Whether the server is shutting down, so that subscribers are told to retry later.</summary>
    public bool IsDraining { get; set; }

    public async ValueTask HandleAsync(HttpExchange exchange, RequestParameters parameters)
    {
        var (caller, refusal) = await authorizer.AuthorizeAsync(exchange, parameters);
        if (refusal is not null)
        {
            if (refusal.Status == 503) refusals.Refuse(exchange, refusal.Code, refusal.Detail);
            else responses.Refuse(exchange, refusal);
            return;
        }

        if (!AcceptHeader.AllowsEventStream(exchange.Request) && !AcceptHeader.PrefersJson(exchange.Request))
        {
            responses.Refuse(exchange, new(406,
                "The Accept header excludes text/event-stream and application/json, the formats of this resource; accept one of them."));
            return;
        }

        var problem = SubscribeRequest.Read(exchange.Request, parameters, options, hub.Time.GetUtcNow(), out var request)
            ?? streams.CheckGrant(caller, request!.Selectors);
        if (problem is not null) responses.Refuse(exchange, problem);
        else if (await hub.IsOverAsync(request!.Selectors, request.Start)) SendOver(exchange, request);
        else if (exchange.Request.Method == RequestMethod.Head) await SendHeadAsync(exchange, request, caller);
        else await SubscribeAsync(exchange, request, caller);
    }

    /// <summary>A stream has ended, and others may take its place.</summary>
    internal void OnEnded(Connection connection, StreamQuota.Share share)
    {
        _quota.Return(share);
        if (connection.CloseReason == CloseReason.StalledReader && _stallThrottle.TryPass(out var count))
            EndpointLog.SubscriberStalled(logger, connection.Id, connection.RemoteEndPoint, count);
    }

    /// <summary>A subscriber lost events.</summary>
    internal void OnGap(Connection connection)
    {
        if (_gapThrottle.TryPass(out var count)) EndpointLog.SubscriberLostEvents(logger, connection.Id, connection.RemoteEndPoint, count);
    }

    // WHATWG HTML 9.2.1: a 204 tells an EventSource to stop reconnecting. A client that reads JSON gets a document as always.
    private void SendOver(HttpExchange exchange, SubscribeRequest request)
    {
        if (request.Representation == Representation.Json)
        {
            var json = new ArrayBufferWriter<byte>();
            PollBlocks.WriteStart(json);
            var next = request.Start.Text is { } id ? Encoding.UTF8.GetString(id) : null;
            PollBlocks.WriteEnd(json, next, gap: null, hasEnded: true);
            responses.Start(exchange, 200);
            exchange.Header("Vary"u8, "Accept"u8);
            exchange.EndReply(MediaType.Json, json.WrittenSpan);
            return;
        }

        responses.Start(exchange, 204);
        exchange.EndReply();
    }

    private async ValueTask SendHeadAsync(HttpExchange exchange, SubscribeRequest request, Identity caller)
    {
        var position = await hub.FindPositionAsync(request.Selectors, request.Start);
        if (!exchange.Request.IsHttp11) exchange.CloseAfterReply();
        exchange.StartReply(200);
        WriteFields(exchange.Connection.Output, exchange, request, caller);
        PositionField.Write(exchange.Connection.Output, position);
        exchange.EndReplyWithoutLength();
        responses.Metrics.CountResponse(200);
    }

    private async ValueTask SubscribeAsync(HttpExchange exchange, SubscribeRequest request, Identity caller)
    {
        if (IsDraining)
        {
            refusals.Refuse(exchange, ProblemCode.ShuttingDown, "The server is shutting down; retry after Retry-After seconds.");
            return;
        }

        var (limit, subscription) = await AcquireAsync(exchange, request, caller);
        if (subscription is null)
        {
            refusals.Refuse(exchange, limit);
            return;
        }

        responses.Metrics.CountResponse(200);
        exchange.TakeOver(subscription);
    }

    /// <summary>
    /// Takes a share of the stream limits and acquires the topics in the hub; returns the limit that prevents it, if any.
    /// </summary>
    private async ValueTask<(LimitKind Limit, EventStreamSubscription? Subscription)> AcquireAsync(
        HttpExchange exchange, SubscribeRequest request, Identity caller)
    {
        if (hub.Pressure == MemoryPressure.Full) return (LimitKind.Memory, null);
        var topics = request.Selectors.Count - request.Patterns;
        var limit = _quota.TryTake(ClientKey.Of(exchange, caller), topics, request.Patterns, out var share);
        if (limit != LimitKind.None) return (limit, null);
        if (!exchange.Request.IsHttp11) exchange.CloseAfterReply();
        var renewable = streams.Begin(caller, request.Selectors);
        var subscription = new EventStreamSubscription(exchange.Connection, this, share)
        {
            IsChunked = exchange.Request.IsHttp11,
            // A poll is a complete response, also if the server drains.
            TruncatesTemporaryEnd = options.TruncatesTemporaryEnd && request.Poll is null,
            HasHeartbeatEvents = request.HasHeartbeatEvents,
            HasGreetingEvent = request.HasGreetingEvent,
            Filter = request.Filter,
            Representation = request.Representation,
            Poll = request.Poll is { } poll ? new Poll(poll.Limit, poll.Wait) : null,
            Preamble = ComposeHead(exchange, request, caller),
            Lifetime = renewable?.Lifetime,
            Renewable = renewable,
        };
        var isAcquired = false;
        try
        {
            limit = LimitOf(await hub.AcquireAsync(subscription, request.Selectors, request.Start));
            isAcquired = limit == LimitKind.None;
        }
        finally
        {
            if (!isAcquired) _quota.Return(share);
        }

        if (!isAcquired) return (limit, null);
        EndpointLog.StreamOpened(logger, exchange.Connection.Id, request.Selectors.Count, request.Start.From);
        return (LimitKind.None, subscription);
    }

    private static LimitKind LimitOf(HubStatus status) => status switch
    {
        HubStatus.Ok => LimitKind.None,
        HubStatus.TooManyTopics => LimitKind.Topics,
        HubStatus.TooManyPatterns => LimitKind.Patterns,
        HubStatus.TooManySubscribers => LimitKind.StreamsPerTopic,
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    // All but its end: the subscription adds the position.
    private byte[] ComposeHead(HttpExchange exchange, SubscribeRequest request, Identity caller)
    {
        var head = new ArrayBufferWriter<byte>(512);
        exchange.WriteReplyHead(head, 200);
        WriteFields(head, exchange, request, caller);
        return head.WrittenSpan.ToArray();
    }

    private void WriteFields(IBufferWriter<byte> output, HttpExchange exchange, SubscribeRequest request, Identity caller)
    {
        var isJson = request.Representation == Representation.Json;
        ResponseHead.WriteHeader(output, "Content-Type"u8, isJson ? MediaType.Json : MediaType.EventStreamUtf8);
        // A poll is a complete response, which a cache would otherwise answer the same URL with (RFC 9111 section 4.2.2).
        // RFC 6750 section 2.3: a response to a token in the URL must not be stored by shared caches.
        ResponseHead.WriteHeader(output, "Cache-Control"u8, request.Poll is not null ? "no-store"u8
            : caller.IsAnonymous ? "no-cache, no-transform"u8 : "private, no-cache, no-transform"u8);
        if (request.Poll is not null) ResponseHead.WriteHeader(output, "Vary"u8, "Accept"u8);
        if (exchange.Request.IsHttp11)
        {
            if (!exchange.WillClose) ResponseHead.WriteHeader(output, "Connection"u8, "keep-alive"u8);
            ResponseHead.WriteHeader(output, "Transfer-Encoding"u8, "chunked"u8);
        }

        // Without this field nginx buffers what it proxies.
        ResponseHead.WriteHeader(output, "X-Accel-Buffering"u8, "no"u8);
        ResponseHead.WriteHeader(output, "X-Content-Type-Options"u8, "nosniff"u8);
        responses.Cors.Write(output, exchange.Request);
    }
}
