using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Presence.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Presence;

[Parallelizable(ParallelScope.All)]
internal sealed class SubscriberCountsTests
{
    [Test]
    public void Count_is_published_when_subscribers_come_and_go()
    {
        using var hub = new CountedHub();
        var one = hub.Read("chat/7");
        hub.Poll();
        var two = hub.Read("chat/7", "chat/8");
        hub.Poll();
        hub.Leave(one, two);
        hub.Poll();
        Assert.That(hub.Told("chat/7"), Is.EqualTo(new[]
        {
            """{"topic":"chat/7","subscribers":1}""", """{"topic":"chat/7","subscribers":2}""", """{"topic":"chat/7","subscribers":0}""",
        }));
        Assert.That(hub.Numbers("chat/8"), Is.EqualTo(new[] { 1, 0 }));
        var reader = hub.Test.Subscribe(ResumePoint.Oldest, "$presence/chat/*");
        reader.WaitForCount(5);
        Assert.That(reader.Stream.Events.Select(e => e.Name), Has.All.EqualTo("presence"));
    }

    [Test]
    public void However_many_come_and_go_between_two_polls_the_last_count_is_published_once()
    {
        using var hub = new CountedHub();
        var readers = Enumerable.Range(0, 20).Select(_ => hub.Read("chat/7")).ToArray();
        hub.Leave(readers[..5]);
        hub.Poll();
        hub.Poll();
        Assert.That(hub.Numbers("chat/7"), Is.EqualTo(new[] { 15 }));
    }

