using System.Security.Cryptography;
using System.Text;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Relay;

/// <summary>
/// The server's topic <c>$relay/TOPIC</c>, which says how far a relay has come. An event stands in one batch with the events that it tells of, so that both are kept or neither is. Its
/// data is the source's ids of these events, one a line, and in the last line the id to resume after. Its name is the source's, so that another source begins anew.
/// </summary>
internal sealed class PositionTopic
{
    /// <summary>The longest topic that can be fed: this topic's name is longer.</summary>
    public const int MaxTopicBytes = TopicName.MaxBytes - 7;

    private readonly byte[] _name;
    private readonly byte[] _source;

    public PositionTopic(RelayOptions options)
    {
        _name = [.. "$relay/"u8, .. options.Topic];
        _source = Encoding.ASCII.GetBytes("source-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(options.Url.AbsoluteUri)).AsSpan(0, 8)));
    }

    public ReadOnlySpan<byte> Name => _name;

    /// <summary>Whether an event of the topic is of this source.</summary>
    public bool IsOfSource(ReadOnlySpan<byte> eventName) => eventName.SequenceEqual(_source);

    /// <summary>Adds a position behind the events that it tells of. The key keeps the newest one beyond the topic's bounds.</summary>
    public void Add(PublishBatch batch, ReadOnlySpan<byte> lines)
    {
        TopicName.TryCreate(_name, out var topic, out _);
        EventName.TryCreate(_source, out var name);
        batch.Add(topic, new ServerSentEvent { Name = name, Data = lines, RetryMilliseconds = -1 }, "position"u8);
    }
}
