namespace SseServer.Tests.History.Support;

/// <summary>An event, as tests write it to a store and expect it back.</summary>
internal sealed record StoredEvent(string Topic, long Id, string Data, string? PublisherId = null, string? Name = null, int Retry = -1)
{
    public string? Key { get; init; }

    public long Digest { get; init; }

    public bool IsFinal { get; init; }
}
