using System.Collections.Concurrent;
using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.Hub;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;
using SseServer.Tests.Support;

namespace SseServer.Tests.Hub.Support;

/// <summary>A hub with fake time, and what tests do with one. Disposing it fails the test on faults and on misuse of connections.</summary>
internal sealed class TestHub : IDisposable
{
    private readonly List<RecordingSubscription> _subscriptions = [];

    private readonly bool _isStored;

    public TestHub(HubOptions? options = null, TimeProvider? time = null, IEventStore? store = null)
    {
        _isStored = store is not null;
        Time = time as FakeTimeProvider ?? FakeTimeProvider.AtWholeSecond();
        Hub = new EventHub(options ?? HubOptions.Default with { Shards = 1 }, time ?? Time, store);
        Hub.Faulted += Faults.Enqueue;
    }

    public FakeTimeProvider Time { get; }

    public EventHub Hub { get; }

    public ConcurrentQueue<Exception> Faults { get; } = new();

    public bool ExpectsFaults { get; init; }

    public static Selector Select(string text)
    {
        if (!Selector.TryCreate(Encoding.UTF8.GetBytes(text), out var selector, out var problem)) throw new ArgumentException(problem);
        return selector;
    }

    public static ResumePoint After(EventId id) => ResumePoint.After(Encoding.UTF8.GetBytes(id.ToString()));

    public static ResumePoint After(string id) => ResumePoint.After(Encoding.UTF8.GetBytes(id));

    public static void Add(PublishBatch batch, string topic, ReadOnlySpan<byte> data, string? id = null, string? name = null,
        string? key = null, bool isFinal = false)
    {
        if (!TopicName.TryCreate(Encoding.UTF8.GetBytes(topic), out var topicName, out var problem)) throw new ArgumentException(problem);
        PublisherEventId.TryCreate(Encoding.UTF8.GetBytes(id ?? ""), out var publisherId);
        EventName.TryCreate(Encoding.UTF8.GetBytes(name ?? ""), out var eventName);
        batch.Add(topicName, new ServerSentEvent { Id = publisherId, Name = eventName, Data = data, RetryMilliseconds = -1 },
            Encoding.UTF8.GetBytes(key ?? ""), isFinal);
    }

    public EventId Publish(string topic, string data, string? id = null, string? name = null, string? key = null)
    {
        var batch = new PublishBatch();
        Add(batch, topic, Encoding.UTF8.GetBytes(data), id, name, key);
        Assert.That(Publish(batch), Is.EqualTo(HubStatus.Ok));
        return batch.IdOf(0);
    }

    /// <summary>Advances the clock second by second, each time until the subscription has nothing left to do.</summary>
    public void AdvanceSeconds(RecordingSubscription subscription, int seconds)
    {
        for (; seconds > 0; seconds--)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Settle(subscription);
        }
    }

    /// <summary>Publishes a topic's last event or, without data, its end alone.</summary>
    public HubStatus End(string topic, string? data, out EventId id)
    {
        var batch = new PublishBatch();
        AddEnd(batch, topic, data);
        var status = Publish(batch);
        id = batch.IdOf(0);
        return status;
    }

    public EventId End(string topic, string? data = null)
    {
        Assert.That(End(topic, data, out var id), Is.EqualTo(HubStatus.Ok));
        return id;
    }

    public static void AddEnd(PublishBatch batch, string topic, string? data = null)
    {
        if (data is not null) Add(batch, topic, Encoding.UTF8.GetBytes(data), isFinal: true);
        else if (TopicName.TryCreate(Encoding.UTF8.GetBytes(topic), out var name, out _)) batch.AddEnd(name);
    }

    public bool IsOver(ResumePoint start, params string[] selectors)
        => Hub.IsOverAsync(Array.ConvertAll(selectors, Select), start).AsTask().GetAwaiter().GetResult();

    /// <summary>Publishes and, with a store, waits for the commit.</summary>
    public HubStatus Publish(PublishBatch batch)
        => _isStored ? Hub.PublishAsync(batch).AsTask().GetAwaiter().GetResult() : Hub.PublishNow(batch);

    /// <summary>Publishes again and again until a store that was away has it.</summary>
    public EventId PublishPersistently(string topic, string data, string id = "once")
    {
        var batch = new PublishBatch();
        Eventually.True(() =>
        {
            batch.Clear();
            Add(batch, topic, Encoding.UTF8.GetBytes(data), id);
            return Publish(batch) == HubStatus.Ok;
        });
        return batch.IdOf(0);
    }

    /// <summary>Publishes without waiting.</summary>
    public (PublishBatch Batch, Task<HubStatus> Status) Begin(string topic, string data, string? id = null)
    {
        var batch = new PublishBatch();
        Add(batch, topic, Encoding.UTF8.GetBytes(data), id);
        return (batch, Hub.PublishAsync(batch).AsTask());
    }

    /// <summary>Publishes <paramref name="from"/> to <paramref name="to"/> as data, one by one.</summary>
    public EventId PublishRange(string topic, int from, int to)
    {
        EventId last = default;
        for (var i = from; i <= to; i++) last = Publish(topic, $"{topic} {i}");
        return last;
    }

    public Topic Topic(string name)
        => Hub.Catalog.Topics.Find(Encoding.UTF8.GetBytes(name)) ?? throw new ArgumentException("No such topic.", nameof(name));

    public RecordingSubscription Subscribe(ResumePoint start, params string[] selectors)
        => Join(new RecordingSubscription(), start, selectors);

    public RecordingSubscription Join(RecordingSubscription subscription, ResumePoint start, params string[] selectors)
    {
        lock (_subscriptions) _subscriptions.Add(subscription);
        Assert.That(Hold(subscription, start, selectors), Is.EqualTo(HubStatus.Ok));
        EventHub.Join(subscription);
        return subscription;
    }

    public HubStatus Hold(Subscription subscription, ResumePoint start, params string[] selectors)
        => Hub.AcquireAsync(subscription, Array.ConvertAll(selectors, Select), start).AsTask().GetAwaiter().GetResult();

    /// <summary>A subscription that has its greeting and is at the head.</summary>
    public RecordingSubscription SubscribeLive(params string[] selectors)
    {
        var subscription = Subscribe(ResumePoint.Head, selectors);
        Eventually.True(() => subscription.Stream.Blocks.Count == 1);
        Settle(subscription);
        return subscription;
    }

    /// <summary>
    /// Returns when a shard has done the work that it got before, so that whatever has not arrived by then never will. The present pass may
    /// have begun before; the second one takes all work over; the third has seen that none is left.
    /// </summary>
    public static void Settle(Subscription subscription)
    {
        for (var i = 0; i < 3; i++) subscription.Inbox.NextPass().GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        Hub.Dispose();
        if (!ExpectsFaults) Assert.That(Faults, Is.Empty);
        lock (_subscriptions)
            foreach (var subscription in _subscriptions) Assert.That(subscription.Connection.Misuse, Is.Null);
    }
}
