using SseServer.Protocol.Topics;

namespace SseServer.Endpoints;

/// <summary>
/// The lines of a batch as its body arrives: each is read once, as soon as it is complete, and added to the work's batch; of the body
/// only a line without its end is kept. One thread at a time.
/// </summary>
internal sealed class BatchLines(PublishContext context, EndpointOptions options)
{
    // Events before whose line a blank one stands: for each, how many lines there were by then beside those of events.
    private readonly List<(int Event, int Others)> _blanks = [];
    private int _number;
    private int _seen;

    /// <summary>Takes the lines that the body has brought to their end; a problem where one is no event.</summary>
    /// <param name="isLast">The body is complete, so what is left of it is a line too.</param>
    public Problem? Add(bool isLast)
    {
        EventFields.ReadTopic(context.Parameters, out var topic);
        var rest = context.Body.WrittenSpan;
        while (rest[_seen..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            if (AddLine(rest[..(_seen + length)], topic) is { } wrong) return wrong;
            rest = rest[(_seen + length + 1)..];
            _seen = 0;
        }

        if (isLast) return AddLine(rest, topic);
        _seen = rest.Length;
        if (rest.Length < context.Body.WrittenCount) Keep(rest);
        return null;
    }

    /// <summary>The number of the line that an event stands in, from 1.</summary>
    public int LineOf(int index)
    {
        var others = 0;
        foreach (var blank in _blanks)
        {
            if (blank.Event > index) break;
            others = blank.Others;
        }

        return index + 1 + others;
    }

    private Problem? AddLine(ReadOnlySpan<byte> line, TopicName topic)
    {
        _number++;
        line = line.TrimEnd((byte)'\r');
        if (line.Trim(" \t\r"u8).IsEmpty) return null;
        var index = context.Batch.Count;
        if (index == options.MaxBatchEvents) return TooMany();
        if (BatchLine.TryAdd(line, topic, options, context) is { } wrong)
            return wrong with { Detail = $"Line {_number}: {wrong.Detail}", Line = _number };
        if (_number - 1 - index > (_blanks is [.., var last] ? last.Others : 0)) _blanks.Add((index, _number - 1 - index));
        return null;
    }

    private Problem TooMany()
    {
        var detail = $"Line {_number}: a batch can hold at most {options.MaxBatchEvents} events; send the rest in another "
            + "batch, or raise Limits:MaxBatchEvents.";
        return new(413, detail) { Line = _number, Limit = LimitKind.BatchEvents };
    }

    // To the front of the same array, which has room for it.
    private void Keep(ReadOnlySpan<byte> rest)
    {
        context.Body.ResetWrittenCount();
        rest.CopyTo(context.Body.GetSpan(rest.Length));
        context.Body.Advance(rest.Length);
    }
}
