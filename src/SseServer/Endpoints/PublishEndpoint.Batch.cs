using SseServer.Transport;

namespace SseServer.Endpoints;

// application/x-ndjson: valid as a whole, or refused as a whole.
internal sealed partial class PublishEndpoint
{
    // About a fifth of a millisecond to parse.
    private const int MaxInlineBytes = 64 * 1024;

    private async ValueTask<Problem?> PublishBatchAsync(HttpExchange exchange, PublishWork work)
    {
        if (CheckTopicOfMany(work, allowsFinal: false, "A batch takes only topic= in the query; give the rest with each line.") is { } wrong) return Problem.BadRequest(wrong);
        var (problem, isGone) = await ReadBodyAsync(exchange, work.Body, options.MaxBatchBytes, Limit.BatchBytes);
        if (problem is not null || isGone) return problem;
        if (CheckExpiry(work) is { } expired) return expired;
        // The thread that received the bytes serves other connections too.
        if (work.Body.WrittenCount > MaxInlineBytes) await Task.Yield();
        problem = AddLines(work);
        if (problem is not null) return problem;
        if (work.Batch.Count == 0) return Problem.BadRequest("The batch has no line; send one JSON object a line.");
        if (Spend(exchange, work, work.Batch.Count) is { } early) return early;
        if (BatchRefusal(await hub.PublishAsync(work.Batch), work) is { } refusal) return refusal;
        var progress = new PublishProgress();
        progress.Count(work.Batch);
        ReplyMany(exchange, work, progress);
        return null;
    }

    // Several events cannot share a query's event, id, retry or key.
    private static string? CheckTopicOfMany(PublishWork work, bool allowsFinal, string others)
        => RefuseOthers(work.Parameters, allowsFinal, others) ?? PublishTarget.ReadTopic(work.Parameters, out _);

    private static string? RefuseOthers(RequestParameters parameters, bool allowsFinal, string others)
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            var name = parameters.Name(i);
            if (name.SequenceEqual("topic"u8) || name.SequenceEqual(RequestCredential.Parameter)) continue;
            if (!allowsFinal || !name.SequenceEqual("final"u8)) return others;
            if (parameters.CountOf(name) > 1) return PublishTarget.GivenTwice;
            if (PublishTarget.CheckFinal(parameters.Value(i), out _) is { } wrong) return wrong;
        }

        return null;
    }

    private Problem? AddLines(PublishWork work)
    {
        PublishTarget.ReadTopic(work.Parameters, out var topic);
        var number = 0;
        foreach (var range in work.Body.WrittenSpan.Split((byte)'\n'))
        {
            number++;
            var line = work.Body.WrittenSpan[range].TrimEnd((byte)'\r');
            if (IsBlank(line)) continue;
            if (BatchLine.TryAdd(line, topic, options, work) is { } wrong)
                return wrong with { Detail = $"Line {number}: {wrong.Detail}", Line = number };
        }

        return null;
    }

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.Trim(" \t\r"u8).IsEmpty;
}
