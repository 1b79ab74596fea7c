using System.Text.Json;
using SseServer.Catalog;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>What a publisher is told of what was published, or why the hub refused it.</summary>
internal sealed class PublishResponses(ResponseWriter responses, PublishLimits limits)
{
    /// <summary>Returns why the hub did not take a batch; null if it did.</summary>
    public static Problem? RefusalOf(HubStatus status) => status switch
    {
        HubStatus.Ok => null,
        HubStatus.TopicEnded => new(ProblemCode.TopicEnded,
            "The topic has ended; publish to another topic, or wait until the server forgets that it ended."),
        HubStatus.IdConflict => new(ProblemCode.IdConflict,
            "The topic has an event with this id and other content; publish other content under another id."),
        HubStatus.NoSuchTopic => new(ProblemCode.TopicNotFound,
            "There is no such topic; it was never published to, or is deleted already."),
        HubStatus.StoreFull => new(ProblemCode.HistoryFull,
            "The disk that holds the history is full, and nothing was published; free some space, then publish again."),
        HubStatus.StoreMissing => Problem.ForNow(ProblemCode.HistoryUnavailable,
            "The history file was deleted, moved or replaced, and nothing was published; "
            + "follow the server's log, and retry after Retry-After seconds."),
        HubStatus.StoreUnavailable => Problem.ForNow(ProblemCode.HistoryUnavailable,
            "The history cannot be written, and nothing was published; "
            + "see the server's log for the reason, and retry after Retry-After seconds."),
        HubStatus.OutcomeUnknown => Problem.ForNow(ProblemCode.HistoryUnavailable,
            "The database of the history did not confirm this, so it may or may not have happened; "
            + "repeat it after Retry-After seconds, and give events an id= so that none is published twice."),
        _ => Problem.ForNow(ProblemCode.TopicLimit,
            "The server has reached its topic limit; publish to an existing topic, or raise Topics:MaxTopics.") with
        {
            Limit = LimitKind.Topics,
        },
    };

    /// <summary>Writes <c>{"id":"1763794123123-0","topic":"orders/1"}</c>, for a repeat with <c>"repeated":true</c>.</summary>
    public void SendSingle(HttpExchange exchange, PublishContext context, int status, bool isRepeat = false)
        => SendOne(exchange, context, status, context.Batch.IdOf(0), context.Batch.TopicOf(0), isRepeat ? "repeated"u8 : default);

    /// <summary>
    /// Writes <c>{"first":"...","last":"...","end":"...","count":5,"repeated":1}</c>; a member without a value is left out.
    /// </summary>
    public void SendMany(HttpExchange exchange, PublishContext context, Progress progress)
    {
        var writer = context.BeginResponse();
        writer.WriteStartObject();
        if (progress.First is { } first) WriteId(writer, "first"u8, first);
        if (progress.Last is { } last) WriteId(writer, "last"u8, last);
        if (progress.End is { } end) WriteId(writer, "end"u8, end);
        writer.WriteNumber("count"u8, progress.Events);
        if (progress.Repeats > 0) writer.WriteNumber("repeated"u8, progress.Repeats);
        writer.WriteEndObject();
        Send(exchange, context, progress.HasNew ? 201 : 200);
    }

    /// <summary>Writes <c>{"id":"1763794123123-0","topic":"orders/1","deleted":true}</c>.</summary>
    public void SendDeleted(HttpExchange exchange, PublishContext context, ReadOnlySpan<byte> topic, EventId id)
        => SendOne(exchange, context, 200, id, topic, "deleted"u8);

    private void SendOne(
        HttpExchange exchange, PublishContext context, int status, EventId id, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> flag)
    {
        var writer = context.BeginResponse();
        writer.WriteStartObject();
        WriteId(writer, "id"u8, id);
        writer.WriteString("topic"u8, topic);
        if (!flag.IsEmpty) writer.WriteBoolean(flag, true);
        writer.WriteEndObject();
        Send(exchange, context, status);
    }

    private void Send(HttpExchange exchange, PublishContext context, int status)
    {
        context.EndResponse();
        responses.Start(exchange, status);
        limits.RateOf(exchange, context)?.Write(exchange);
        exchange.EndReply(MediaType.Json, context.Response.WrittenSpan);
    }

    private static void WriteId(Utf8JsonWriter writer, ReadOnlySpan<byte> name, EventId id)
    {
        Span<byte> text = stackalloc byte[EventId.MaxTextLength];
        writer.WriteString(name, text[..id.Format(text)]);
    }

    /// <summary>What was published so far of a body with several events.</summary>
    public sealed class Progress
    {
        public EventId? First { get; private set; }

        public EventId? Last { get; private set; }

        /// <summary>The id of the topic's end, if the topic ended with the body.</summary>
        public EventId? End { get; private set; }

        /// <summary>Something was appended.</summary>
        public bool HasNew { get; private set; }

        public long Events { get; private set; }

        /// <summary>Events whose id had been published before, so that they were not published again.</summary>
        public long Repeats { get; private set; }

        public void Add(PublishBatch batch) => Add(batch, batch.Count);

        /// <summary>Adds the first events of a batch; the others were not published.</summary>
        public void Add(PublishBatch batch, int count)
        {
            First ??= batch.IdOf(0);
            Last = batch.IdOf(count - 1);
            Events += count;
            for (var i = 0; i < count; i++)
                if (batch.IsRepeat(i)) Repeats++;
            HasNew |= Events > Repeats;
        }

        /// <summary>Adds the end that is a batch's only event.</summary>
        public void AddEnd(PublishBatch batch)
        {
            End = batch.IdOf(0);
            HasNew |= !batch.IsRepeat(0);
        }
    }
}
