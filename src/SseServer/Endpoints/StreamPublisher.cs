using System.Buffers;
using SseServer.Catalog;
using SseServer.Hub;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>Publishes <c>text/event-stream</c>: each event as soon as its block is complete, for as long as the body lasts.</summary>
internal sealed class StreamPublisher(EventHub hub, EndpointOptions options, PublishLimits limits, PublishResponses results)
{
    public async ValueTask<Problem?> PublishAsync(HttpExchange exchange, PublishContext context)
    {
        var parser = new EventStreamParser(options.MaxEventBytes);
        var progress = new PublishResponses.Progress();
        (exchange.Body.MaxBytes, exchange.Body.MinRate) = (long.MaxValue, 0);
        while (true)
        {
            var read = await exchange.Body.ReadAsync(context.Body);
            // Events that were complete before an error are published nevertheless: each was accepted when its block ended.
            var problem = limits.CheckExpiry(context) ?? AddBlocks(context, parser) ?? CountBody(exchange, context, parser);
            if (context.Batch.Count > 0)
            {
                if (await PublishBlocksAsync(context.Batch, progress) is { } refusal) return After(progress, refusal);
                // The last events are paid for as well, or short streams would cost nothing; but nothing is left to be slowed down.
                await limits.SlowDownAsync(exchange, context, context.Batch.Count, waits: read.Status == BodyReadStatus.Data);
                context.Batch.Clear();
                problem ??= CountBody(exchange, context, parser);
            }

            if (problem is null && read.Status == BodyReadStatus.Data) problem = limits.CheckDrainInStream() ?? limits.CheckMemory();
            if (problem is null && read.Status == BodyReadStatus.Data) continue;
            if (problem is null && read.Status == BodyReadStatus.Aborted) return null;
            problem ??= ProblemOf(read, context, parser) ?? await EndTopicAsync(context, progress);
            if (problem is not null) return After(progress, problem);
            results.SendMany(exchange, context, progress);
            return null;
        }
    }

    /// <summary>
    /// Publishes the blocks that arrived together. If one of them is refused, those before it are published nevertheless, as if each had
    /// arrived alone.
    /// </summary>
    private async ValueTask<Problem?> PublishBlocksAsync(PublishBatch batch, PublishResponses.Progress progress)
    {
        var status = await hub.PublishAsync(batch);
        if (status == HubStatus.Ok)
        {
            progress.Add(batch);
        }
        else if (batch.AppendedCount > 0)
        {
            progress.Add(batch, batch.AppendedCount);
        }
        else if (status is HubStatus.IdConflict or HubStatus.TopicEnded && batch.RefusedIndex > 0)
        {
            batch.Truncate(batch.RefusedIndex);
            if (await hub.PublishAsync(batch) == HubStatus.Ok) progress.Add(batch);
        }

        return PublishResponses.RefusalOf(status);
    }

    private static Problem After(PublishResponses.Progress progress, Problem problem)
        => problem with { LastId = progress.Last?.ToString() };

    // The body has no end in sight, so it may be given up at any time for what it holds of an unfinished event.
    private Problem? CountBody(HttpExchange exchange, PublishContext context, EventStreamParser parser)
    {
        context.ParserBytes = parser.HeldBytes;
        return limits.CountBody(exchange, context, BodyReadStatus.Data);
    }

    private Problem? ProblemOf(BodyReadResult read, PublishContext context, EventStreamParser parser)
    {
        if (read.Status != BodyReadStatus.End) return limits.ProblemOf(read, context, long.MaxValue, LimitKind.None);
        return parser.HasPartialEvent
            ? Problem.BadEvent("The body ends in the middle of an event; end every event, including the last, with a blank line.")
            : null;
    }

    private async ValueTask<Problem?> EndTopicAsync(PublishContext context, PublishResponses.Progress progress)
    {
        if (!context.Request.IsFinal) return null;
        context.Batch.AddEnd(context.Request.Topic);
        if (PublishResponses.RefusalOf(await hub.PublishAsync(context.Batch)) is { } refusal) return refusal;
        progress.AddEnd(context.Batch);
        return null;
    }

    private Problem? AddBlocks(PublishContext context, EventStreamParser parser)
    {
        var topic = context.Request.Topic;
        var input = new ReadOnlySequence<byte>(context.Body.WrittenMemory);
        Problem? problem = null;
        while (problem is null)
        {
            var status = parser.Parse(ref input);
            if (status == EventStreamParseStatus.NeedMore) break;
            problem = status switch
            {
                EventStreamParseStatus.TooLarge => TooLarge(),
                EventStreamParseStatus.InvalidUtf8 => Problem.BadEvent("An event is not valid UTF-8; send text as UTF-8."),
                _ => AddBlock(context, topic, parser),
            };
        }

        context.Body.ResetWrittenCount();
        return problem;
    }

    private Problem TooLarge()
    {
        var detail = $"An event is longer than {options.MaxEventBytes} bytes; send less, or raise Limits:MaxEventBytes.";
        return new(ProblemCode.EventTooLarge, detail) { Limit = LimitKind.EventBytes };
    }

    private Problem? AddBlock(PublishContext context, TopicName topic, EventStreamParser parser)
    {
        PublisherEventId id = default;
        var wrong = EventFields.CheckName(parser.Name, out var name);
        if (wrong is null && parser.HasId) wrong = EventFields.CheckId(parser.Id, out id);
        if (wrong is not null) return Problem.BadEvent(wrong);
        var retry = parser.RetryMilliseconds < 0 ? -1 : EventFields.ClampRetry(parser.RetryMilliseconds, options);
        var published = new ServerSentEvent { Name = name, Id = id, RetryMilliseconds = retry, Data = parser.Data };
        context.Batch.Add(topic, published);
        return null;
    }
}
