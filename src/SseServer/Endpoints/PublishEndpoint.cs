using System.Buffers.Text;
using System.Text.Unicode;
using SseServer.Hub;
using SseServer.Protocol.Http;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// <c>POST /events?topic=..</c> and <c>POST /events/topic</c>: publishes one event, a batch, or a stream of events; <c>DELETE</c> deletes
/// a topic. The response is sent when the hub has taken the events, which waits only for the store, or for a CPU that is behind with
/// healthy subscribers.
/// </summary>
internal sealed class PublishEndpoint : IDisposable
{
    private const string UnknownLength
        = "An HTTP/1.0 request needs a Content-Length; send the length of the body, 0 if it is empty, or use HTTP/1.1.";

    private readonly EventHub _hub;
    private readonly EndpointOptions _options;
    private readonly RequestAuthorizer _authorizer;
    private readonly ResponseWriter _responses;
    private readonly PublishResponses _results;
    private readonly PublishLimits _limits;
    private readonly BatchPublisher _batches;
    private readonly StreamPublisher _streams;

    public PublishEndpoint(
        EventHub hub, EndpointOptions options, RequestAuthorizer authorizer, ResponseWriter responses, BodyMemory bodies)
    {
        (_hub, _options, _authorizer, _responses) = (hub, options, authorizer, responses);
        _limits = new PublishLimits(hub, options.Limits, bodies);
        _results = new PublishResponses(responses, _limits);
        _batches = new BatchPublisher(hub, options, _limits, _results);
        _streams = new StreamPublisher(hub, options, _limits, _results);
    }

    /// <inheritdoc cref="PublishLimits.BeginDrain"/>
    public void BeginDrain() => _limits.BeginDrain();

    public void Dispose() => _limits.Dispose();

    public async ValueTask HandleAsync(HttpExchange exchange)
    {
        var context = PublishContext.Take();
        var problem = context.Parameters.Read(exchange.Request) is { } broken ? Problem.BadRequest(broken) : null;
        try
        {
            if (problem is null)
            {
                context.Authorization = await _authorizer.AuthorizePublisherAsync(exchange, context.Parameters);
                problem = context.Authorization.Refusal ?? _limits.CheckDrain() ?? await PublishAsync(exchange, context);
            }

            _limits.ReleaseBody(context);
            context.Return();
        }
        catch (Exception e)
        {
            // Something may still read the context's arrays, so they are left to the garbage collector.
            _limits.ReleaseBody(context);
            if (e is not OutOfMemoryException || exchange.ReplyStarted) throw;
            problem = Problem.AtLimit(LimitKind.Memory);
        }

        if (problem is not null) _responses.Refuse(exchange, problem);
    }

    // A result of null also means that a response was sent, or that the client has gone.
    private ValueTask<Problem?> PublishAsync(HttpExchange exchange, PublishContext context)
    {
        var isDeletion = exchange.Request.Method == RequestMethod.Delete;
        var format = BodyFormat.Text;
        if (!isDeletion && MediaType.Read(exchange.Request, out format) is { } unreadable) return new(new Problem(415, unreadable));
        if (!isDeletion && HasUnknownLength(exchange.Request))
        {
            // What follows may be a body.
            exchange.CloseAfterReply();
            return new(Problem.BadRequest(UnknownLength));
        }

        if ((_limits.CheckMemory() ?? _limits.CountBody(exchange, context, BodyReadStatus.Data)) is { } full) return new(full);
        // Errors in the URL are reported before the body is read.
        var form = isDeletion ? PublishRequest.Form.Deletion : FormOf(format);
        if (PublishRequest.Read(context.Parameters, form, _options, out var request) is { } wrong) return new(Problem.BadRequest(wrong));
        context.Request = request;
        // The lines of a batch name their own topics.
        if (form == PublishRequest.Form.Batch) return _batches.PublishAsync(exchange, context);
        if (EventFields.CheckGrant(request.Topic, context.Authorization) is { } beyond) return new(beyond);
        return form switch
        {
            PublishRequest.Form.Deletion => DeleteAsync(exchange, context),
            PublishRequest.Form.Stream => _streams.PublishAsync(exchange, context),
            _ => PublishSingleAsync(exchange, context, format),
        };
    }

