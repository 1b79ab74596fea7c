using System.Security.Cryptography;
using System.Text;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Relay;

/// <summary>
/// The server's topic <c>$relay/TOPIC</c>, which stores how far a relay has come. Each position is published in one batch with the events
/// that it covers, so that either all of them are stored or none. Its data is the source's ids of these events, one per line, and in the
/// last line the id to resume after. Its event name identifies the source, so that another source starts over.
/// </summary>
internal sealed class PositionTopic
{
    /// <summary>The longest topic that can be fed, because this topic's name is longer.</summary>
    public const int MaxTopicBytes = TopicName.MaxBytes - 7;

    private readonly byte[] _name;
    private readonly byte[] _source;

    public PositionTopic(RelayOptions options)
    {
        _name = [.. "$relay/"u8, .. options.Topic];
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(options.Url.AbsoluteUri));
        _source = Encoding.ASCII.GetBytes("source-" + Convert.ToHexStringLower(hash.AsSpan(0, 8)));
    }

    public ReadOnlySpan<byte> Name => _name;

    /// <summary>Returns whether an event of the topic belongs to this source.</summary>
    public bool IsOfSource(ReadOnlySpan<byte> eventName) => eventName.SequenceEqual(_source);

    /// <summary>Adds a position after the events that it covers. The key keeps the newest position beyond the topic's retention.</summary>
    public void Add(PublishBatch batch, ReadOnlySpan<byte> lines)
    {
        TopicName.TryCreate(_name, out var topic, out _);
        EventName.TryCreate(_source, out var name);
        batch.Add(topic, new ServerSentEvent { Name = name, Data = lines, RetryMilliseconds = -1 }, "position"u8);
    }
}
