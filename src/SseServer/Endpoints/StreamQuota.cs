namespace SseServer.Endpoints;

/// <summary>
/// Counts streams, in total and per client, with the topics and patterns that they read. A stream's share is taken before it opens and
/// returned when it has ended, so the counts are exact. Safe on any thread; publishing and delivery do not use it.
/// </summary>
internal sealed class StreamQuota(LimitOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ClientKey, Client> _clients = [];
    private int _streams;

    /// <summary>What one client has open. All its streams share the object.</summary>
    public sealed class Client(ClientKey key)
    {
        internal ClientKey Key { get; } = key;

        internal int Streams { get; set; }

        internal int Topics { get; set; }

        internal int Patterns { get; set; }
    }

    /// <summary>What one stream counts for; the client is null if clients are not counted.</summary>
    public readonly record struct Share(Client? Client, int Topics, int Patterns);

    /// <summary>The number of streams that hold a share, including those that are opening.</summary>
    public int Streams
    {
        get
        {
            lock (_gate) return _streams;
        }
    }

    /// <summary>The number of clients with streams, if clients are counted.</summary>
    public int Clients
    {
        get
        {
            lock (_gate) return _clients.Count;
        }
    }

    private bool CountsClients => options is not { MaxStreamsPerClient: 0, MaxTopicsPerClient: 0, MaxPatternsPerClient: 0 };

    /// <summary>Takes a stream's share; returns the limit that prevents it, or <see cref="LimitKind.None"/>.</summary>
    public LimitKind TryTake(ClientKey key, int topics, int patterns, out Share share)
    {
        share = default;
        lock (_gate)
        {
            if (IsOver(_streams, 1, options.MaxStreams)) return LimitKind.Streams;
            Client? client = null;
            if (CountsClients)
            {
                if (!_clients.TryGetValue(key, out client)) client = new Client(key);
                if (IsOver(client.Streams, 1, options.MaxStreamsPerClient)) return LimitKind.StreamsPerClient;
                if (IsOver(client.Topics, topics, options.MaxTopicsPerClient)) return LimitKind.TopicsPerClient;
                if (IsOver(client.Patterns, patterns, options.MaxPatternsPerClient)) return LimitKind.PatternsPerClient;
                if (client.Streams == 0) _clients.Add(key, client);
                client.Streams++;
                client.Topics += topics;
                client.Patterns += patterns;
            }

            _streams++;
            share = new Share(client, topics, patterns);
            return LimitKind.None;
        }
    }

    /// <summary>Returns a share; once only.</summary>
    public void Return(Share share)
    {
        lock (_gate)
        {
            _streams--;
            if (share.Client is not { } client) return;
            client.Streams--;
            client.Topics -= share.Topics;
            client.Patterns -= share.Patterns;
            if (client.Streams == 0) _clients.Remove(client.Key);
        }
    }

    private static bool IsOver(int held, int more, int limit) => limit > 0 && held > limit - more;
}
