using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using SseServer.Auth;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Protocol.Http;
using SseServer.Protocol.Topics;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// <c>GET /events?topic=..</c> and <c>GET /events/topic</c>: checks what is asked for, takes hold of it in the hub, and hands the connection over.
/// From then on the subscription's shard writes to it, and nobody else.
/// </summary>
internal sealed class SubscribeEndpoint(
    EventHub hub, EndpointOptions options, RequestGuard guard, RenewableStreams streams, Replies replies, ILogger<SubscribeEndpoint> logger)
{
    // Some are named, all are counted.
    private static readonly TimeSpan SlowReaderLines = TimeSpan.FromSeconds(1);

    private readonly StreamQuota _quota = new(options.Limits);
    private readonly LogThrottle _gapLines = new(hub.Time, SlowReaderLines);
    private readonly LogThrottle _stalledLines = new(hub.Time, SlowReaderLines);

    private static ReadOnlySpan<byte> EventStream => "text/event-stream"u8;

    /// <summary>The server is leaving: subscribers are told to come back later.</summary>
    public bool IsDraining { get; set; }

    /// <summary>The shares of the streams there are.</summary>
    internal StreamQuota Quota => _quota;

    public async ValueTask HandleAsync(HttpExchange exchange, RequestParameters parameters)
    {
        var (caller, refusal) = await guard.AdmitAsync(exchange, parameters);
        if (refusal is not null)
        {
            if (refusal.Status == 503) RefuseForNow(exchange, Limit.None, refusal.Detail);
            else replies.Refuse(exchange, refusal);
            return;
        }

        if (!AcceptHeader.AllowsEventStream(exchange.Request))
        {
            replies.Refuse(exchange, new(406, "This resource is a text/event-stream; accept that, or any type."));
            return;
        }

        var selectors = new List<Selector>(1);
        var problem = ReadSelectors(parameters, selectors) ?? ReadStart(exchange.Request, parameters, out _) ?? ReadHeartbeat(parameters, out _)
            ?? ReadFilter(parameters, out _) ?? streams.CheckGrant(caller, selectors);
        if (problem is not null)
        {
            replies.Refuse(exchange, problem);
            return;
        }

        ReadStart(exchange.Request, parameters, out var start);
        if (await hub.IsOverAsync(selectors, start))
        {
            // WHATWG HTML 9.2.1: a 204 tells an EventSource to stop reconnecting.
            replies.Start(exchange, 204);
            exchange.EndReply();
            return;
        }

        if (exchange.Request.Method == RequestMethod.Head)
        {
            if (!exchange.Request.IsHttp11) exchange.CloseAfterReply();
            exchange.StartReply(200);
            WriteFields(exchange.Connection.Output, exchange, caller);
            exchange.EndReplyWithoutLength();
            replies.Metrics.CountReply(200);
            return;
        }

        await SubscribeAsync(exchange, parameters, selectors, caller);
    }

    private async ValueTask SubscribeAsync(HttpExchange exchange, RequestParameters parameters, List<Selector> selectors, Identity caller)
    {
        if (IsDraining)
        {
            RefuseForNow(exchange, Limit.None, "The server is shutting down; come back in some seconds.");
            return;
        }

        var (limit, subscription) = await HoldAsync(exchange, parameters, selectors, caller);
        if (subscription is null)
        {
            RefuseForNow(exchange, limit, LimitNames.Explain(limit));
            return;
        }

        replies.Metrics.CountReply(200);
        exchange.TakeOver(subscription);
    }

    /// <summary>A stream has ended, and others may take its place.</summary>
    internal void OnEnded(Connection connection, StreamQuota.Share share)
    {
        _quota.Return(share);
        if (connection.CloseReason == CloseReason.StalledReader && _stalledLines.TryPass(out var count))
            EndpointLog.ReaderStalled(logger, connection.Id, connection.RemoteEndPoint, count);
    }

    /// <summary>A stream lost events.</summary>
    internal void OnGap(Connection connection)
    {
        if (_gapLines.TryPass(out var count)) EndpointLog.ReaderLostEvents(logger, connection.Id, connection.RemoteEndPoint, count);
    }

    /// <summary>Takes a share of what streams may have, and hold of what the selectors name; the limit in the way where one is.</summary>
    private async ValueTask<(Limit Limit, EventStreamSubscription? Subscription)> HoldAsync(
        HttpExchange exchange, RequestParameters parameters, List<Selector> selectors, Identity caller)
    {
        if (hub.Pressure == MemoryPressure.Level.Full) return (Limit.Memory, null);
        ReadStart(exchange.Request, parameters, out var start);
        ReadHeartbeat(parameters, out var hasHeartbeatEvents);
        ReadFilter(parameters, out var filter);
        var patterns = selectors.Count(selector => selector.Pattern is not null);
        var limit = _quota.TryTake(Subject.Of(exchange, caller), selectors.Count - patterns, patterns, out var share);
        if (limit != Limit.None) return (limit, null);
        if (!exchange.Request.IsHttp11) exchange.CloseAfterReply();
        var renewable = streams.Begin(caller, selectors);
        var subscription = new EventStreamSubscription(exchange.Connection, this, share)
        {
            IsChunked = exchange.Request.IsHttp11,
            TruncatesTemporaryEnd = options.TruncatesTemporaryEnd,
            HasHeartbeatEvents = hasHeartbeatEvents,
            Filter = filter,
            Preamble = ComposeHead(exchange, caller),
            Lifetime = renewable?.Lifetime,
            Renewable = renewable,
        };
        var isHeld = false;
        try
        {
            limit = LimitOf(await hub.HoldAsync(subscription, selectors, start));
            isHeld = limit == Limit.None;
        }
        finally
        {
            if (!isHeld) _quota.Return(share);
        }

        if (isHeld) EndpointLog.StreamOpened(logger, exchange.Connection.Id, selectors.Count, start.From);
        return (limit, isHeld ? subscription : null);
    }

    private static Limit LimitOf(HubStatus status) => status switch
    {
        HubStatus.Ok => Limit.None,
        HubStatus.TooManyTopics => Limit.Topics,
        HubStatus.TooManyPatterns => Limit.Patterns,
        HubStatus.TooManyReaders => Limit.StreamsPerTopic,
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    private Problem? ReadSelectors(RequestParameters parameters, List<Selector> selectors)
    {
        string? problem = null;
        if (parameters.TryGetPathTopic(out var path) && !TryAdd(path, selectors, out problem)) return Problem.BadRequest(problem!);
        for (var i = 0; i < parameters.Count; i++)
            if (parameters.Name(i).SequenceEqual("topic"u8) && !TryAdd(parameters.Value(i), selectors, out problem)) return Problem.BadRequest(problem!);
        if (selectors.Count == 0) TryAdd(TopicName.Default.Utf8, selectors, out _);
        return selectors.Count <= options.MaxTopicsPerSubscription
            ? null
            : Problem.BadRequest($"A subscription takes at most {options.MaxTopicsPerSubscription} topics; use a pattern, or several streams.") with { Limit = Limit.TopicsPerSubscription };
    }

    private static bool TryAdd(ReadOnlySpan<byte> text, List<Selector> selectors, out string? problem)
    {
        if (!Selector.TryCreate(text, out var selector, out problem)) return false;
        selectors.Add(selector);
        return true;
    }

    // The header comes from a reconnecting EventSource, whose URL still says where it first began: so it goes before the URL.
    private Problem? ReadStart(RequestHead request, RequestParameters parameters, out ResumePoint start)
    {
        start = ResumePoint.Head;
        if (request.TryGetHeader("Last-Event-ID"u8, out var id) && !id.IsEmpty) start = ResumePoint.After(id);
        else if (parameters.TryGet("lastEventId"u8, out id) && !id.IsEmpty) start = ResumePoint.After(id);
        else if (parameters.TryGet("since"u8, out var since) && !SinceParameter.TryParse(since, hub.Time.GetUtcNow(), out start))
            return Problem.BadRequest(SinceParameter.Forms);
        return null;
    }

    private static Problem? ReadHeartbeat(RequestParameters parameters, out bool asEvent)
    {
        asEvent = parameters.TryGet("heartbeat"u8, out var value) && value.SequenceEqual("event"u8);
        return asEvent || value.IsEmpty || value.SequenceEqual("comment"u8) ? null : Problem.BadRequest("heartbeat= takes event or comment.");
    }

    private static Problem? ReadFilter(RequestParameters parameters, out EventFilter? filter)
    {
        var names = new List<byte[]>();
        for (var i = 0; i < parameters.Count; i++)
            if (parameters.Name(i).SequenceEqual("event"u8)) names.Add(parameters.Value(i).ToArray());
        return EventFilter.TryCreate(names, out filter, out var problem) ? null : Problem.BadRequest(problem!);
    }

    private byte[] ComposeHead(HttpExchange exchange, Identity caller)
    {
        var head = new ArrayBufferWriter<byte>(512);
        exchange.WriteReplyHead(head, 200);
        WriteFields(head, exchange, caller);
        ResponseHead.WriteEnd(head);
        return head.WrittenSpan.ToArray();
    }

    private void WriteFields(IBufferWriter<byte> output, HttpExchange exchange, Identity caller)
    {
        ResponseHead.WriteHeader(output, "Content-Type"u8, EventStream);
        // RFC 6750 section 2.3: what a token in the URL opened is nobody else's.
        ResponseHead.WriteHeader(output, "Cache-Control"u8, caller.IsAnonymous ? "no-cache, no-transform"u8 : "private, no-cache, no-transform"u8);
        if (exchange.Request.IsHttp11)
        {
            if (!exchange.WillClose) ResponseHead.WriteHeader(output, "Connection"u8, "keep-alive"u8);
            ResponseHead.WriteHeader(output, "Transfer-Encoding"u8, "chunked"u8);
        }

        // nginx buffers what it proxies unless this field says otherwise.
        ResponseHead.WriteHeader(output, "X-Accel-Buffering"u8, "no"u8);
        ResponseHead.WriteHeader(output, "X-Content-Type-Options"u8, "nosniff"u8);
        replies.Cors.Write(output, exchange.Request);
    }

    /// <summary>
    /// Refuses what may work later. EventSource never retries after a 503, so a client that asks for an event stream by name gets one, whose only
    /// block paces its return; everyone else gets the status.
    /// </summary>
    public void RefuseForNow(HttpExchange exchange, Limit limit, string detail, int status = 503)
    {
        // Where a limit is in the way, that one is full.
        var load = limit == Limit.None ? hub.Load : 1;
        if (exchange.Request.Method != RequestMethod.Get || !AcceptHeader.NamesEventStream(exchange.Request))
        {
            var atLeast = hub.MeanRetry(load) * RetryPacing.Nearest;
            var absence = hub.Absence;
            replies.Refuse(exchange, Problem.ForNow(status, detail, absence > atLeast ? absence : atLeast) with { Limit = limit });
            return;
        }

        replies.Metrics.Limits.Count(limit);
        replies.Metrics.Limits.CountSoft(limit);
        var block = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {hub.NextRetry(load)}\n\n"));
        if (options.TruncatesTemporaryEnd && exchange.Request.IsHttp11) replies.SendTruncated(exchange, EventStream, block);
        else replies.Send(exchange, 200, EventStream, block);
    }
}
