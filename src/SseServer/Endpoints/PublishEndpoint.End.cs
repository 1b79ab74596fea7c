using SseServer.Catalog;
using SseServer.Protocol.Topics;
using SseServer.Transport;

namespace SseServer.Endpoints;

// DELETE: the end of a topic without an event.
internal sealed partial class PublishEndpoint
{
    /// <summary><c>DELETE /events/topic</c>: ends the topic. Again, it is answered as before (RFC 9110 section 9.2.2).</summary>
    public async ValueTask HandleEndAsync(HttpExchange exchange)
    {
        var context = PublishContext.Take();
        var problem = context.Parameters.Read(exchange.Request) is { } broken ? Problem.BadRequest(broken) : null;
        if (problem is null)
        {
            context.Authorization = await authorizer.AuthorizePublisherAsync(exchange, context.Parameters);
            problem = context.Authorization.Refusal ?? Leaving() ?? await EndAsync(exchange, context);
        }

        if (problem is not null) responses.Refuse(exchange, problem);
        context.Return();
    }

    private async ValueTask<Problem?> EndAsync(HttpExchange exchange, PublishContext context)
    {
        if (AddEnd(context) is { } wrong) return wrong;
        if (ShortOfMemory() is { } full) return full;
        if (Spend(exchange, context, 1) is { } early) return early;
        if (Refusal(await hub.PublishAsync(context.Batch)) is { } refusal) return refusal;
        ReplySingle(exchange, context, 200);
        return null;
    }

    private static Problem? AddEnd(PublishContext context)
    {
        if (RefuseOthers(context.Parameters, allowsFinal: false, "DELETE accepts only topic= in the query; leave out the other parameters.") is { } unknown) return Problem.BadRequest(unknown);
        // Nobody ends the default topic by leaving something out.
        if (!context.Parameters.TryGetPathTopic(out _) && context.Parameters.CountOf("topic"u8) == 0) return Problem.BadRequest("The request names no topic to end; name it in the path or in topic=.");
        if (EventFields.ReadTopic(context.Parameters, out var topic) is { } wrong) return Problem.BadRequest(wrong);
        if (EventFields.CheckGrant(topic, context.Authorization) is { } beyond) return beyond;
        context.Batch.AddEnd(topic);
        return null;
    }

    /// <summary>Ends the topic of a stream of events whose body has ended well, where its URL says so.</summary>
    private async ValueTask<Problem?> EndStreamTopicAsync(PublishContext context, PublishProgress progress)
    {
        if (!AddStreamEnd(context)) return null;
        if (Refusal(await hub.PublishAsync(context.Batch)) is { } refusal) return refusal;
        progress.End = context.Batch.IdOf(0);
        return null;
    }

    private static bool AddStreamEnd(PublishContext context)
    {
        if (!context.Parameters.TryGet("final"u8, out var value)) return false;
        EventFields.CheckFinal(value, out var isFinal);
        EventFields.ReadTopic(context.Parameters, out TopicName topic);
        if (isFinal) context.Batch.AddEnd(topic);
        return isFinal;
    }

    // A batch's line number, where an event of it comes after its topic's end; and what of a long batch was appended before.
    private static Problem? BatchRefusal(HubStatus status, PublishContext context, BatchLines lines)
    {
        if (Refusal(status) is not { } refusal) return null;
        var batch = context.Batch;
        if (batch.AppendedCount > 0) refusal = refusal with { LastId = batch.IdOf(batch.AppendedCount - 1).ToString() };
        if (status != HubStatus.TopicEnded) return refusal;
        var line = lines.LineOf(batch.RefusedIndex);
        return refusal with { Detail = $"Line {line}: the topic has ended; publish to another topic, or wait until the server forgets that it ended.", Line = line };
    }
}
