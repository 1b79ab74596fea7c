using SseServer.Protocol.Topics;

namespace SseServer.Presence;

/// <summary>A message to a webhook, with the same id and body in every attempt. Immutable.</summary>
internal sealed class WebhookMessage(in OccupancyChange change, DateTimeOffset time)
{
    /// <summary>Lets the receiver recognise a repetition.</summary>
    public string Id { get; } = "msg_" + Guid.NewGuid().ToString("N");

    public byte[] Topic { get; } = change.Topic;

    public bool IsOccupied { get; } = change.IsOccupied;

    public byte[] Body { get; } = PresenceJson.OfChange(change, time);
}

/// <summary>
/// The messages that a webhook has yet to receive, in one line per topic: one message at a time, followed only by the topic's latest state.
/// So there are at most two messages per topic for a slow receiver, and a state never overtakes an earlier one. Times are milliseconds of
/// any clock. One thread at a time.
/// </summary>
internal sealed class WebhookQueue
{
    // Some megabytes.
    public const int MaxTopics = 10_000;

    // Several, so that a slow response does not delay other topics; few, so that a burst does not flood the receiver.
    public const int MaxActive = 4;

    private readonly Dictionary<byte[], Line> _lines = new(Utf8Comparer.Instance);
    private readonly Queue<Line> _ready = new();
    private readonly PriorityQueue<Line, long> _waiting = new();
    private int _active;

    /// <summary>A topic's messages.</summary>
    internal sealed class Line(WebhookMessage message)
    {
        /// <summary>The message that is being delivered.</summary>
        public WebhookMessage Message { get; set; } = message;

        /// <summary>The number of attempts so far.</summary>
        public int Attempts { get; set; }

        /// <summary>The message that follows.</summary>
        public WebhookMessage? Next { get; set; }
    }

    /// <summary>The number of topics with something to deliver.</summary>
    public int Count => _lines.Count;

    /// <summary>Adds a message; false if too many topics are waiting.</summary>
    public bool TryAdd(WebhookMessage message)
    {
        if (_lines.TryGetValue(message.Topic, out var line))
        {
            if (line.Attempts == 0) line.Message = message;
            else line.Next = message.IsOccupied == line.Message.IsOccupied ? null : message;
            return true;
        }

        if (_lines.Count >= MaxTopics) return false;
        line = new(message);
        _lines.Add(message.Topic, line);
        _ready.Enqueue(line);
        return true;
    }

    /// <summary>Takes the line whose message is next; false if none is due or enough are active.</summary>
    public bool TryTake(long now, out Line line)
    {
        while (_waiting.TryPeek(out _, out var due) && due <= now) _ready.Enqueue(_waiting.Dequeue());
        line = null!;
        if (_active == MaxActive || !_ready.TryDequeue(out line!)) return false;
        _active++;
        line.Attempts++;
        return true;
    }

    /// <summary>Schedules another attempt for the line's message.</summary>
    public void Postpone(Line line, long due)
    {
        _active--;
        _waiting.Enqueue(line, due);
    }

    /// <summary>Ends the delivery of the line's message.</summary>
    public void Finish(Line line)
    {
        _active--;
        if (line.Next is { } next)
        {
            (line.Message, line.Next, line.Attempts) = (next, null, 0);
            _ready.Enqueue(line);
        }
        else
        {
            _lines.Remove(line.Message.Topic);
        }
    }

    /// <summary>Makes all waiting lines due now.</summary>
    public void MakeAllDue()
    {
        while (_waiting.TryDequeue(out var line, out _)) _ready.Enqueue(line);
    }
}
