namespace SseServer.History;

/// <summary>What a server tells the others that share its history, once a second.</summary>
internal sealed record ClusterBeat
{
    /// <summary>The server, until its process ends.</summary>
    public required Guid Node { get; init; }

    /// <summary>What operators call it.</summary>
    public required string Name { get; init; }

    public required string Version { get; init; }

    public required int Streams { get; init; }

    /// <summary>The last id that it has.</summary>
    public required long Head { get; init; }

    /// <summary>How long ago it read the newest events.</summary>
    public required TimeSpan Lag { get; init; }

    /// <summary>The tasks that it would like to have.</summary>
    public required IReadOnlyList<string> WantedTasks { get; init; }

    /// <summary>The topics whose subscribers changed here, and how many there are now.</summary>
    public required IReadOnlyList<(byte[] Topic, int Subscribers)> Subscribers { get; init; }

    /// <summary>Whether the sums over all servers are wanted.</summary>
    public required bool WantsSums { get; init; }
}

/// <summary>What a server learns of the others.</summary>
internal sealed record ClusterView
{
    public IReadOnlyList<ClusterNodeState> Nodes { get; init; } = [];

    /// <summary>The wanted tasks that are this server's, for as long as it is connected.</summary>
    public IReadOnlyList<string> OwnedTasks { get; init; } = [];

    /// <summary>What an operator asked all servers to do since the last time.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];

    /// <summary>Watched topics with subscribers, and how many over all servers; null unless asked for.</summary>
    public IReadOnlyList<(byte[] Topic, int Subscribers)>? Sums { get; init; }

    /// <summary>
    /// How many events that applications published in the store were ever rejected, by all servers; null before the first beat.
    /// </summary>
    public long? Rejected { get; init; }
}

/// <summary>A live server as the others see it.</summary>
/// <param name="Node">The server.</param>
/// <param name="Name">What operators call it.</param>
/// <param name="Version">Its version.</param>
/// <param name="Started">When it joined, by the store's clock.</param>
/// <param name="Seen">When it was last heard of, by the store's clock.</param>
/// <param name="Streams">Its open streams.</param>
/// <param name="Head">The last id that it has.</param>
/// <param name="Lag">How long before that it had read the newest events.</param>
/// <param name="Tasks">The tasks that it has.</param>
internal readonly record struct ClusterNodeState(
    Guid Node, string Name, string Version, DateTimeOffset Started, DateTimeOffset Seen, int Streams, long Head, TimeSpan Lag,
    IReadOnlyList<string> Tasks);
