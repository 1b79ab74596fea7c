namespace SseServer.Bench.FanOut.Load;

/// <summary>A topic and how many events were published to it: what its readers must have seen in the end.</summary>
internal sealed class PublishedTopic(string name)
{
    public string Name { get; } = name;

    /// <summary>Events so far; also the number that the next one carries.</summary>
    public long Published { get; set; }
}
