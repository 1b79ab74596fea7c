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
        var work = PublishWork.Take();
        var problem = work.Parameters.Read(exchange.Request) is { } broken ? Problem.BadRequest(broken) : null;
        if (problem is null)
        {
            work.Admission = await guard.AdmitPublisherAsync(exchange, work.Parameters);
            problem = work.Admission.Refusal ?? Leaving() ?? await EndAsync(exchange, work);
        }

        if (problem is not null) replies.Refuse(exchange, problem);
        work.Return();
    }

    private async ValueTask<Problem?> EndAsync(HttpExchange exchange, PublishWork work)
    {
        if (AddEnd(work) is { } wrong) return wrong;
        if (ShortOfMemory() is { } full) return full;
        if (Spend(exchange, work, 1) is { } early) return early;
        if (Refusal(await hub.PublishAsync(work.Batch)) is { } refusal) return refusal;
        ReplySingle(exchange, work, 200);
        return null;
    }

    private static Problem? AddEnd(PublishWork work)
    {
        if (RefuseOthers(work.Parameters, allowsFinal: false, "DELETE accepts only topic= in the query; leave out the other parameters.") is { } unknown) return Problem.BadRequest(unknown);
        // Nobody ends the default topic by leaving something out.
        if (!work.Parameters.TryGetPathTopic(out _) && work.Parameters.CountOf("topic"u8) == 0) return Problem.BadRequest("The request names no topic to end; name it in the path or in topic=.");
        if (PublishTarget.ReadTopic(work.Parameters, out var topic) is { } wrong) return Problem.BadRequest(wrong);
        if (PublishTarget.CheckGrant(topic, work.Admission) is { } beyond) return beyond;
        work.Batch.AddEnd(topic);
        return null;
    }

    /// <summary>Ends the topic of a stream of events whose body has ended well, where its URL says so.</summary>
    private async ValueTask<Problem?> EndStreamTopicAsync(PublishWork work, PublishProgress progress)
    {
        if (!AddStreamEnd(work)) return null;
        if (Refusal(await hub.PublishAsync(work.Batch)) is { } refusal) return refusal;
        progress.End = work.Batch.IdOf(0);
        return null;
    }

    private static bool AddStreamEnd(PublishWork work)
    {
        if (!work.Parameters.TryGet("final"u8, out var value)) return false;
        PublishTarget.CheckFinal(value, out var isFinal);
        PublishTarget.ReadTopic(work.Parameters, out TopicName topic);
        if (isFinal) work.Batch.AddEnd(topic);
        return isFinal;
    }

    // A batch's line number, where an event of it comes after its topic's end; and what of a long batch was appended before.
    private static Problem? BatchRefusal(HubStatus status, PublishWork work, BatchLines lines)
    {
        if (Refusal(status) is not { } refusal) return null;
        var batch = work.Batch;
        if (batch.AppendedCount > 0) refusal = refusal with { LastId = batch.IdOf(batch.AppendedCount - 1).ToString() };
        if (status != HubStatus.TopicEnded) return refusal;
        var line = lines.LineOf(batch.RefusedIndex);
        return refusal with { Detail = $"Line {line}: the topic has ended; publish to another topic, or wait until the server forgets that it ended.", Line = line };
    }
}
