using SseServer.Transport;

namespace SseServer.Endpoints;

// application/x-ndjson: valid as a whole, or refused as a whole.
internal sealed partial class PublishEndpoint
{
    // About a fifth of a millisecond to parse.
    private const int MaxInlineBytes = 64 * 1024;

    private async ValueTask<Problem?> PublishBatchAsync(HttpExchange exchange, PublishWork work)
    {
        if (ReadOnlyTopic(work) is { } wrong) return Problem.BadRequest(wrong);
        var (problem, isGone) = await ReadBodyAsync(exchange, work.Body, options.MaxBatchBytes, Limit.BatchBytes);
        if (problem is not null || isGone) return problem;
        // The thread that received the bytes serves other connections too.
        if (work.Body.WrittenCount > MaxInlineBytes) await Task.Yield();
        problem = AddLines(work);
        if (problem is not null) return problem;
        if (work.Batch.Count == 0) return Problem.BadRequest("The batch has no line; send one JSON object a line.");
        if (Spend(exchange, work, work.Batch.Count) is { } early) return early;
        if (Refusal(await hub.PublishAsync(work.Batch)) is { } refusal) return refusal;
        var progress = new PublishProgress();
        progress.Count(work.Batch);
        ReplyMany(exchange, work, progress);
        return null;
    }

    // Several events cannot share a query's event, id or retry.
    private static string? ReadOnlyTopic(PublishWork work)
    {
        for (var i = 0; i < work.Parameters.Count; i++)
            if (!work.Parameters.Name(i).SequenceEqual("topic"u8) && !work.Parameters.Name(i).SequenceEqual(RequestCredential.Parameter)) return "Several events at once take only topic= in the query; give the rest with each event.";
        return PublishTarget.ReadTopic(work.Parameters, out _);
    }

    private Problem? AddLines(PublishWork work)
    {
        PublishTarget.ReadTopic(work.Parameters, out var topic);
        var number = 0;
        foreach (var range in work.Body.WrittenSpan.Split((byte)'\n'))
        {
            number++;
            var line = work.Body.WrittenSpan[range].TrimEnd((byte)'\r');
            if (line.Trim(" \t"u8).IsEmpty) continue;
            if (BatchLine.TryAdd(line, topic, options, work) is { } wrong)
                return wrong with { Detail = $"Line {number}: {wrong.Detail}", Line = number };
        }

        return null;
    }
}
