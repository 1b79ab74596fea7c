using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Publishing;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class IdempotentPublishTests
{
    [Test]
    public void A_repeated_id_appends_nothing_and_gets_the_first_answer()
    {
        using var hub = new TestHub();
        var subscription = hub.SubscribeLive("a");
        var first = hub.Publish("a", "one", id: "x");

        var batch = new PublishBatch();
        TestHub.Add(batch, "a", "one"u8, "x");
        hub.Hub.PublishNow(batch);
        hub.Publish("a", "two");

        Assert.That(batch.IdOf(0), Is.EqualTo(first));
        Assert.That(batch.IsRepeat(0), Is.True);
        subscription.WaitForData("one", "two");
    }

    [Test]
    public void A_repeat_within_one_batch_is_a_repeat()
    {
        using var hub = new TestHub();
        var subscription = hub.SubscribeLive("a");
        var batch = new PublishBatch();
        TestHub.Add(batch, "a", "one"u8, "x");
        TestHub.Add(batch, "a", "two"u8);
        TestHub.Add(batch, "a", "one"u8, "x");

        hub.Hub.PublishNow(batch);

        subscription.WaitForData("one", "two");
        Assert.That(batch.IdOf(2), Is.EqualTo(batch.IdOf(0)));
        Assert.That((batch.IsRepeat(0), batch.IsRepeat(1), batch.IsRepeat(2)), Is.EqualTo((false, false, true)));
    }

    [Test]
    public void The_same_id_in_another_topic_is_another_event()
    {
        using var hub = new TestHub();

        var ids = new[] { hub.Publish("a", "one", id: "x"), hub.Publish("b", "two", id: "x"), hub.Publish("c", "three", id: "x") };

        Assert.That(ids, Is.Unique);
        Assert.That(new[] { hub.Publish("c", "three", id: "x"), hub.Publish("a", "one", id: "x"), hub.Publish("b", "two", id: "x") },
            Is.EqualTo(new[] { ids[2], ids[0], ids[1] }));
    }

    [Test]
    public void An_id_whose_event_was_evicted_is_appended_again_only_in_its_topic()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 2 } });
        var other = hub.Publish("b", "b", id: "x");
        var first = hub.Publish("a", "one", id: "x");
        hub.PublishRange("a", 2, 4);

        var again = hub.Publish("a", "one again", id: "x");

        Assert.That(again, Is.GreaterThan(first));
        Assert.That(hub.Publish("b", "b", id: "x"), Is.EqualTo(other));
        hub.Subscribe(ResumePoint.Oldest, "a").WaitForData("a 4", "one again");
    }

    [Test]
    public void Ids_rise_over_a_batch_and_keep_rising_when_the_clock_steps_back()
    {
        using var hub = new TestHub();
        var batch = new PublishBatch();
        for (var i = 0; i < 3; i++) TestHub.Add(batch, i % 2 == 0 ? "a" : "b", "x"u8);

        hub.Hub.PublishNow(batch);
        hub.Time.StepWallClock(TimeSpan.FromHours(-1));
        var next = hub.Publish("a", "x");

        Assert.That(new[] { batch.IdOf(0), batch.IdOf(1), batch.IdOf(2), next }, Is.Ordered.Ascending.And.Unique);
        Assert.That(hub.Hub.Head, Is.EqualTo(next));
    }
}
