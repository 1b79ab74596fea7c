using SseServer.Catalog;
using SseServer.Hub;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>Publishes <c>application/x-ndjson</c>: a batch is valid as a whole or refused as a whole.</summary>
internal sealed class BatchPublisher(EventHub hub, EndpointOptions options, PublishLimits limits, PublishResponses results)
{
    public async ValueTask<Problem?> PublishAsync(HttpExchange exchange, PublishContext context)
    {
        // A publisher that may not publish even one event need not send more of them.
        if (limits.CheckRate(exchange, context, 1) is { } early) return early;
        var lines = new BatchLines(context, options);
        var (problem, isGone) = await ReadLinesAsync(exchange, context, lines);
        if (problem is not null || isGone) return problem;
        if (limits.CheckExpiry(context) is { } expired) return expired;
        if (context.Batch.Count == 0) return Problem.BadEvent("The batch is empty; send one JSON object per line.");
        if (limits.Spend(exchange, context, context.Batch.Count) is { } tooFast) return tooFast;
        if (RefusalOf(await hub.PublishAsync(context.Batch), context, lines) is { } refusal) return refusal;
        var progress = new PublishResponses.Progress();
        progress.Add(context.Batch);
        results.SendMany(exchange, context, progress);
        return null;
    }

    /// <summary>Reads a batch to its end, each line as it arrives, so that an error is reported before the rest is sent.</summary>
    private async ValueTask<(Problem? Problem, bool IsGone)> ReadLinesAsync(HttpExchange exchange, PublishContext context, BatchLines lines)
    {
        exchange.Body.MaxBytes = options.MaxBatchBytes;
        while (true)
        {
            var read = await exchange.Body.ReadAsync(context.Body);
            if (read.Status == BodyReadStatus.Aborted) return (null, true);
            var problem = limits.ProblemOf(read, context, options.MaxBatchBytes, LimitKind.BatchBytes)
                ?? lines.Add(isLast: read.Status == BodyReadStatus.End)
                ?? limits.CheckRate(exchange, context, context.Batch.Count)
                ?? limits.CountBody(exchange, context, read.Status);
            if (problem is not null || read.Status == BodyReadStatus.End) return (problem, false);
        }
    }

    // Names the line of the event that comes after its topic's end or whose id names other content, and the last event of a long batch
    // that was appended before.
    private static Problem? RefusalOf(HubStatus status, PublishContext context, BatchLines lines)
    {
        if (PublishResponses.RefusalOf(status) is not { } refusal) return null;
        var batch = context.Batch;
        if (batch.AppendedCount > 0) refusal = refusal with { LastId = batch.IdOf(batch.AppendedCount - 1).ToString() };
        if (status is not (HubStatus.TopicEnded or HubStatus.IdConflict)) return refusal;
        var line = lines.LineOf(batch.RefusedIndex);
        return refusal with { Detail = $"Line {line}: {char.ToLowerInvariant(refusal.Detail[0])}{refusal.Detail[1..]}", Line = line };
    }
}
