using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Log;

/// <summary>Random publishes, bounds, subscribers and connections against what a list of all events says.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class KeyModelTests
{
    private const int Topics = 3;
    private static readonly string[][] Selections = [["t/0"], ["t/*"], ["t/0", "t/2"], ["t/1", "t/*"], ["**"]];
    private static readonly string[] Names = ["price", "news", ""];

    private sealed record Published(EventId Id, string Topic, string? Key, string Name);

    private sealed record Subscriber(
        RecordingSubscription Subscription, string[] Selection, string[] Names, EventId Start, bool WantsLatest, bool IsLive)
    {
        public bool WasSlow { get; set; }

        public bool Selects(Published e) => Selection[0] == "**" || Selection.Contains("t/*") || Selection.Contains(e.Topic);

        public bool Wants(Published e) => Selects(e) && (Names.Length == 0 || Names.Contains(e.Name.Length == 0 ? "message" : e.Name));
    }

    [Test]
    public void Subscribers_get_what_a_list_of_all_events_says([Values] bool isStored, [Range(1, 8)] int seed)
    {
        var random = new Random(seed);
        var retention = new TopicRetention
        {
            MaxEvents = random.Next(1, 60),
            MaxBytes = random.Next(2) == 0 ? 3000 : 1_000_000,
            MaxAge = TimeSpan.FromSeconds(random.Next(2, 400))
        };
        var options = HubOptions.Default with { Shards = random.Next(1, 3), Retention = retention };
        // With a store, events evicted from memory are not lost.
        var isPressed = isStored && random.Next(2) == 0;
        if (isPressed) options = options with { MaxHistoryBytes = 16 * 1024 };
        using var store = isStored ? new MemoryEventStore() : null;
        using var hub = new TestHub(options, store: store);
        var all = new List<Published>();
        var subscribers = new List<Subscriber>();
        // If every subscriber is served after each step, those whose connections never block keep up for certain; otherwise they race
        // against the publisher. If memory is short, their next events may be in the store already.
        var isPaced = seed % 2 == 0 && !isPressed;
        for (var step = 0; step < 1000; step++)
        {
            switch (random.Next(100))
            {
                case < 3 when subscribers.Count < 24:
                    subscribers.Add(Join(hub, random, all));
                    break;
                case < 25 when subscribers.Count > 0:
                    var subscriber = subscribers[random.Next(subscribers.Count)];
                    // Every other one always keeps up.
                    if (subscribers.IndexOf(subscriber) % 2 == 0) break;
                    subscriber.WasSlow = true;
                    subscriber.Subscription.Connection.Take(random.Next(4) == 0 ? 2000 : random.Next(100));
                    break;
                case < 30:
                    hub.Time.Advance(TimeSpan.FromSeconds(random.Next(1, 4)));
                    break;
                default:
                    Publish(hub, random, all);
                    break;
            }

            Pace();
        }

        foreach (var subscriber in subscribers) subscriber.Subscription.Connection.Take(int.MaxValue);
        for (var i = 0; i < Topics; i++)
        {
            foreach (var name in Names)
            {
                all.Add(new(hub.Publish($"t/{i}", "end", name: name), $"t/{i}", null, name));
                Pace();
            }
        }

        foreach (var subscriber in subscribers) Check(subscriber, all, retention.MaxAge, isPaced);
        Assert.That(hub.Hub.Catalog.Budget.Total.CompactedEvents,
            Is.EqualTo(Enumerable.Range(0, Topics).Sum(i => hub.Topic($"t/{i}").CompactedCount)));

        void Pace()
        {
            if (!isPaced) return;
            foreach (var shard in subscribers.DistinctBy(subscriber => subscriber.Subscription.Inbox)) TestHub.Settle(shard.Subscription);
        }
    }

    private static void Publish(TestHub hub, Random random, List<Published> all)
    {
        var topic = $"t/{random.Next(Topics)}";
        // One topic has keyed events only.
        var key = topic == "t/0" || random.Next(3) > 0 ? $"k{(int)(Math.Pow(random.NextDouble(), 2) * 12)}" : null;
        var name = Names[random.Next(Names.Length)];
        var own = random.Next(5) == 0 ? $"own {all.Count}" : null;
        // Some do not fit into a gathered send.
        var data = new string('x', random.Next(60) == 0 ? 20_000 : random.Next(200));
        all.Add(new(hub.Publish(topic, data, own, name, key), topic, key, name));
    }

    private static Subscriber Join(TestHub hub, Random random, List<Published> all)
    {
        var selection = Selections[random.Next(Selections.Length)];
        var names = random.Next(3) == 0 ? new[] { "price", "message" } : [];
        Assert.That(EventFilter.TryCreate(Array.ConvertAll(names, Encoding.UTF8.GetBytes), out var filter, out _), Is.True);
        var subscription = new RecordingSubscription
        {
            IsChunked = random.Next(3) > 0,
            Filter = filter,
            HasHeartbeatEvents = random.Next(2) == 0
        };
        var kind = all.Count == 0 ? 0 : random.Next(3);
        var start = kind == 1 ? all[random.Next(all.Count)].Id : kind == 2 ? default : hub.Hub.Head;
        hub.Join(subscription, kind == 1 ? TestHub.After(start) : kind == 2 ? ResumePoint.Latest : ResumePoint.Head, selection);
        // Its cursors have a position before anything else happens.
        TestHub.Settle(subscription);
        return new(subscription, selection, names, start, WantsLatest: kind == 2, IsLive: kind == 0);
    }

    private static void Check(Subscriber subscriber, List<Published> all, TimeSpan maxAge, bool isPaced)
    {
        var wanted = all.Where(e => e.Id > subscriber.Start && subscriber.Wants(e)).ToList();
        Eventually.True(() => subscriber.Subscription.Ending is not null
            || (ReadIds(subscriber.Subscription.Stream) is [.., var last] && last == wanted[^1].Id),
            $"{string.Join(' ', subscriber.Selection)} of {string.Join(' ', subscriber.Names)} up to {wanted[^1]}");
        var stream = subscriber.Subscription.Stream;
        var ids = ReadIds(stream);
        if (subscriber.Subscription.Ending is not null)
        {
            // It was cut off because it pinned dropped history: what it was sent until then is right.
            Assert.That(subscriber.WasSlow, Is.True);
            wanted.RemoveAll(e => ids.Count == 0 || e.Id > ids[^1]);
        }

        Assert.That(ids, Is.Ordered.And.Unique);
        Assert.That(ids, Is.SubsetOf(wanted.Select(e => e.Id)));
        var got = ids.ToHashSet();
        bool IsNewest(Published e) => !all.Exists(other => other.Id > e.Id && other.Topic == e.Topic && other.Key == e.Key);

        // Events that were not superseded in time may have exceeded the topic's age.
        bool MayBeTooOld(Published e)
        {
            var next = all.Find(other => other.Id > e.Id && other.Topic == e.Topic && other.Key == e.Key) ?? all[^1];
            return next.Id.Milliseconds - e.Id.Milliseconds > maxAge.TotalMilliseconds;
        }

        foreach (var newest in wanted.Where(e => e.Key is not null && IsNewest(e)))
            if (!MayBeTooOld(newest) && subscriber.Subscription.Ending is null)
                Assert.That(got, Does.Contain(newest.Id), "The newest of each key comes.");
        if (subscriber.WantsLatest || subscriber.Subscription.Ending is not null) return;

        var lost = wanted.Exists(e => (e.Key is null || IsNewest(e)) && !got.Contains(e.Id));
        if (lost) Assert.That(stream.Gaps, Is.Not.Empty, "An event that is not superseded is not lost silently.");
        var mayBeLost = lost || all.Exists(e => e.Key is not null && e.Id > subscriber.Start && subscriber.Selects(e) && !got.Contains(e.Id)
            && MayBeTooOld(e));
        if (subscriber.Names.Length == 0 && !mayBeLost) Assert.That(stream.Gaps, Is.Empty, "Nothing else is a loss.");
        if (isPaced && subscriber is { IsLive: true, WasSlow: false })
            Assert.That(ids, Is.EqualTo(wanted.Select(e => e.Id)), "A subscriber that keeps up gets all.");
    }

    // The event id of each event: its own if the publisher gave none, otherwise that of the block that follows it.
    private static List<EventId> ReadIds(ReceivedStream stream)
    {
        var ids = new List<EventId>();
        for (var i = 0; i < stream.Blocks.Count; i++)
        {
            var block = stream.Blocks[i];
            if (block.Data is null || block.Name is "connected" or "gap" or "heartbeat") continue;
            var hasPublisherId = block.Id!.StartsWith("own", StringComparison.Ordinal);
            // The block may be on its way still.
            if (hasPublisherId && i + 1 == stream.Blocks.Count) break;
            Assert.That(EventId.TryParse(Encoding.UTF8.GetBytes(stream.Blocks[hasPublisherId ? i + 1 : i].Id!), out var id), Is.True);
            ids.Add(id);
        }

        return ids;
    }
}
