using SseServer.Transport;

namespace SseServer.Endpoints;

// application/x-ndjson: valid as a whole, or refused as a whole.
internal sealed partial class PublishEndpoint
{
    private async ValueTask<Problem?> PublishBatchAsync(HttpExchange exchange, PublishContext context)
    {
        if (CheckTopicOfMany(context, allowsFinal: false, "A batch accepts only topic= in the query; put everything else in its lines.") is { } wrong) return Problem.BadRequest(wrong);
        // Who may not publish even one event need not send more of them.
        if (CheckRate(exchange, context, 1) is { } early) return early;
        var lines = new BatchLines(context, options);
        var (problem, isGone) = await ReadLinesAsync(exchange, context, lines);
        if (problem is not null || isGone) return problem;
        if (CheckExpiry(context) is { } expired) return expired;
        if (context.Batch.Count == 0) return Problem.BadRequest("The batch is empty; send one JSON object per line.");
        if (Spend(exchange, context, context.Batch.Count) is { } tooFast) return tooFast;
        if (BatchRefusal(await hub.PublishAsync(context.Batch), context, lines) is { } refusal) return refusal;
        var progress = new PublishProgress();
        progress.Count(context.Batch);
        ReplyMany(exchange, context, progress);
        return null;
    }

    /// <summary>Reads a batch to its end, each line as it comes, so that what is wrong is said before all of it is there.</summary>
    private async ValueTask<(Problem? Problem, bool IsGone)> ReadLinesAsync(HttpExchange exchange, PublishContext context, BatchLines lines)
    {
        exchange.Body.MaxBytes = options.MaxBatchBytes;
        while (true)
        {
            var read = await exchange.Body.ReadAsync(context.Body);
            if (read.Status == BodyReadStatus.Aborted) return (null, true);
            var problem = ProblemOf(read, context, options.MaxBatchBytes, LimitKind.BatchBytes)
                ?? lines.Add(isLast: read.Status == BodyReadStatus.End)
                ?? CheckRate(exchange, context, context.Batch.Count)
                ?? Hold(exchange, context, read.Status);
            if (problem is not null || read.Status == BodyReadStatus.End) return (problem, false);
        }
    }

    // Several events cannot share a query's event, id, retry or key.
    private static string? CheckTopicOfMany(PublishContext context, bool allowsFinal, string others)
        => RefuseOthers(context.Parameters, allowsFinal, others) ?? EventFields.ReadTopic(context.Parameters, out _);

    private static string? RefuseOthers(RequestParameters parameters, bool allowsFinal, string others)
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            var name = parameters.Name(i);
            if (name.SequenceEqual("topic"u8) || name.SequenceEqual(RequestCredential.Parameter)) continue;
            if (!allowsFinal || !name.SequenceEqual("final"u8)) return others;
            if (parameters.CountOf(name) > 1) return EventFields.GivenTwice;
            if (EventFields.CheckFinal(parameters.Value(i), out _) is { } wrong) return wrong;
        }

        return null;
    }
}
