using System.Text;
using System.Text.Json;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>
/// The rule: seen + announced = published. For every subscriber, each event is delivered, or a gap before the next event announces its
/// loss. Publishing, retention, the store's trims, its pages, sends that stop anywhere and gaps are interleaved in random orders, one step
/// at a time: each step of a trim and each page passes when its turn comes.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DeliveryModelTests
{
    private const int Topics = 3;
    private static readonly string[][] Selections = [["t/0"], ["t/1"], ["t/0", "t/1"], ["t/*"], ["**"], ["t/2", "t/*"]];

    private sealed record Published(EventId Id, string Topic);

    /// <summary>How far each topic was evicted when a gap was written.</summary>
    private sealed record Evicted(EventId[] Through);

    private sealed class Subscriber(RecordingSubscription subscription, string[] selection, EventId? start)
    {
        public RecordingSubscription Subscription => subscription;

        public string[] Selection => selection;

        /// <summary>The subscriber's resume point, or the head when it joined; null if it takes what is retained.</summary>
        public EventId? Start => start;

        public List<Evicted> Gaps { get; } = [];

        /// <summary>What was evicted when the subscriber joined, which is not owed to one without a resume point.</summary>
        public Evicted AtJoin { get; set; } = new([]);

        public bool Selects(string topic) => selection.Any(selector => selector == topic || selector.EndsWith('*'));

        /// <summary>It pinned dropped history for too long; what it was sent until then follows the rule too.</summary>
        public bool IsCut => subscription.Ending == StreamEnding.Broken;

        public bool IsOfOneTopic => selection is ["t/0"] or ["t/1"];
    }

    [Test]
    public void Each_event_is_seen_or_announced([Values] bool isStored, [Range(1, 20)] int seed)
    {
        for (var round = 0; round < (Scale.IsLong ? 50 : 1); round++) Play(seed + round * 100, isStored, steps: 400);
    }

    private static void Play(int seed, bool isStored, int steps)
    {
        var random = new Random(seed);
        var retention = new TopicRetention { MaxEvents = random.Next(4, 40), MaxBytes = random.Next(3) == 0 ? 5000 : 1_000_000 };
        using var store = isStored ? new MemoryEventStore { PageEvents = random.Next(1, 6), TrimRows = random.Next(1, 3) } : null;
        var options = HubOptions.Default with
        {
            Shards = random.Next(1, 3),
            Retention = retention,
            MaxHistoryBytes = random.Next(2_000, 12_000),
            HeartbeatInterval = TimeSpan.FromHours(1)
        };
        using var hub = new TestHub(options, store: store);
        var all = new List<Published>();
        var subscribers = new List<Subscriber>();
        store?.StepGates();
        for (var step = 0; step < steps; step++)
        {
            switch (random.Next(100))
            {
                case < 4 when subscribers.Count < 16:
                    subscribers.Add(Join(hub, random, all));
                    break;
                case < 30 when subscribers.Count > 0:
                    subscribers[random.Next(subscribers.Count)].Subscription.Connection.Take(random.Next(6) == 0 ? 3000 : random.Next(400));
                    break;
                case < 35:
                    hub.Time.Advance(TimeSpan.FromSeconds(1));
                    break;
                case < 60 when store is not null:
                    store.LetTrimStep();
                    break;
                case < 70 when store is not null:
                    store.LetReadBegin();
                    break;
                case < 80 when store is not null:
                    store.LetReadEnd();
                    break;
                default:
                    var topic = $"t/{random.Next(Topics)}";
                    all.Add(new(hub.Publish(topic, new string('x', random.Next(40) == 0 ? 20_000 : random.Next(200))), topic));
                    break;
            }

            foreach (var subscriber in subscribers.DistinctBy(subscriber => subscriber.Subscription.Inbox))
                TestHub.Settle(subscriber.Subscription);
        }

        store?.OpenGates();
        foreach (var subscriber in subscribers) subscriber.Subscription.Connection.Take(int.MaxValue);
        for (var i = 0; i < Topics; i++)
        {
            var end = new Published(hub.Publish($"t/{i}", "end"), $"t/{i}");
            all.Add(end);
            // The event appended last is retained until the next one.
            foreach (var subscriber in subscribers.FindAll(subscriber => subscriber.Selects(end.Topic)))
                Eventually.True(() => subscriber.IsCut || subscriber.Subscription.Stream.Events.LastOrDefault()?.Id == end.Id.ToString(),
                    $"seed {seed}, {string.Join(' ', subscriber.Selection)} up to {end}");
        }

        foreach (var subscriber in subscribers)
            Check(subscriber, all, $"seed {seed}, {string.Join(' ', subscriber.Selection)} after {subscriber.Start}");
    }

    private static Subscriber Join(TestHub hub, Random random, List<Published> all)
    {
        var selection = Selections[random.Next(Selections.Length)];
        var subscription = new RecordingSubscription { IsChunked = random.Next(3) > 0 };
        var kind = all.Count == 0 ? 0 : random.Next(4);
        EventId? start = kind switch
        {
            0 => hub.Hub.Head,
            1 => null,
            _ => all[random.Next(all.Count)].Id,
        };
        var subscriber = new Subscriber(subscription, selection, start);
        subscription.GapIsWritten = () => subscriber.Gaps.Add(EvictedNow(hub));
        hub.Join(subscription, kind switch { 0 => ResumePoint.Head, 1 => ResumePoint.Oldest, _ => TestHub.After(start!.Value) }, selection);
        // Its cursors have a position before anything else happens.
        TestHub.Settle(subscription);
        subscriber.AtJoin = EvictedNow(hub);
        return subscriber;
    }

    private static Evicted EvictedNow(TestHub hub)
        => new([.. Enumerable.Range(0, Topics)
            .Select(i => hub.Hub.Catalog.Topics.Find(Encoding.UTF8.GetBytes($"t/{i}"))?.EvictedThrough ?? default)]);

    private static void Check(Subscriber subscriber, List<Published> all, string what)
    {
        var selected = all.FindAll(e => subscriber.Selects(e.Topic));
        var owed = selected.FindAll(e => subscriber.Start is not null || e.Id > subscriber.AtJoin.Through[e.Topic[^1] - '0']);
        var known = selected.ToDictionary(e => e.Id.ToString());
        // What the subscriber was owed so far; a subscriber that came without a resume point is owed what follows its first event.
        var at = subscriber.Start;
        var (gaps, said) = (0, new List<(JsonElement Gap, Evicted Evicted)>());
        var fresh = new List<JsonElement>();
        foreach (var block in subscriber.Subscription.Stream.Blocks)
        {
            if (block.Name == "gap")
            {
                var gap = JsonDocument.Parse(block.Data!).RootElement;
                Assert.That(gap.GetProperty("after")
                    .GetString(), Is.EqualTo(at?.ToString()), $"{what}: a gap is after what the subscriber has");
                said.Add((gap, subscriber.Gaps[gaps++]));
                fresh.Add(gap);
                continue;
            }

            if (block.Data is null || block.Name is "connected" or "heartbeat") continue;
            Assert.That(known, Does.ContainKey(block.Id!), $"{what}: an event that was published");
            var id = known[block.Id!].Id;
            Assert.That(id, Is.GreaterThan(at ?? default), $"{what}: each once, in order");
            // Nothing may follow yet when a gap is written.
            if (fresh.Count > 0)
                Assert.That(fresh[^1].GetProperty("from").GetString(), Is.Null.Or.EqualTo(block.Id), $"{what}: a gap "
                    + "ends with what follows it");
            if (at is { } last)
            {
                foreach (var lost in owed.Where(e => e.Id > last && e.Id < id))
                {
                    if (subscriber.IsOfOneTopic)
                        Assert.That(fresh, Is.Not.Empty, $"{what}: {lost} is neither seen nor announced right there");
                    Assert.That(said.Exists(s => Covers(s.Gap, s.Evicted, lost)), Is.True,
                        $"{what}: {lost} is neither seen nor announced before {id}");
                }
            }

            at = id;
            fresh.Clear();
        }
    }

    // A gap announces what is evicted when it is written, for the topics that it names.
    private static bool Covers(JsonElement gap, Evicted evicted, Published lost)
    {
        var topic = lost.Topic[^1] - '0';
        return evicted.Through[topic] >= lost.Id
            && gap.GetProperty("topics").EnumerateArray().Any(name => name.GetString() == lost.Topic || name.GetString()!.EndsWith('*'));
    }
}
