using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Catalog;

/// <summary>
/// Ids that this history never assigned: from before a copy was restored, from a clock that was behind, or lost in a crash.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RestoredHistoryTests : IDisposable
{
    private static readonly HubOptions FastToo = HubOptions.Default with
    {
        Shards = 1,
        Rules = [new TopicRule(TestHub.Select("fast/**"), new TopicRetention(), Durability.Async)],
    };

    private readonly FakeTimeProvider _time = FakeTimeProvider.AtWholeSecond();
    private MemoryEventStore _store = new();

    public void Dispose() => _store.Dispose();

    [TestCase("a")]
    [TestCase("a", "b")]
    [TestCase("*")]
    public void A_subscriber_of_events_after_the_restored_copy_gets_a_gap(params string[] selectors)
    {
        MemoryEventStore copy;
        EventId kept, lost;
        using (var hub = Start())
        {
            kept = hub.Publish("a", "kept");
            _time.Advance(TimeSpan.FromSeconds(1));
            copy = _store.Crash();
            lost = hub.Publish("a", "lost");
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        _store = copy;
        using var next = Start();
        next.Publish("a", "new");

        AssertGap(next.Subscribe(TestHub.After(lost), selectors), lost, "kept", "new");
        AssertNoGap(next.Subscribe(TestHub.After(kept), selectors), "new");
    }

    [Test]
    public void A_copy_that_was_closed_cleanly_is_known_only_up_to_its_last_id()
    {
        EventId kept, lost;
        using (var hub = Start()) kept = hub.Publish("a", "kept");
        var copy = _store.Reopen().Crash();
        _time.Advance(TimeSpan.FromSeconds(1));
        _store = _store.Reopen();
        using (var hub = Start()) lost = hub.Publish("a", "lost");

        _time.Advance(TimeSpan.FromSeconds(1));
        _store = copy;
        using var next = Start();
        next.Publish("a", "new");

        AssertGap(next.Subscribe(TestHub.After(lost), "a"), lost, "kept", "new");
        AssertNoGap(next.Subscribe(TestHub.After(kept), "a"), "new");
    }

    [Test]
    public void Each_restore_of_one_copy_is_a_life_of_its_own()
    {
        var lost = new List<EventId>();
        MemoryEventStore copy;
        using (var hub = Start())
        {
            hub.Publish("a", "kept");
            copy = _store.Crash();
        }

        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _store = copy.Crash();
            using var hub = Start();
            lost.Add(hub.Publish("a", $"lost {i}"));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        _store = copy;
        using var last = Start();
        last.Publish("a", "new");

        foreach (var id in lost) AssertGap(last.Subscribe(TestHub.After(id), "a"), id, "kept", "new");
    }

    [Test]
    public void Ids_that_a_corrected_clock_skipped_were_never_assigned([Values] bool isStored)
    {
        var hub = isStored ? Start() : new TestHub(time: _time);
        var copy = isStored ? _store.Crash() : null;
        _time.Advance(TimeSpan.FromHours(5));
        var lost = hub.Publish("a", "lost");
        hub.Dispose();

        if (copy is not null) _store = copy;
        _time.StepWallClock(TimeSpan.FromHours(-2));
        EventId before;
        using (var next = isStored ? Start() : new TestHub(time: _time))
        {
            before = next.Publish("a", "before");
            _time.Advance(TimeSpan.FromSeconds(5));
            _time.StepWallClock(TimeSpan.FromHours(3));
            var after = next.Publish("a", "after");
            Assert.That(lost, Is.GreaterThan(before).And.LessThan(after));

            AssertGap(next.Subscribe(TestHub.After(lost), "a"), lost, "before", "after");
            AssertNoGap(next.Subscribe(TestHub.After(before), "a"), "after");
            AssertNoGap(next.Subscribe(ResumePoint.At(DateTimeOffset.FromUnixTimeMilliseconds(lost.Milliseconds)), "a"), "after");
        }

        if (!isStored) return;
        _store = _store.Reopen();
        using var later = Start();
        AssertGap(later.Subscribe(TestHub.After(lost), "a"), lost, "before", "after");
        AssertNoGap(later.Subscribe(TestHub.After(before), "a"), "after");
    }

    [Test]
    public void Since_a_time_that_a_clock_skipped_gives_a_position_that_is_known_later()
    {
        using var hub = Start();
        hub.Publish("a", "before");
        _time.Advance(TimeSpan.FromSeconds(5));
        _time.StepWallClock(TimeSpan.FromHours(3));
        hub.Publish("b", "after");
        var subscription = hub.Subscribe(ResumePoint.At(_time.GetUtcNow() - TimeSpan.FromHours(1)), "a");
        Eventually.True(() => subscription.Stream.Blocks.Count == 1);
        hub.Publish("a", "new");

        AssertNoGap(hub.Subscribe(TestHub.After(subscription.Stream.Blocks[0].Id!), "a"), "new");
    }

    [TestCase("a")]
    [TestCase("fast/a")]
    [TestCase("a", "fast/b")]
    public void An_id_shown_and_lost_in_a_crash_is_no_resume_point_of_any_topic(params string[] selectors)
    {
        EventId lost;
        MemoryEventStore crashed;
        using (var hub = Start(FastToo))
        {
            hub.Publish("a", "kept");
            _time.Advance(TimeSpan.FromSeconds(1));
            lost = hub.Publish("fast/x", "lost");
            crashed = _store.Crash();
        }

        _store = crashed;
        using var next = Start(FastToo);
        next.Publish("a", "new");
        next.Publish("fast/a", "new");

        var subscription = next.Subscribe(TestHub.After(lost), selectors);
        Eventually.True(() => subscription.Stream.Gaps.Any());
    }

    [Test]
    public void Ids_run_ahead_of_the_clock_by_one_lease_however_often_the_server_crashes()
    {
        EventId last = default;
        for (var crash = 0; crash < 50; crash++)
        {
            MemoryEventStore crashed;
            using (var hub = Start(FastToo))
            {
                var id = hub.Publish(crash % 2 == 0 ? "a" : "fast/a", "one");
                Assert.That(id, Is.GreaterThan(last));
                last = hub.Publish("a", "two");
                crashed = _store.Crash();
            }

            _store = crashed;
        }

        Assert.That(last.Milliseconds - _time.GetUtcNow().ToUnixTimeMilliseconds(), Is.LessThanOrEqualTo(11_000));
    }

    private static void AssertGap(RecordingSubscription subscription, EventId after, params string[] data)
    {
        subscription.WaitForData(data);
        Assert.That(subscription.Stream.Gaps.Single(), Does.Contain($"\"after\":\"{after}\""));
    }

    private static void AssertNoGap(RecordingSubscription subscription, params string[] data)
    {
        subscription.WaitForData(data);
        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    private TestHub Start(HubOptions? options = null) => new(options, _time, _store);
}