    // RFC 1945 section 8.3: every HTTP/1.0 POST needs a Content-Length. Without it nobody knows whether there is a body.
    private static bool HasUnknownLength(RequestHead request) => !request.IsHttp11 && request.BodyKind == RequestBodyKind.None;

    private static PublishRequest.Form FormOf(BodyFormat format) => format switch
    {
        BodyFormat.Batch => PublishRequest.Form.Batch,
        BodyFormat.EventStream => PublishRequest.Form.Stream,
        _ => PublishRequest.Form.Single,
    };

    private async ValueTask<Problem?> PublishSingleAsync(HttpExchange exchange, PublishContext context, BodyFormat format)
    {
        if (_limits.Spend(exchange, context, 1) is { } early) return early;
        var (problem, isGone) = await ReadBodyAsync(exchange, context);
        if (problem is not null || isGone) return problem;
        if (_limits.CheckExpiry(context) is { } expired) return expired;
        if (Encode(exchange.Request, context, format) is { } invalid) return Problem.BadEvent(invalid);
        if (_limits.CountBody(exchange, context, BodyReadStatus.End) is { } full) return full;
        if (PublishResponses.RefusalOf(await _hub.PublishAsync(context.Batch)) is { } refusal) return refusal;
        var isRepeat = context.Batch.IsRepeat(0);
        _results.SendSingle(exchange, context, isRepeat ? 200 : 201, isRepeat);
        return null;
    }

    private async ValueTask<Problem?> DeleteAsync(HttpExchange exchange, PublishContext context)
    {
        if (_limits.Spend(exchange, context, 1) is { } early) return early;
        var topic = context.Request.Topic.Utf8.ToArray();
        var (status, id) = await _hub.DeleteAsync(topic);
        if (PublishResponses.RefusalOf(status) is { } refusal) return refusal;
        _results.SendDeleted(exchange, context, topic, id);
        return null;
    }

    /// <summary>
    /// Reads the body of a single event to its end; returns a problem if it cannot be read, and whether the client has gone.
    /// </summary>
    private async ValueTask<(Problem? Problem, bool IsGone)> ReadBodyAsync(HttpExchange exchange, PublishContext context)
    {
        exchange.Body.MaxBytes = _options.MaxEventBytes;
        while (true)
        {
            var read = await exchange.Body.ReadAsync(context.Body);
            if (read.Status == BodyReadStatus.Aborted) return (null, true);
            var problem = _limits.ProblemOf(read, context, _options.MaxEventBytes, LimitKind.EventBytes)
                ?? _limits.CountBody(exchange, context, read.Status);
            if (problem is not null || read.Status == BodyReadStatus.End) return (problem, false);
        }
    }

    private static string? Encode(RequestHead head, PublishContext context, BodyFormat format)
    {
        var request = context.Request;
        var data = context.Body.WrittenSpan;
        // Data that is empty is an event all the same if its type is given.
        if (data.IsEmpty && request.MayBeEnd && head.CountHeaders("Content-Type"u8) == 0)
        {
            if (!request.IsTopicNamed) return PublishRequest.NoTopicToEnd;
            context.Batch.AddEnd(request.Topic);
            return null;
        }

        if (format == BodyFormat.Binary)
        {
            var text = context.Text.GetSpan(Base64.GetMaxEncodedToUtf8Length(data.Length));
            Base64.EncodeToUtf8(data, text, out _, out var written);
            context.Text.Advance(written);
            data = context.Text.WrittenSpan;
        }
        else if (!Utf8.IsValid(data))
        {
            return "The body is not valid UTF-8; send binary data as application/octet-stream.";
        }

        context.Batch.Add(request.Topic, request.WithData(data, isBase64: format == BodyFormat.Binary), request.Key, request.IsFinal);
        return null;
    }
}
