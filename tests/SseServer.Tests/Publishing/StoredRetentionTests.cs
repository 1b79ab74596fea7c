using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Publishing;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StoredRetentionTests : IDisposable
{
    private readonly FakeTimeProvider _time = FakeTimeProvider.AtWholeSecond();
    private MemoryEventStore _store = new();

    public void Dispose() => _store.Dispose();

    [Test]
    public void The_store_is_bounded_by_count_and_earlier_subscribers_get_a_gap()
    {
        using var hub = Start(new() { MaxEvents = 100 });
        var cut = hub.PublishRange("a", 1, 50);
        hub.PublishRange("a", 51, 1000);

        _time.AdvanceUntil(() => _store.Ids("a").Length <= 113);

        Assert.That(_store.Ids("a"), Has.Length.GreaterThanOrEqualTo(100));
        var subscription = hub.Subscribe(TestHub.After(cut), "a");
        Eventually.True(() => subscription.Data is [.., "a 1000"]);
        Assert.That(subscription.Data, Is.EqualTo(Enumerable.Range(1001 - subscription.Data.Length, subscription.Data.Length)
            .Select(i => $"a {i}")));
        Assert.That(subscription.Stream.Gaps,
            Is.EqualTo(new[] { $$"""{"topics":["a"],"after":"{{cut}}","from":"{{subscription.Stream.Events.First().Id}}"}""" }));
    }

    [Test]
    public void The_store_is_bounded_by_bytes()
    {
        using var hub = Start(new() { MaxBytes = 20_000 });
        for (var i = 0; i < 300; i++) hub.Publish("a", new string('x', 200));

        _time.AdvanceUntil(() => _store.Ids("a").Length < 100);

        // An event is 200 bytes of data and less than 100 of frame and index, so the bound holds at least 66 and the store retains no more.
        for (var i = 0; i < 100; i++) _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(_store.Ids("a"), Has.Length.InRange(66, 99));
    }

    [Test]
    public void Events_over_their_age_are_trimmed_without_a_publish()
    {
        using var hub = Start(new() { MaxAge = TimeSpan.FromSeconds(80) });
        hub.Publish("a", "one");
        _time.AdvanceUntil(() => _store.Ids("a").Length == 0);
    }

    [Test]
    public void Stored_history_is_trimmed_after_a_restart_to_bounds_that_were_lowered()
    {
        using (var hub = Start(new() { MaxEvents = 500 })) hub.PublishRange("a", 1, 500);

        using var next = Restart(new() { MaxEvents = 100 });
        _time.AdvanceUntil(() => _store.Ids("a").Length == 100);

        next.Subscribe(ResumePoint.Oldest, "a").WaitForData([.. Enumerable.Range(401, 100).Select(i => $"a {i}")]);
    }

    [TestCase("a")]
    [TestCase("a", "b")]
    [TestCase("**")]
    public void A_replay_that_retention_overtakes_gets_a_gap_and_continues(params string[] selectors)
    {
        using var hub = Start(new() { MaxEvents = 400 });
        hub.Publish("b", "b");
        var data = new string('x', 500);
        for (var i = 0; i < 400; i++) hub.Publish("a", $"{i} {data}");
        var subscription = new RecordingSubscription();
        subscription.Connection.Take(5000);
        hub.Join(subscription, ResumePoint.Oldest, selectors);
        subscription.WaitUntilBlocked();

        for (var i = 400; i < 1000; i++) hub.Publish("a", $"{i} {data}");
        _time.AdvanceUntil(() => _store.Ids("a").Length <= 400);
        subscription.Connection.Take(int.MaxValue);
        Eventually.True(() => subscription.Data.LastOrDefault()?.StartsWith("999 ", StringComparison.Ordinal) == true);

        var numbers = subscription.Data.Where(text => text != "b").Select(text => int.Parse(text.Split(' ')[0], null)).ToArray();
        var breaks = Enumerable.Range(1, numbers.Length - 1).Where(i => numbers[i] != numbers[i - 1] + 1).ToArray();
        Assert.That(breaks, Has.Length.EqualTo(1));
        var from = subscription.Stream.Events.Where(e => e.Data != "b").ElementAt(breaks[0]).Id;
        Assert.That(subscription.Stream.Gaps.Single(), Does.EndWith($"\"from\":\"{from}\"}}"));
    }

    // Memory evicts ten events at a time. So of the 19 that exceed the bound, ten are evicted and trimmed; the rest are still in memory,
    // and the store must have them, too.
    [TestCase(5, 1, "quick", "slow")]
    [TestCase(5, 1, "*")]
    [TestCase(10, 0, "quick", "slow")]
    [TestCase(10, 0, "*")]
    [TestCase(11, 0, "quick", "slow")]
    [TestCase(11, 0, "*")]
    public void What_the_store_trims_is_not_left_in_memory_alone(int last, int gaps, params string[] selectors)
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new() { MaxEvents = 80 } }, _time, _store);
        var cut = hub.PublishRange("slow", 1, last);
        hub.PublishRange("slow", last + 1, 99);
        _time.AdvanceUntil(() => _store.Ids("slow").Length < 99);
        hub.PublishRange("quick", 1, 300);

        var subscription = hub.Subscribe(TestHub.After(cut), selectors);
        Eventually.True(() => subscription.Data is [.., "quick 300"]);

        var slow = subscription.Data.Where(data => data.StartsWith("slow", StringComparison.Ordinal)).ToArray();
        var first = Math.Max(last, 10) + 1;
        Assert.That(slow, Is.EqualTo(Enumerable.Range(first, 100 - first).Select(i => $"slow {i}")));
        Assert.That(subscription.Stream.Gaps.Count(gap => gap.Contains(selectors[^1], StringComparison.Ordinal)), Is.EqualTo(gaps));
    }

    [Test]
    public void Publishing_continues_between_the_steps_of_a_long_trim()
    {
        using var hub = Start(new() { MaxEvents = 10 });
        hub.PublishRange("a", 1, 3000);

        _time.Advance(TimeSpan.FromSeconds(1));
        hub.PublishRange("b", 1, 5);

        _time.AdvanceUntil(() => _store.Ids("a").Length <= 10);
        Assert.That(_store.Data("b"), Has.Length.EqualTo(5));
    }

    [Test]
    public void A_topic_without_events_is_removed_from_the_store_too_and_its_subscribers_get_a_gap()
    {
        EventId cut;
        using (var hub = Start(new() { MaxAge = TimeSpan.FromSeconds(80) }))
        {
            hub.Publish("a", "one");
            cut = hub.Publish("b", "cut");
            hub.Publish("a", "gone");
            _time.AdvanceUntil(() => hub.Hub.TopicCount == 0);
            var subscription = hub.Subscribe(TestHub.After(cut), "a");
            Eventually.True(() => subscription.Stream.Gaps.Any());
        }

        using var next = Restart(new());
        Assert.That(next.Hub.TopicCount, Is.Zero);
        foreach (var selector in new[] { "a", "**" })
        {
            var subscription = next.Subscribe(TestHub.After(cut), selector);
            Eventually.True(() => subscription.Stream.Gaps.Any());
        }

        var later = next.Publish("a", "new");
        next.Publish("a", "newer");
        next.Subscribe(TestHub.After(later), "a").WaitForData("newer");
        Assert.That(next.Topic("a").EvictedThrough, Is.GreaterThan(cut), "Events evicted before are still evicted.");
    }

    [Test]
    public void A_topic_with_stored_history_stays_though_memory_has_none_of_it()
    {
        using (var hub = Start(new())) hub.Publish("a", "one");

        using var next = Restart(new());
        for (var i = 0; i < 200; i++) _time.Advance(TimeSpan.FromSeconds(1));
        next.Publish("b", "the sequencer has seen the last tick");
        next.Publish("b", "and has had its step");

        next.Subscribe(ResumePoint.Oldest, "a").WaitForData("one");
    }

    [Test]
    public void A_trim_that_fails_is_tried_again()
    {
        using var hub = Start(new() { MaxEvents = 10 });
        hub.PublishRange("a", 1, 300);
        _store.Failure = SseServer.History.StoreFailure.Full;
        _time.Advance(TimeSpan.FromSeconds(1));
        Eventually.True(() => hub.Topic("a").Marks.StoreStart.Value > 0);

        _store.Failure = null;

        _time.AdvanceUntil(() => _store.Ids("a").Length <= 10);
    }

    [Test]
    public void A_stop_does_not_wait_for_the_end_of_a_trim()
    {
        var hub = Start(new() { MaxEvents = 10 });
        hub.PublishRange("a", 1, 100);
        _store.TrimsForEver = true;
        _time.AdvanceUntil(() => _store.Trims > 0);

        var stop = Task.Run(hub.Dispose);

        Eventually.True(() => stop.IsCompletedSuccessfully);
        Assert.That(_store.IsClosed, Is.True);
    }

    private TestHub Start(TopicRetention retention)
        => new(HubOptions.Default with
        {
            Shards = 1,
            MaxHistoryBytes = 16 * 1024,
            Retention = retention,
            HeartbeatInterval = TimeSpan.FromHours(10)
        }, _time, _store);

    private TestHub Restart(TopicRetention retention)
    {
        _store = _store.Reopen();
        return Start(retention);
    }
}