    [Test]
    public void Unchanged_count_is_not_published()
    {
        using var hub = new CountedHub();
        var one = hub.Read("chat/7");
        hub.Poll();
        hub.Leave(one);
        hub.Read("chat/7");
        hub.Poll();
        Assert.That(hub.Numbers("chat/7"), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void Topic_that_was_removed_and_created_between_two_polls_has_its_last_count()
    {
        using var hub = new CountedHub();
        hub.Leave(hub.Read("chat/7"));
        Assert.That(hub.Test.Hub.Catalog.Topics.Find("chat/7"u8), Is.Null);
        hub.Read("chat/7");
        hub.Read("chat/7");
        hub.Poll();
        Assert.That(hub.Numbers("chat/7"), Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public void Subscribers_between_two_polls_leave_nothing_behind()
    {
        using var hub = new CountedHub();
        hub.Leave(hub.Read("chat/7"));
        hub.Poll();
        Assert.That((hub.Counts.Known, hub.Test.Hub.TopicCount), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Topic_is_forgotten_once_its_zero_is_published()
    {
        using var hub = new CountedHub();
        var reader = hub.Read("chat/7");
        hub.Poll();
        Assert.That(hub.Counts.Known, Is.EqualTo(1));
        hub.Leave(reader);
        hub.Poll();
        Assert.That(hub.Counts.Known, Is.Zero);
    }

    [Test]
    public void Only_subscribers_that_name_a_listed_topic_count()
    {
        using var hub = new CountedHub();
        hub.Read("chat/*");
        hub.Read("chat/**", "news");
        hub.Read("$presence/chat/7");
        hub.Poll();
        Assert.That(hub.Counts.Known, Is.Zero);
        hub.Read("chat/7", "chat/7");
        hub.Poll();
        Assert.That(hub.Numbers("chat/7"), Is.EqualTo(new[] { 1 }));
    }

    [TestCase(246, 1)]
    [TestCase(247, 0)]
    public void Topic_whose_presence_topic_would_be_too_long_is_not_reported(int length, int known)
    {
        using var hub = new CountedHub();
        hub.Read("chat/" + new string('x', length - "chat/".Length));
        hub.Poll();
        Assert.That(hub.Counts.Known, Is.EqualTo(known));
    }

    [Test]
    public void More_topics_than_a_batch_holds_are_published()
    {
        using var hub = new CountedHub();
        hub.Read([.. Enumerable.Range(0, 600).Select(i => $"chat/{i}")]);
        hub.Poll();
        for (var i = 0; i < 600; i++) Assert.That(hub.Numbers($"chat/{i}"), Is.EqualTo(new[] { 1 }), $"chat/{i}");
        Assert.That(hub.Test.Hub.Catalog.Budget.Total.Events, Is.EqualTo(600));
    }

    [Test]
    public void Constant_count_is_published_again_before_its_event_expires()
    {
        using var hub = new CountedHub();
        hub.Read("chat/7");
        hub.Poll();
        for (var minutes = 0; minutes < 180; minutes++)
        {
            hub.Test.Time.Advance(TimeSpan.FromMinutes(1));
            hub.Poll();
            Assert.That(hub.Test.Topic("$presence/chat/7").Count, Is.InRange(1, 4));
        }
    }

    [Test]
    public void Presence_topic_without_subscribers_expires_like_others()
    {
        using var hub = new CountedHub();
        hub.Leave(hub.Read("chat/7"));
        var reader = hub.Read("chat/7");
        hub.Poll();
        hub.Leave(reader);
        hub.Poll();
        hub.Test.Time.Advance(TimeSpan.FromHours(3));
        Assert.That(hub.Test.Hub.TopicCount, Is.Zero);
    }

    [Test]
    public void Presence_leaves_publishers_their_tenth_of_the_topics_and_publishes_the_rest_later()
    {
        using var hub = new CountedHub(HubOptions.Default with { Shards = 1, MaxTopics = 10 });
        // Four topics and their presence topics are eight; the ninth is the last for subscribers, the tenth is for publishers.
        var readers = Enumerable.Range(0, 5).Select(i => hub.Read($"chat/{i}")).ToArray();
        hub.Poll();
        Assert.That((hub.Test.Hub.TopicCount, hub.Counts.Known), Is.EqualTo((9, 5)));
        hub.Test.Publish("news", "the tenth");
        hub.Leave(readers[..4]);
        hub.Poll();
        Assert.That(hub.Counts.Known, Is.EqualTo(1), "those whose topics were there");
        Assert.That(hub.Numbers("chat/0"), Is.EqualTo(new[] { 1, 0 }));
        hub.Poll();
        Assert.That(hub.Numbers("chat/4"), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void Restart_publishes_the_counts_of_the_previous_run_again()
    {
        var time = FakeTimeProvider.AtWholeSecond();
        var store = new MemoryEventStore();
        using (var hub = new CountedHub(time: time, store: store))
        {
            hub.Read("chat/7", "chat/8");
            hub.Poll();
        }

        store = store.Reopen();
        using var next = new CountedHub(time: time, store: store);
        next.Read("chat/8");
        next.Read("chat/8");
        next.Poll();
        next.Poll();
        Assert.That(store.Data("$presence/chat/7"),
            Is.EqualTo(new[] { """{"topic":"chat/7","subscribers":1}""", """{"topic":"chat/7","subscribers":0}""" }));
        Assert.That(store.Data("$presence/chat/8"),
            Is.EqualTo(new[] { """{"topic":"chat/8","subscribers":1}""", """{"topic":"chat/8","subscribers":2}""" }));
        Assert.That(next.Counts.Known, Is.EqualTo(1));
    }

    [Test]
    public void Counts_that_the_store_refuses_are_published_when_it_recovers()
    {
        var store = new MemoryEventStore();
        using var hub = new CountedHub(store: store);
        store.Failure = SseServer.History.StoreFailure.Full;
        hub.Read("chat/7");
        hub.Poll();
        Assert.That(store.Data("$presence/chat/7"), Is.Empty);
        hub.Read("chat/7");
        store.Failure = null;
        hub.Poll();
        Assert.That(store.Data("$presence/chat/7"), Is.EqualTo(new[] { """{"topic":"chat/7","subscribers":2}""" }));
    }

    [Test]
    public void Where_nothing_is_watched_the_hub_notes_nothing()
    {
        using var hub = new TestHub();
        Assert.That(hub.Hold(new RecordingSubscription(), ResumePoint.Head, "chat/7"), Is.EqualTo(HubStatus.Ok));
        var changes = new List<SubscriberChange>();
        hub.Hub.TakeSubscriberChanges(changes);
        Assert.That(changes, Is.Empty);
    }

    [Test]
    public void Names_are_written_as_they_are()
    {
        using var hub = new CountedHub();
        hub.Read("chat/Küche \"7\"");
        hub.Poll();
        Assert.That(hub.Told("chat/Küche \"7\"").Single(), Is.EqualTo("""{"topic":"chat/Küche \"7\"","subscribers":1}"""));
    }
}
