using SseServer.Protocol.Topics;

namespace SseServer.Endpoints;

/// <summary>
/// The lines of a batch while its body arrives. Each line is read once, as soon as it is complete, and added to the context's batch; only
/// an unfinished line of the body is kept. One thread at a time.
/// </summary>
internal sealed class BatchLines(PublishContext context, EndpointOptions options)
{
    // The events that follow a blank line: for each, the number of blank lines so far.
    private readonly List<(int Event, int Blanks)> _afterBlanks = [];
    private int _number;
    private int _searched;

    /// <summary>Reads the lines that the body has completed; returns a problem if one of them is not an event.</summary>
    /// <param name="isLast">The body is complete, so the rest of it is a line too.</param>
    public Problem? Add(bool isLast)
    {
        var topic = context.Request.Topic;
        var rest = context.Body.WrittenSpan;
        while (rest[_searched..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            if (AddLine(rest[..(_searched + length)], topic) is { } wrong) return wrong;
            rest = rest[(_searched + length + 1)..];
            _searched = 0;
        }

        if (isLast) return AddLine(rest, topic);
        _searched = rest.Length;
        if (rest.Length < context.Body.WrittenCount) Keep(rest);
        return null;
    }

    /// <summary>Returns the number of an event's line, from 1.</summary>
    public int LineOf(int index)
    {
        var blanks = 0;
        foreach (var entry in _afterBlanks)
        {
            if (entry.Event > index) break;
            blanks = entry.Blanks;
        }

        return index + 1 + blanks;
    }

    private Problem? AddLine(ReadOnlySpan<byte> line, TopicName topic)
    {
        // A byte order mark at the beginning of a text is not part of it (RFC 8259 section 8.1 allows parsers to ignore it).
        if (_number++ == 0 && line.StartsWith("\uFEFF"u8)) line = line["\uFEFF"u8.Length..];
        line = line.TrimEnd((byte)'\r');
        if (line.Trim(" \t\r"u8).IsEmpty) return null;
        var index = context.Batch.Count;
        if (index == options.MaxBatchEvents) return TooMany();
        if (BatchLine.TryAdd(line, topic, options, context) is { } wrong)
            return wrong with { Detail = $"Line {_number}: {wrong.Detail}", Line = _number };
        var blanks = _number - 1 - index;
        if (blanks > (_afterBlanks is [.., var last] ? last.Blanks : 0)) _afterBlanks.Add((index, blanks));
        return null;
    }

    private Problem TooMany()
    {
        var detail = $"Line {_number}: a batch can hold at most {options.MaxBatchEvents} events; send the rest in another "
            + "batch, or raise Limits:MaxBatchEvents.";
        return new(ProblemCode.BatchTooLarge, detail) { Line = _number, Limit = LimitKind.BatchEvents };
    }

    // Moves the rest to the front of the same array, which has room for it.
    private void Keep(ReadOnlySpan<byte> rest)
    {
        context.Body.ResetWrittenCount();
        rest.CopyTo(context.Body.GetSpan(rest.Length));
        context.Body.Advance(rest.Length);
    }
}
