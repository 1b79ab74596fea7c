using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ResumeTests
{
    private static readonly HubOptions KeepTwo = HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 2 } };

    [Test]
    public void A_live_subscriber_gets_what_is_published_after_it_joined()
    {
        using var hub = new TestHub();
        hub.Publish("a", "before");
        var subscription = hub.SubscribeLive("a");

        hub.Publish("a", "one");
        hub.Publish("b", "elsewhere");
        hub.Publish("a", "two");

        subscription.WaitForData("one", "two");
    }

    [Test]
    public void The_greetings_id_is_the_point_after_which_the_stream_continues()
    {
        using var hub = new TestHub();
        var before = hub.Publish("a", "before");
        var subscription = hub.SubscribeLive("a");
        hub.Publish("a", "missed");

        Assert.That(subscription.Stream.Blocks[0].Id, Is.EqualTo(before.ToString()));
        hub.Subscribe(TestHub.After(subscription.Stream.Blocks[0].Id!), "a").WaitForData("missed");
    }

    [Test]
    public void After_an_id_come_the_events_after_it_and_then_the_live_ones()
    {
        using var hub = new TestHub();
        hub.Publish("a", "one");
        var id = hub.Publish("a", "two");
        hub.Publish("a", "three");

        var subscription = hub.Subscribe(TestHub.After(id), "a");
        subscription.WaitForCount(1);
        hub.Publish("a", "four");

        subscription.WaitForData("three", "four");
        Assert.That(subscription.Stream.Gaps, Is.Empty);
        Assert.That(subscription.Stream.Blocks[0].Id, Is.EqualTo(id.ToString()));
    }

    [Test]
    public void An_id_of_another_topic_is_a_position_in_the_order_of_all_topics()
    {
        using var hub = new TestHub();
        hub.Publish("a", "one");
        var id = hub.Publish("b", "elsewhere");
        hub.Publish("a", "two");

        var subscription = hub.Subscribe(TestHub.After(id), "a");

        subscription.WaitForData("two");
        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void Since_all_begins_with_the_oldest_event_and_promises_no_id()
    {
        using var hub = new TestHub();
        hub.PublishRange("a", 1, 3);

        var subscription = hub.Subscribe(ResumePoint.Oldest, "a");

        subscription.WaitForData("a 1", "a 2", "a 3");
        Assert.That(subscription.Stream.Blocks[0].Id, Is.Null);
    }

    [Test]
    public void Since_all_announces_no_gap_for_history_evicted_before()
    {
        using var hub = new TestHub(KeepTwo);
        hub.PublishRange("a", 1, 5);

        var subscription = hub.Subscribe(ResumePoint.Oldest, "a");

        subscription.WaitForData("a 4", "a 5");
        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void Since_a_time_begins_with_the_first_event_of_that_millisecond()
    {
        using var hub = new TestHub();
        hub.Publish("a", "before");
        hub.Time.Advance(TimeSpan.FromMilliseconds(10));
        var time = hub.Time.GetUtcNow();
        hub.Publish("a", "at");
        hub.Time.Advance(TimeSpan.FromMilliseconds(10));
        hub.Publish("a", "after");

        var subscription = hub.Subscribe(ResumePoint.At(time), "a");

        subscription.WaitForData("at", "after");
        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void Since_a_time_before_the_servers_life_is_all_without_a_gap()
    {
        using var hub = new TestHub();
        hub.Publish("a", "one");

        var subscription = hub.Subscribe(ResumePoint.At(DateTimeOffset.UnixEpoch), "a");

        subscription.WaitForData("one");
        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void Since_a_future_time_is_live()
    {
        using var hub = new TestHub();
        hub.Publish("a", "one");
        var subscription = hub.Subscribe(ResumePoint.At(hub.Time.GetUtcNow() + TimeSpan.FromDays(1)), "a");
        Eventually.True(() => subscription.Length > 0);

        hub.Publish("a", "two");

        subscription.WaitForData("two");
    }

    [TestCase("order-17")]
    [TestCase("007-1")]
    [TestCase("9999999999999999-0")]
    public void An_unknown_id_gets_a_gap_and_all_that_is_retained(string id)
    {
        using var hub = new TestHub();
        var first = hub.Publish("a", "one");
        hub.Publish("b", "two");

        var subscription = hub.Subscribe(TestHub.After(id), "a", "b");

        subscription.WaitForData("one", "two");
        Assert.That(subscription.Stream.Gaps, Is.EqualTo(new[] { $$"""{"topics":["a","b"],"after":"{{id}}","from":"{{first}}"}""" }));
        Assert.That(subscription.Stream.Blocks[0].Id, Is.Null, "The greeting must not move the client past what it has not got.");
    }

    [Test]
    public void An_id_above_the_head_is_unknown()
    {
        using var hub = new TestHub();
        var id = hub.Publish("a", "one");

        var subscription = hub.Subscribe(TestHub.After(new EventId(id.Value + 1)), "a");

        subscription.WaitForData("one");
        Assert.That(subscription.Stream.Gaps.Count(), Is.EqualTo(1));
    }

    [Test]
    public void An_unknown_id_on_an_empty_topic_gets_a_gap_that_names_no_next_event()
    {
        using var hub = new TestHub();

        var subscription = hub.Subscribe(TestHub.After("gone"), "a");

        Eventually.True(() => subscription.Stream.Gaps.Any());
        Assert.That(subscription.Stream.Gaps, Is.EqualTo(new[] { """{"topics":["a"],"after":"gone","from":null}""" }));
    }

    [Test]
    public void An_id_from_before_the_servers_life_gets_a_gap()
    {
        using var hub = new TestHub();

        var subscription = hub.Subscribe(TestHub.After("1-0"), "a");

        Eventually.True(() => subscription.Stream.Gaps.Any());
        Assert.That(subscription.Stream.Gaps, Is.EqualTo(new[] { """{"topics":["a"],"after":"1-0","from":null}""" }));
    }

    [Test]
    public void An_evicted_id_gets_a_gap_that_names_the_topics_that_lost_events()
    {
        using var hub = new TestHub(KeepTwo);
        var id = hub.PublishRange("a", 1, 1);
        hub.Publish("b", "b 1");
        hub.PublishRange("a", 2, 6);

        var subscription = hub.Subscribe(TestHub.After(id), "a", "b");

        subscription.WaitForData("b 1", "a 5", "a 6");
        var from = subscription.Stream.Events.First().Id;
        Assert.That(subscription.Stream.Gaps, Is.EqualTo(new[] { $$"""{"topics":["a"],"after":"{{id}}","from":"{{from}}"}""" }));
        Assert.That(subscription.Stream.Blocks[0].Id, Is.Null);
    }

    [Test]
    public void The_last_evicted_id_is_still_an_exact_resume_point()
    {
        using var hub = new TestHub(KeepTwo);
        hub.PublishRange("a", 1, 2);
        var id = hub.PublishRange("a", 3, 3);
        hub.PublishRange("a", 4, 5);

        var subscription = hub.Subscribe(TestHub.After(id), "a");

        subscription.WaitForData("a 4", "a 5");
        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    [Test]
    public void A_publishers_id_is_a_resume_point()
    {
        using var hub = new TestHub();
        hub.Publish("a", "one", id: "x");
        hub.Publish("a", "two");

        var subscription = hub.Subscribe(TestHub.After("x"), "a");

        subscription.WaitForData("two");
        Assert.That(subscription.Stream.Gaps, Is.Empty);
    }

    [TestCase("a", "b")]
    [TestCase("b", "a")]
    public void Of_several_events_with_a_publishers_id_the_lowest_selected_one_wins(string first, string second)
    {
        using var hub = new TestHub();
        hub.Publish("c", "not selected", id: "x");
        hub.Publish(first, "one");
        hub.Publish(first, "two", id: "x");
        hub.Publish(second, "three");
        hub.Publish(second, "four", id: "x");

        hub.Subscribe(TestHub.After("x"), "a", "b").WaitForData("three", "four");
        hub.Subscribe(TestHub.After("x"), "*").WaitForData("one", "two", "three", "four");
    }

    [Test]
    public void A_publishers_id_in_topics_not_selected_is_unknown()
    {
        using var hub = new TestHub();
        hub.Publish("b", "elsewhere", id: "x");
        hub.Publish("a", "one");

        var subscription = hub.Subscribe(TestHub.After("x"), "a");

        subscription.WaitForData("one");
        Assert.That(subscription.Stream.Gaps.Count(), Is.EqualTo(1));
    }

    [Test]
    public void An_evicted_publishers_id_is_unknown()
    {
        using var hub = new TestHub(KeepTwo);
        hub.Publish("a", "one", id: "x");
        hub.PublishRange("a", 2, 4);

        var subscription = hub.Subscribe(TestHub.After("x"), "a");

        subscription.WaitForData("a 3", "a 4");
        Assert.That(subscription.Stream.Gaps.Single(), Does.Contain("\"after\":\"x\""));
    }
}
