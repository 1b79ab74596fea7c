using SseServer.Protocol.Topics;

namespace SseServer.Presence;

/// <summary>
/// What a webhook is still to be told, a line for each topic: one message at a time, and after it the topic's last state only, so that a slow receiver is owed two messages a topic at
/// most and a state never overtakes the one before. Times are milliseconds of any clock. Not safe on several threads.
/// </summary>
internal sealed class WebhookQueue
{
    // Some megabytes.
    public const int MaxTopics = 10_000;

    // A receiver's latency does not hold up other topics, and a burst does not flood it.
    public const int MaxActive = 4;

    private readonly Dictionary<byte[], Line> _lines = new(Utf8Comparer.Instance);
    private readonly Queue<Line> _ready = new();
    private readonly PriorityQueue<Line, long> _waiting = new();
    private int _active;

    /// <summary>A topic's messages.</summary>
    internal sealed class Line(WebhookMessage message)
    {
        /// <summary>What is being delivered.</summary>
        public WebhookMessage Message { get; set; } = message;

        /// <summary>How often that was tried.</summary>
        public int Attempts { get; set; }

        /// <summary>What comes after it.</summary>
        public WebhookMessage? Next { get; set; }
    }

    /// <summary>Topics with something to deliver.</summary>
    public int Count => _lines.Count;

    /// <summary>False where too many topics are waiting already.</summary>
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

    /// <summary>Takes the line whose message is to be tried next; false where none is due or enough are being tried.</summary>
    public bool TryTake(long now, out Line line)
    {
        while (_waiting.TryPeek(out _, out var due) && due <= now) _ready.Enqueue(_waiting.Dequeue());
        line = null!;
        if (_active == MaxActive || !_ready.TryDequeue(out line!)) return false;
        _active++;
        line.Attempts++;
        return true;
    }

    /// <summary>The line's message is to be tried again at a time.</summary>
    public void Postpone(Line line, long due)
    {
        _active--;
        _waiting.Enqueue(line, due);
    }

    /// <summary>The line's message is done with.</summary>
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

    /// <summary>What waits for its time is due now.</summary>
    public void MakeAllDue()
    {
        while (_waiting.TryDequeue(out var line, out _)) _ready.Enqueue(line);
    }
}
