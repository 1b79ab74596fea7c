using System.Collections.Concurrent;
using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Catalog;

/// <summary>
/// Patterns are opened and removed in steps. Whatever happens between two steps, subscribers get each event once and in order.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PatternOpeningTests
{
    private static readonly string[] Patterns = ["p/**", "p/*/*", "p/short/*", "*/long/*", "p/**", "*/*/1", "none/*"];

    private static readonly TopicRetention Brief = new() { MaxEvents = 8, MaxAge = TimeSpan.FromSeconds(1) };

    /// <summary>Topics some of which lose their events, and are removed, with each second that passes.</summary>
    private static readonly HubOptions Options = HubOptions.Default with
    {
        Shards = 1,
        HeartbeatInterval = TimeSpan.FromDays(1),
        TopicLinger = TimeSpan.Zero,
        Rules = [new TopicRule(TestHub.Select("p/short/*"), Brief, Durability.Sync)],
    };

    [Test]
    public void A_subscriber_gets_every_event_once_whatever_happens_between_the_steps_of_opening(
        [Range(1, 24)] int seed, [Values(0, 3, 300)] int topics)
    {
        using var hub = new TestHub(Options);
        var random = new Random(seed);
        var published = new ConcurrentQueue<(EventId Id, string Topic, string Data)>();
        for (var i = 0; i < topics; i++) Publish($"p/{Kind()}/{i}");
        Publish("p/long/0");
        var first = published.First().Id;
        var subscribers = Patterns.Select(name => (Pattern: name, Subscriber: new RecordingSubscription(), Owed: random.Next(2) == 0))
            .ToList();
        var joining = new Task?[subscribers.Count];
        var begun = 0;
        // After the first one everything is done between the steps, on the opening thread, so that a seed always gives the same run.
        hub.Hub.Catalog.PatternOpener.OpeningStep = () =>
        {
            if (begun < subscribers.Count && random.Next(3) > 0) BeginNext();
            for (var i = random.Next(4); i > 0; i--) Act();
        };
        BeginNext();
        Eventually.True(() => joining.Take(Volatile.Read(ref begun)).All(task => task is { IsCompleted: true }) && AreAllBegun());
        hub.Hub.Catalog.PatternOpener.OpeningStep = null;
        Task.WaitAll(joining!);
        foreach (var (_, subscriber, _) in subscribers) EventHub.Join(subscriber);
        for (var i = 0; i < 20; i++) Act();
        Publish("p/long/1");
        foreach (var (_, subscriber, _) in subscribers) TestHub.Settle(subscriber);

        foreach (var (pattern, subscriber, owed) in subscribers)
        {
            var events = subscriber.Stream.Events.Select(e => (Id: Id(e.Id!), e.Data)).ToList();
            Assert.That(events.Select(e => e.Id), Is.Ordered.And.Unique, pattern);
            var selector = TestHub.Select(pattern);
            var matching = published.Where(e => selector.Matches(Encoding.UTF8.GetBytes(e.Topic)) && (!owed || e.Id > first)).ToList();
            var received = events.Select(e => e.Data!).ToHashSet();
            Assert.That(received, Is.SubsetOf(matching.Select(e => e.Data)), pattern);
            var missed = matching.Where(e => !received.Contains(e.Data)).Select(e => e.Topic).ToList();
            Assert.That(missed, Is.All.StartsWith("p/short/"), pattern);
            if (owed && missed.Count > 0) Assert.That(subscriber.Stream.Gaps, Is.Not.Empty, pattern);
            if (owed && missed.Count == 0 && topics == 0) Assert.That(subscriber.Stream.Gaps.Count(), Is.LessThanOrEqualTo(1), pattern);
        }

        // All that were begun may have opened before the last one was begun. Then there are no more steps, and it is begun here.
        bool AreAllBegun()
        {
            if (begun == subscribers.Count) return true;
            BeginNext();
            return false;
        }

        void BeginNext()
        {
            var number = begun;
            Volatile.Write(ref begun, number + 1);
            var (pattern, subscriber, owed) = subscribers[number];
            var start = owed ? TestHub.After(first) : ResumePoint.Oldest;
            Volatile.Write(ref joining[number], hub.Hub.AcquireAsync(subscriber, [TestHub.Select(pattern)], start).AsTask());
        }

        string Kind() => random.Next(3) == 0 ? "short" : "long";

        // Publishes to an existing or a new topic, or has the short ones lose their events.
        void Act()
        {
            if (random.Next(6) == 0) hub.Time.Advance(TimeSpan.FromSeconds(random.Next(1, 4)));
            else Publish($"p/{Kind()}/{random.Next(Math.Max(4, topics + 4))}");
        }

        void Publish(string topic)
        {
            var data = $"{topic} {published.Count}";
            published.Enqueue((hub.Publish(topic, data), topic, data));
        }
    }

    [TestCase(300, 4)]
    [TestCase(4_000, 4)]
    [TestCase(4_000, 64)]
    public void No_hold_of_the_lock_does_more_work_with_more_topics_and_patterns(int topics, int patterns)
    {
        var retention = new TopicRetention { MaxAge = TimeSpan.FromMinutes(2) };
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxHistoryBytes = long.MaxValue / 2, Retention = retention });
        var batch = new PublishBatch();
        for (var i = 0; i < topics; i++) TestHub.Add(batch, $"a/b/c/d/e/f/{i}", "x"u8);
        Assert.That(hub.Hub.PublishNow(batch), Is.EqualTo(HubStatus.Ok));

        var subscribers = Enumerable.Range(0, patterns).Select(i => PatternOf(i)).Select(pattern => hub.SubscribeLive(pattern)).ToList();
        Assert.That(hub.Topic("a/b/c/d/e/f/7").MatchingPatternCount, Is.EqualTo(patterns));
        for (var round = 0; round < 3; round++)
        {
            batch.Clear();
            for (var i = 0; i < 2_000; i++) TestHub.Add(batch, $"a/b/c/d/e/f/{i * (round + 1) % (2 * topics)}", "x"u8);
            Assert.That(hub.Hub.PublishNow(batch), Is.EqualTo(HubStatus.Ok));
            hub.Time.Advance(TimeSpan.FromSeconds(1));
        }

        foreach (var subscriber in subscribers) subscriber.PeerLost();
        foreach (var subscriber in subscribers) subscriber.WaitForEnd(StreamEnding.Broken);
        hub.Time.Advance(TimeSpan.FromSeconds(63));
        Assert.That(hub.Hub.Catalog.Patterns.Count, Is.Zero);
        // All events exceed their age at once, and then all topics are removed.
        hub.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.That(hub.Hub.TopicCount, Is.Zero);
        Assert.That(hub.Hub.HistoryBytes, Is.Zero);

        // The last thing done in a hold may be an event of a new topic that all patterns match.
        Assert.That(hub.Hub.Catalog.Lock.Work.Most, Is.LessThanOrEqualTo(HoldWork.Budget + 3 * patterns + 2 * HoldWork.TopicCreated));
    }

    [Test]
    public void Asking_topics_for_history_that_their_subscribers_have_yet_to_be_handed_is_bounded_work()
    {
        const int Patterns = 64;
        using var handing = new ManualResetEventSlim();
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxHistoryBytes = 200_000 });
        var subscribers = Enumerable.Range(0, Patterns).Select(i => hub.SubscribeLive(PatternOf(i))).ToList();
        subscribers[0].Sending = () => handing.Wait(TimeSpan.FromSeconds(20));

        for (var i = 0; i < 2_000; i++) hub.Publish($"a/b/c/d/e/f/{i % 500}", "x");
        Assert.That(hub.Hub.HistoryBytes, Is.GreaterThan(200_000), "Subscribers have yet to get it.");
        handing.Set();

        Assert.That(hub.Hub.Catalog.Lock.Work.Most, Is.LessThanOrEqualTo(HoldWork.Budget + 3 * Patterns + 2 * HoldWork.TopicCreated));
        foreach (var subscriber in subscribers) subscriber.WaitForCount(2_000);

        // Also if nothing more is published.
        hub.Time.AdvanceUntil(() => hub.Hub.HistoryBytes <= 200_000);
    }

    [Test]
    public void References_of_patterns_count_in_the_history_until_the_patterns_are_removed()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, HeartbeatInterval = TimeSpan.FromDays(1) });
        string[] topics = ["a/1", "a/2", "b/1"];
        foreach (var topic in topics) hub.PublishRange(topic, 1, 50);
        var before = hub.Hub.HistoryBytes;

        var subscriber = hub.SubscribeLive("a/*", "**", "*/1");
        var after = hub.Hub.HistoryBytes;
        hub.PublishRange("c/1", 1, 10);

        Assert.That(after - before, Is.EqualTo((100 + 150 + 100) * PatternLog.ReferenceCost));
        Assert.That(hub.Hub.Catalog.Patterns.MeasureReferences(), Is.EqualTo((100 + 150 + 100 + 20) * PatternLog.ReferenceCost));
        Assert.That(hub.Hub.HistoryBytes, Is.EqualTo(topics.Append("c/1").Sum(topic => hub.Topic(topic).Cost)));

        subscriber.PeerLost();
        subscriber.WaitForEnd(StreamEnding.Broken);
        hub.Time.Advance(TimeSpan.FromSeconds(64));
        Assert.That(hub.Hub.HistoryBytes, Is.EqualTo(before + hub.Topic("c/1").Cost));
        Assert.That(hub.Hub.Catalog.Patterns.MeasureReferences(), Is.Zero);
    }

    [Test]
    public void Patterns_that_would_exceed_the_history_bound_evict_history()
    {
        const int Bound = 1024 * 1024;
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxHistoryBytes = Bound });
        for (var i = 0; i < 500; i++) hub.Publish($"a/b/c/d/e/f/{i}", "x");
        Assert.That(hub.Hub.Catalog.Budget.Total.Events, Is.EqualTo(500));

        for (var i = 0; i < 64; i++) hub.SubscribeLive(PatternOf(i));
        Assert.That(hub.Hub.HistoryBytes, Is.LessThanOrEqualTo(Bound));
        for (var i = 0; i < 2_000; i++) hub.Publish($"a/b/c/d/e/f/{i % 700}", "x");

        // Only after the subscribers were handed the events: nothing is evicted before that, also above the bound.
        hub.Time.AdvanceUntil(() => hub.Hub.HistoryBytes <= Bound);
        // Dead references are at most as many as live ones, and a segment of each pattern.
        const int Segments = 64 * PatternLog.SegmentEntries;
        Assert.That(hub.Hub.Catalog.Patterns.MeasureReferences(), Is.LessThanOrEqualTo(2 * Bound + Segments * PatternLog.ReferenceCost));
    }

    [Test]
    public void A_pattern_whose_opening_failed_is_opened_again_by_the_next_subscriber()
    {
        using var hub = new TestHub { ExpectsFaults = true };
        hub.Publish("t/1", "one");
        hub.Hub.Catalog.PatternOpener.OpeningStep = () => throw new InvalidOperationException("A mistake of ours.");

        Assert.That(() => hub.Hold(new RecordingSubscription(), ResumePoint.Oldest, "t/*", "t/1"), Throws.InvalidOperationException);
        hub.Hub.Catalog.PatternOpener.OpeningStep = null;
        var subscriber = hub.Subscribe(ResumePoint.Oldest, "t/*");
        hub.Publish("t/1", "two");

        subscriber.WaitForData("one", "two");
        Assert.That(hub.Faults, Has.Count.EqualTo(1));
        Assert.That(hub.Topic("t/1").Subscribers, Is.Zero);
        Assert.That(hub.Hub.Catalog.Patterns.Count, Is.EqualTo(1));
    }

    [Test]
    public void A_pattern_in_the_place_of_one_that_was_removed_has_none_of_its_topics()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxPatterns = 2, HeartbeatInterval = TimeSpan.FromDays(1) });
        hub.Publish("t/1", "x");
        for (var round = 0; round < 40; round++)
        {
            var pattern = round % 2 == 0 ? "t/*" : $"u/{round}/*";
            var subscriber = hub.SubscribeLive(pattern);
            hub.Publish($"u/{round}/1", "u");
            hub.Publish("t/1", "t");
            subscriber.WaitForData(round % 2 == 0 ? "t" : "u");
            subscriber.PeerLost();
            subscriber.WaitForEnd(StreamEnding.Broken);
            hub.Time.Advance(TimeSpan.FromSeconds(round % 3 == 0 ? 70 : 1));
        }
    }

    [Test]
    public void Patterns_added_faster_than_removed_ones_are_swept_wait_for_the_sweep()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, MaxPatterns = 1 });
        hub.Publish("t/1", "x");
        var opened = 0;
        while (TryOpen() == HubStatus.Ok) Assert.That(++opened, Is.LessThan(1_000));

        Assert.That(TryOpen(), Is.EqualTo(HubStatus.TooManyPatterns));
        hub.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.That(TryOpen(), Is.EqualTo(HubStatus.Ok));

        HubStatus TryOpen()
        {
            var subscription = new RecordingSubscription();
            var status = hub.Hold(subscription, ResumePoint.Head, $"t/{opened}/*");
            if (status == HubStatus.Ok) hub.Hub.Catalog.Release(subscription.Cursors.Select(cursor => cursor.Log));
            return status;
        }
    }

    /// <summary>Patterns of seven segments that all match the same topics; each number gives a different one.</summary>
    private static string PatternOf(int number)
        => string.Join('/', "abcdef".Select((segment, i) => (number >> i & 1) != 0 ? "*" : segment.ToString())) + "/*";

    private static EventId Id(string text)
        => EventId.TryParse(Encoding.UTF8.GetBytes(text), out var id) ? id : throw new FormatException(text);
}
