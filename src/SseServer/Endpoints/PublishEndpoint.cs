using System.Buffers.Text;
using System.Text.Unicode;
using SseServer.Catalog;
using SseServer.Hub;
using SseServer.Protocol.EventStream;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// <c>POST /events?topic=..</c> and <c>POST /events/topic</c>: one event, a batch, or a stream of events. The reply comes once the hub has taken
/// them; it waits only while this server's own CPU is behind with healthy readers.
/// </summary>
internal sealed partial class PublishEndpoint(
    EventHub hub, EndpointOptions options, RequestGuard guard, Replies replies, BodyMemory bodies) : IDisposable
{
    private readonly PublishRate _rate = new(options.Limits, hub.Time);
    private readonly CancellationTokenSource _draining = new();

    private static ReadOnlySpan<byte> Json => "application/json"u8;

    /// <summary>
    /// The server is leaving: what begins now is refused, and streams of events are cut at the next event, or the drain would wait for
    /// their publishers.
    /// </summary>
    public void BeginDrain() => _draining.Cancel();

    public void Dispose() => _draining.Dispose();

    public async ValueTask HandleAsync(HttpExchange exchange)
    {
        var work = PublishWork.Take();
        var problem = work.Parameters.Read(exchange.Request) is { } broken ? Problem.BadRequest(broken) : null;
        try
        {
            if (problem is null)
            {
                work.Admission = await guard.AdmitPublisherAsync(exchange, work.Parameters);
                problem = work.Admission.Refusal ?? Leaving() ?? await PublishAsync(exchange, work);
            }

            bodies.Release(work.Hold);
            work.Return();
        }
        catch (Exception e)
        {
            // Nobody knows what still reads the work's arrays, so they are left to the collector.
            bodies.Release(work.Hold);
            if (e is not OutOfMemoryException || exchange.ReplyStarted) throw;
            problem = OutOfMemory();
        }

        if (problem is not null) replies.Refuse(exchange, problem);
    }

    // Null also where a reply was given, or where nobody is left to reply to.
    private ValueTask<Problem?> PublishAsync(HttpExchange exchange, PublishWork work)
    {
        if (MediaType.Read(exchange.Request, out var format) is { } unreadable) return new(new Problem(415, unreadable));
        if ((ShortOfMemory() ?? Hold(exchange, work, BodyReadStatus.Data)) is { } full) return new(full);
        return format switch
        {
            BodyFormat.Batch => PublishBatchAsync(exchange, work),
            BodyFormat.EventStream => PublishStreamAsync(exchange, work),
            _ => PublishSingleAsync(exchange, work, format),
        };
    }

    private async ValueTask<Problem?> PublishSingleAsync(HttpExchange exchange, PublishWork work, BodyFormat format)
    {
        // What is wrong with the URL is said before the body is read.
        if (CheckTarget(work) is { } wrong) return wrong;
        if (Spend(exchange, work, 1) is { } early) return early;
        var (problem, isGone) = await ReadBodyAsync(exchange, work);
        if (problem is not null || isGone) return problem;
        if (CheckExpiry(work) is { } expired) return expired;
        if (Encode(work, format) is { } invalid) return Problem.BadRequest(invalid);
        if (Hold(exchange, work, BodyReadStatus.End) is { } full) return full;
        if (Refusal(await hub.PublishAsync(work.Batch)) is { } refusal) return refusal;
        ReplySingle(exchange, work, work.Batch.IsRepeat(0) ? 200 : 201);
        return null;
    }

    private Problem? CheckTarget(PublishWork work)
        => PublishTarget.Read(work.Parameters, options, out var target) is { } wrong
            ? Problem.BadRequest(wrong)
            : PublishTarget.CheckGrant(target.Topic, work.Admission);

    private string? Encode(PublishWork work, BodyFormat format)
    {
        var data = work.Body.WrittenSpan;
        if (format == BodyFormat.Binary)
        {
            var text = work.Text.GetSpan(Base64.GetMaxEncodedToUtf8Length(data.Length));
            Base64.EncodeToUtf8(data, text, out _, out var written);
            work.Text.Advance(written);
            data = work.Text.WrittenSpan;
        }
        else if (!Utf8.IsValid(data))
        {
            return "The body is not valid UTF-8; send other data as application/octet-stream.";
        }

        PublishTarget.Read(work.Parameters, options, out var target);
        var e = new ServerSentEvent { Name = target.Name, Id = target.Id, RetryMilliseconds = target.RetryMilliseconds, Data = data };
        work.Batch.Add(target.Topic, e, target.Key, target.IsFinal);
        return null;
    }

    /// <summary>Reads the body of one event to its end; a problem where it cannot be had, or that the peer is gone.</summary>
    private async ValueTask<(Problem? Problem, bool IsGone)> ReadBodyAsync(HttpExchange exchange, PublishWork work)
    {
        exchange.Body.MaxBytes = options.MaxEventBytes;
        while (true)
        {
            var read = await exchange.Body.ReadAsync(work.Body);
            if (read.Status == BodyReadStatus.Aborted) return (null, true);
            var problem = ProblemOf(read, work, options.MaxEventBytes, Limit.EventBytes) ?? Hold(exchange, work, read.Status);
            if (problem is not null || read.Status == BodyReadStatus.End) return (problem, false);
        }
    }

    /// <summary>Why a body cannot be read on; null where it can, or is complete.</summary>
    private Problem? ProblemOf(BodyReadResult read, PublishWork work, int maxBytes, Limit limit) => read.Status switch
    {
        BodyReadStatus.Data or BodyReadStatus.End => null,
        BodyReadStatus.TooLarge => new(413, $"The body is longer than {maxBytes} bytes; send less, or raise the limit.") { Limit = limit },
        BodyReadStatus.GivenUp => GivenUp(work),
        _ => Problem.Of(read.Rejection),
    };

    private void ReplySingle(HttpExchange exchange, PublishWork work, int status)
    {
        var writer = work.BeginReply();
        writer.WriteStartObject();
        WriteId(writer, "id"u8, work.Batch.IdOf(0));
        writer.WriteString("topic"u8, work.Batch.TopicOf(0));
        writer.WriteEndObject();
        writer.Flush();
        replies.Send(exchange, status, Json, work.Reply.WrittenSpan);
    }

    private static void WriteId(System.Text.Json.Utf8JsonWriter writer, ReadOnlySpan<byte> name, EventId id)
    {
        Span<byte> text = stackalloc byte[EventId.MaxTextLength];
        writer.WriteString(name, text[..id.Format(text)]);
    }

    /// <summary>Takes events off the publisher's rate; a problem that says when to come again where they are too many by now.</summary>
    private Problem? Spend(HttpExchange exchange, PublishWork work, int events)
        => _rate.IsOff || _rate.TryTake(Subject.Of(exchange, work.Admission.Caller), events, out var wait)
            ? null
            : TooFast(wait);

    /// <summary>The same without taking any: so many are there by now, and more may come.</summary>
    private Problem? CheckRate(HttpExchange exchange, PublishWork work, int events)
        => _rate.IsOff || _rate.CanTake(Subject.Of(exchange, work.Admission.Caller), events, out var wait)
            ? null
            : TooFast(wait);

    private Problem TooFast(TimeSpan wait)
    {
        var detail = $"You publish more than {options.Limits.PublishRate} events a second; send again after Retry-After seconds.";
        return Problem.ForNow(429, detail, wait) with { Limit = Limit.PublishRate };
    }

    // Some readers have left already, and memory goes with the process: a publisher who sends it again afterwards reaches all of them.
    private Problem? Leaving()
        => Leaving("The server is shutting down, so nothing was published; publish again after Retry-After seconds.");

    // Where another node takes the clients, nobody knows when it has room.
    private Problem? Leaving(string detail)
    {
        if (!_draining.IsCancellationRequested) return null;
        return hub.Absence is { Ticks: > 0 } absence ? Problem.ForNow(503, detail, absence) : Problem.ForNow(503, detail);
    }

    // History is shed before anything is refused; what would make more of it has to wait then.
    private Problem? ShortOfMemory()
        => hub.Pressure == MemoryPressure.Full ? OutOfMemory() : null;

    private static Problem OutOfMemory() => Problem.ForNow(503, LimitNames.Explain(Limit.Memory)) with { Limit = Limit.Memory };

    private static Problem? Refusal(HubStatus status) => status switch
    {
        HubStatus.Ok => null,
        HubStatus.TopicEnded => new(409, "The topic has ended; publish to another, or wait until its end is forgotten."),
        HubStatus.StoreFull => new(507, "The disk that holds the history is full, so nothing was published; publish again once it has room."),
        HubStatus.StoreMissing => Problem.ForNow(503, "The history's file was deleted, moved or replaced, so nothing was published; the "
            + "server's log says what to do. Publish again after Retry-After seconds."),
        HubStatus.StoreUnavailable => Problem.ForNow(503, "The history cannot be written, so nothing was published; the server's log says why. Publish again after Retry-After seconds."),
        _ => TooManyTopics(),
    };

    private static Problem TooManyTopics()
        => Problem.ForNow(503, "The server has as many topics as it is set to have; publish to an existing one, or raise Topics:MaxTopics.") with { Limit = Limit.Topics };
}
