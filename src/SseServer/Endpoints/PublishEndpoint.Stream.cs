using System.Buffers;
using SseServer.Auth;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;
using SseServer.Transport;

namespace SseServer.Endpoints;

// text/event-stream: each event is published as its block is complete, for as long as the body lasts.
internal sealed partial class PublishEndpoint
{
    private async ValueTask<Problem?> PublishStreamAsync(HttpExchange exchange, PublishContext context)
    {
        if (CheckTopicOfMany(context, allowsFinal: true, "A stream of events accepts only topic= and final= in the query; put everything else in its events.") is { } wrong) return Problem.BadRequest(wrong);
        if (CheckStreamTopic(context) is { } beyond) return beyond;
        var parser = new EventStreamParser(options.MaxEventBytes);
        var progress = new PublishProgress();
        (exchange.Body.MaxBytes, exchange.Body.MinRate) = (long.MaxValue, 0);
        while (true)
        {
            var read = await exchange.Body.ReadAsync(context.Body);
            // What was complete before an error is published all the same: it was accepted when its block ended.
            var problem = CheckExpiry(context) ?? AddBlocks(context, parser) ?? HoldStream(exchange, context, parser);
            if (context.Batch.Count > 0)
            {
                if (Refusal(await hub.PublishAsync(context.Batch)) is { } refusal) return refusal with { LastId = progress.Last?.ToString() };
                progress.Count(context.Batch);
                if (!_rate.IsOff && read.Status == BodyReadStatus.Data) await PauseAsync(_rate.Take(ClientKey.Of(exchange, context.Authorization.Caller), context.Batch.Count));
                context.Batch.Clear();
                problem ??= HoldStream(exchange, context, parser);
            }

            if (problem is null && read.Status == BodyReadStatus.Data) problem = LeavingAfter() ?? ShortOfMemory();
            if (problem is null && read.Status == BodyReadStatus.Data) continue;
            if (problem is null && read.Status == BodyReadStatus.Aborted) return null;
            problem ??= EndOf(read, context, parser) ?? await EndStreamTopicAsync(context, progress);
            if (problem is not null) return problem with { LastId = progress.Last?.ToString() };
            ReplyMany(exchange, context, progress);
            return null;
        }
    }

    private static Problem? CheckStreamTopic(PublishContext context)
    {
        EventFields.ReadTopic(context.Parameters, out var topic);
        return EventFields.CheckGrant(topic, context.Authorization);
    }

    // A body may last longer than the token that it began with.
    private Problem? CheckExpiry(PublishContext context)
        => context.Authorization.Caller.Expires <= hub.Time.GetUtcNow() ? RequestAuthorizer.Explain(AuthFailure.Expired) : null;

    // A stream that comes too fast is read more slowly, which its sender's TCP tells it; the server's leaving cuts the pause short.
    private async ValueTask PauseAsync(TimeSpan pause)
    {
        if (pause > TimeSpan.Zero) await Task.Delay(pause, hub.Time, _draining.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Problem? LeavingAfter()
        => Leaving("The server is shutting down; continue after the event lastId, later or on another server.");

    // It is read for as long as it lasts, and may be given up at any time for what it holds of an event that does not end.
    private Problem? HoldStream(HttpExchange exchange, PublishContext context, EventStreamParser parser)
    {
        context.ParserBytes = parser.HeldBytes;
        return Hold(exchange, context, BodyReadStatus.Data);
    }

    private Problem? EndOf(BodyReadResult read, PublishContext context, EventStreamParser parser)
    {
        if (read.Status == BodyReadStatus.GivenUp) return GivenUp(context);
        if (read.Status != BodyReadStatus.End) return Problem.Of(read.Rejection);
        return parser.HasPartialEvent ? Problem.BadRequest("The body ends in the middle of an event; end every event, including the last, with a blank line.") : null;
    }

    private Problem? AddBlocks(PublishContext context, EventStreamParser parser)
    {
        EventFields.ReadTopic(context.Parameters, out var topic);
        var input = new ReadOnlySequence<byte>(context.Body.WrittenMemory);
        Problem? problem = null;
        while (problem is null)
        {
            var status = parser.Parse(ref input);
            if (status == EventStreamParseStatus.NeedMore) break;
            problem = status switch
            {
                EventStreamParseStatus.TooLarge => new(413, $"An event is longer than {options.MaxEventBytes} bytes; send less, or raise Limits:MaxEventBytes.") { Limit = LimitKind.EventBytes },
                EventStreamParseStatus.InvalidUtf8 => Problem.BadRequest("An event is not valid UTF-8; send text as UTF-8."),
                _ => AddBlock(context, topic, parser),
            };
        }

        context.Body.ResetWrittenCount();
        return problem;
    }

    private Problem? AddBlock(PublishContext context, TopicName topic, EventStreamParser parser)
    {
        PublisherEventId id = default;
        var wrong = EventFields.CheckName(parser.Name, out var name);
        if (wrong is null && parser.HasId) wrong = EventFields.CheckId(parser.Id, out id);
        if (wrong is not null) return Problem.BadRequest(wrong);
        var retry = parser.RetryMilliseconds < 0 ? -1 : EventFields.Clamp(parser.RetryMilliseconds, options);
        context.Batch.Add(topic, new ServerSentEvent { Name = name, Id = id, RetryMilliseconds = retry, Data = parser.Data });
        return null;
    }

    private void ReplyMany(HttpExchange exchange, PublishContext context, PublishProgress progress)
    {
        var writer = context.BeginReply();
        writer.WriteStartObject();
        if (progress.First is { } first) WriteId(writer, "first"u8, first);
        if (progress.Last is { } last) WriteId(writer, "last"u8, last);
        if (progress.End is { } end) WriteId(writer, "end"u8, end);
        writer.WriteNumber("count"u8, progress.Events);
        if (progress.Repeats > 0) writer.WriteNumber("repeated"u8, progress.Repeats);
        writer.WriteEndObject();
        writer.Flush();
        responses.Send(exchange, progress.Events > progress.Repeats ? 201 : 200, Json, context.Reply.WrittenSpan);
    }

    /// <summary>What of a body of several events was published so far.</summary>
    private sealed class PublishProgress
    {
        public EventId? First { get; private set; }

        public EventId? Last { get; private set; }

        /// <summary>The end of the topic, where the body's end was one.</summary>
        public EventId? End { get; set; }

        public long Events { get; private set; }

        public long Repeats { get; private set; }

        public void Count(PublishBatch batch)
        {
            First ??= batch.IdOf(0);
            Last = batch.IdOf(batch.Count - 1);
            Events += batch.Count;
            for (var i = 0; i < batch.Count; i++)
                if (batch.IsRepeat(i)) Repeats++;
        }
    }
}
