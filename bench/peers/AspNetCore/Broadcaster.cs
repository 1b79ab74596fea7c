using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SseServer.Bench.AspNetCore;

/// <summary>
/// Copies each event into the channel of each subscriber. The channels hold as many events as this project's server keeps of a
/// topic by default, then drop the oldest: without a bound a fast publisher takes all memory.
/// </summary>
internal sealed class Broadcaster
{
    private static readonly BoundedChannelOptions Options = new(10_000)
    {
        FullMode = BoundedChannelFullMode.DropOldest,
        SingleReader = true,
    };

    private readonly ConcurrentDictionary<Channel<SseItem<string>>, bool> _subscribers = new();

    /// <summary>Hands the event to every subscriber. Never waits.</summary>
    public void Publish(string data)
    {
        var item = new SseItem<string>(data);
        foreach (var (channel, _) in _subscribers)
            channel.Writer.TryWrite(item);
    }

    /// <summary>
    /// The events from now on. The first item is sent at once, because the framework sends the response head only with an item, and a
    /// client could not know before that it is subscribed.
    /// </summary>
    public async IAsyncEnumerable<SseItem<string>> Subscribe([EnumeratorCancellation] CancellationToken cancellation)
    {
        var channel = Channel.CreateBounded<SseItem<string>>(Options);
        _subscribers[channel] = true;
        try
        {
            yield return new SseItem<string>("", "connected");
            await foreach (var item in channel.Reader.ReadAllAsync(cancellation))
                yield return item;
        }
        finally
        {
            _subscribers.TryRemove(channel, out _);
        }
    }
}
