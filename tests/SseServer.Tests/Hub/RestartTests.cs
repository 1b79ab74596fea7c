using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Hub;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RestartTests : IDisposable
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
    [TestCase("a", "*")]
    public void A_stream_resumes_across_a_restart_as_if_nothing_had_happened(params string[] selectors)
    {
        EventId cut;
        using (var hub = Start())
        {
            hub.Publish("a", "one");
            cut = hub.Publish("b", "two");
            hub.Publish("a", "three");
        }

        using var next = Restart();
        var subscription = next.Subscribe(TestHub.After(cut), selectors);
        next.Publish("a", "four");

        subscription.WaitForData("three", "four");
        Assert.That(subscription.Stream.Gaps, Is.Empty);
        Assert.That(subscription.Stream.Blocks[0].Id, Is.EqualTo(cut.ToString()));
    }

    [Test]
    public void The_greeting_of_one_life_is_a_resume_point_in_the_next()
    {
        string? greeted;
        using (var hub = Start())
        {
            greeted = hub.SubscribeLive("a").Stream.LastEventId;
            hub.Publish("a", "missed");
        }

        using var next = Restart();
        var subscription = next.Subscribe(TestHub.After(greeted!), "a");

        subscription.WaitForData("missed");
        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void Since_all_and_since_a_time_reach_back_over_a_restart()
    {
        DateTimeOffset time;
        using (var hub = Start())
        {
            hub.Publish("a", "one");
            _time.Advance(TimeSpan.FromSeconds(1));
            time = _time.GetUtcNow();
            hub.Publish("a", "two");
        }

        using var next = Restart();
        next.Publish("a", "three");

        next.Subscribe(ResumePoint.Oldest, "a").WaitForData("one", "two", "three");
        next.Subscribe(ResumePoint.At(time), "a").WaitForData("two", "three");
        next.Subscribe(ResumePoint.Oldest, "**").WaitForData("one", "two", "three");
    }

    [Test]
    public void A_live_subscriber_after_a_restart_reads_no_history()
    {
        using (var hub = Start()) hub.Publish("a", "one");

        using var next = Restart();
        var subscription = next.SubscribeLive("a");
        next.Publish("a", "two");

        subscription.WaitForData("two");
        Assert.That(_store.PagesRead, Is.Zero);
    }

    [Test]
    public void Ids_rise_over_a_restart_though_the_clock_stepped_back()
    {
        EventId last;
        using (var hub = Start(FastToo)) last = hub.Publish("a", "one");
        _time.StepWallClock(TimeSpan.FromDays(-1));

        using var next = Restart(FastToo);

        var ids = new[] { last, next.Hub.Head, next.Publish("a", "two"), next.Publish("fast/a", "three"), next.Publish("fast/a", "four") };
        Assert.That(ids[1..], Is.Ordered.Ascending.And.Unique);
        Assert.That(ids[1], Is.GreaterThanOrEqualTo(last));
    }

    [Test]
    public void A_publish_repeated_after_a_restart_is_a_repeat()
    {
        EventId first;
        using (var hub = Start()) first = hub.Publish("a", "one", id: "x");

        using var next = Restart();
        var (batch, status) = next.Begin("a", "one", id: "x");
        Assert.That((status.Result, batch.IdOf(0), batch.IsRepeat(0)), Is.EqualTo((HubStatus.Ok, first, true)));
        Assert.That(next.Publish("b", "another topic", id: "x"), Is.GreaterThan(first));
    }

    [TestCase("a", "b")]
    [TestCase("b", "a")]
    public void A_publishers_id_is_a_resume_point_after_a_restart_the_lowest_selected_one(string first, string second)
    {
        using (var hub = Start())
        {
            hub.Publish("c", "not selected", id: "x");
            hub.Publish(first, "one");
            hub.Publish(first, "two", id: "x");
            hub.Publish(second, "three");
        }

        using var next = Restart();
        next.Publish(second, "four", id: "x");
        next.Publish(second, "five");

        next.Subscribe(TestHub.After("x"), "a", "b").WaitForData("three", "four", "five");
        next.Subscribe(TestHub.After("x"), "*").WaitForData("one", "two", "three", "four", "five");
        Assert.That(next.Subscribe(TestHub.After("y"), "a") is var unknown, Is.True);
        unknown.WaitForCount(1);
        Assert.That(unknown.Stream.Gaps.Single(),
            Does.StartWith("{\"topics\":[\"a\"],\"after\":\"y\",\"from\":\"" + unknown.Stream.Events.First().Id));
    }

    [Test]
    public void An_id_from_before_the_stores_life_gets_a_gap_that_names_the_first_event_it_has()
    {
        EventId first;
        using (var hub = Start()) first = hub.Publish("a", "one");

        using var next = Restart();
        var subscription = next.Subscribe(TestHub.After("1-0"), "a");

        subscription.WaitForData("one");
        Assert.That(subscription.Stream.Gaps, Is.EqualTo(new[] { $$"""{"topics":["a"],"after":"1-0","from":"{{first}}"}""" }));
    }

    [Test]
    public void After_a_crash_subscribers_of_async_topics_get_a_gap_and_no_others()
    {
        var greeted = "";
        MemoryEventStore crashed;
        EventId lost;
        using (var hub = Start(FastToo))
        {
            greeted = hub.SubscribeLive("a").Stream.LastEventId;
            hub.Publish("fast/a", "kept");
            hub.Publish("a", "one");
            lost = hub.Publish("fast/a", "lost");
            crashed = _store.Crash();
        }

        _store = crashed;
        using var next = Start(FastToo);
        var again = next.Publish("fast/a", "again");
        next.Publish("a", "two");
        Assert.That(again, Is.GreaterThan(lost), "A lost id is not used again.");

        var committed = next.Subscribe(TestHub.After(greeted!), "a");
        committed.WaitForData("one", "two");
        Assert.That(committed.Stream.Gaps, Is.Empty);

        var fast = next.Subscribe(TestHub.After(greeted!), "fast/a");
        fast.WaitForData("kept", "again");
        var first = fast.Stream.Events.First().Id;
        Assert.That(fast.Stream.Gaps, Is.EqualTo(new[] { $$"""{"topics":["fast/a"],"after":"{{greeted}}","from":"{{first}}"}""" }));

        foreach (var selector in new[] { "fast/a", "fast/never", "fast/**", "**" })
        {
            var resumed = next.Subscribe(TestHub.After(lost), selector);
            Eventually.True(() => resumed.Stream.Gaps.Any());
        }

        Assert.That(next.Subscribe(TestHub.After(again), "fast/a") is var later, Is.True);
        next.Publish("fast/a", "end");
        later.WaitForData("end");
        Assert.That(later.Stream.Gaps, Is.Empty, "Events shown after the crash are known.");
    }

    [Test]
    public void After_a_clean_stop_subscribers_of_async_topics_get_no_gap()
    {
        EventId last;
        using (var hub = Start(FastToo))
        {
            hub.Publish("fast/a", "one");
            last = hub.Publish("fast/a", "two");
        }

        using var next = Restart(FastToo);
        next.Publish("fast/a", "three");
        var subscription = next.Subscribe(TestHub.After(last), "fast/a");

        subscription.WaitForData("three");
        Assert.That(subscription.Stream.Gaps, Is.Empty);
        Assert.That(_store.Data("fast/a")[..2], Is.EqualTo(new[] { "one", "two" }));
    }

    [Test]
    public void A_crash_in_the_middle_of_anything_loses_nothing_that_was_answered()
    {
        const int Rounds = 30;
        var random = new Random(5);
        var answered = new List<string>();
        for (var round = 0; round < Rounds; round++)
        {
            MemoryEventStore crashed;
            using (var hub = Start(HubOptions.Default with { Shards = 1, MaxHistoryBytes = 4096 }))
            {
                var begun = new List<(string Data, Task<HubStatus> Status)>();
                for (var i = random.Next(1, 30); i > 0; i--) begun.Add(($"{round}:{i}", hub.Begin("a", $"{round}:{i}").Status));
                begun[random.Next(begun.Count)].Status.Wait();
                // What is answered by now is on the disk that the crash leaves.
                var sure = begun.FindAll(publish => publish.Status.IsCompleted);
                crashed = _store.Crash();
                answered.AddRange(sure.ConvertAll(publish => publish.Data));
            }

            _store = crashed;
        }

        using var last = Start();
        var subscription = last.Subscribe(ResumePoint.Oldest, "a");
        var stored = _store.Data("a");
        Assert.That(stored, Is.SupersetOf(answered).And.Unique);
        subscription.WaitForData(stored);
    }

    private TestHub Start(HubOptions? options = null) => new(options, _time, _store);

    private TestHub Restart(HubOptions? options = null)
    {
        _store = _store.Reopen();
        return Start(options);
    }
}
