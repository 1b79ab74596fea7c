using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Publishing;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Catalog;

/// <summary>
/// An ended topic is removed for room while the store still has the newest events of its keys, which it deletes afterwards, in steps. A
/// subscriber that has yet to get one of them gets it, or a gap in its place.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RemovedTopicTests : IDisposable
{
    private const int Events = 7;

    private static readonly HubOptions TwoTopics = HubOptions.Default with
    {
        Shards = 1,
        MaxTopics = 2,
        Retention = new TopicRetention { MaxAge = TimeSpan.FromSeconds(80) },
        HeartbeatInterval = TimeSpan.FromHours(10),
    };

    private readonly FakeTimeProvider _time = FakeTimeProvider.AtWholeSecond();
    private readonly EventId[] _ids = new EventId[Events + 1];
    private RecordingSubscription? _other;
    private MemoryEventStore _store = new() { PageEvents = 2, KeysPerPlan = 2 };

    public void Dispose() => _store.Dispose();

    [Test]
    public void A_subscriber_that_resumes_into_a_recreated_topic_gets_a_gap(
        [Range(1, Events - 1)] int seen, [Values] bool beforeDeletion)
    {
        using var hub = StartWithKeysLeft();
        hub.Publish("c", "takes the room");
        Assert.That(hub.Hub.Catalog.Topics.Find("a"u8), Is.Null);
        if (!beforeDeletion) FinishDeletion();
        _other!.PeerLost();
        _other.WaitForEnd(StreamEnding.Broken);
        var subscription = hub.Subscribe(TestHub.After(_ids[seen]), "a");
        if (beforeDeletion) FinishDeletion();
        hub.Publish("a", $"{Events + 1}");

        Eventually.True(() => subscription.Data is [.., "8"]);
        AssertNoSilentLoss(subscription, seen);
    }

    [Test]
    public void A_subscriber_of_a_pattern_on_its_way_to_the_keys_gets_them_or_a_gap(
        [Range(0, 3)] int pagesBefore, [Range(0, 3)] int pagesBetween)
    {
        using var hub = StartWithKeysLeft();
        var subscription = hub.Subscribe(TestHub.After(_ids[1]), "*");
        ReadPages(pagesBefore);
        hub.Publish("c", "takes the room");
        ReadPages(pagesBetween);
        FinishDeletion();
        hub.Publish("c", $"{Events + 1}");

        Eventually.True(() => subscription.Data is [.., "8"]);
        AssertNoSilentLoss(subscription, 1);
    }

    [Test]
    public void A_subscriber_of_a_pattern_that_joins_after_the_topic_was_removed_gets_a_gap([Range(0, 3)] int pagesBetween)
    {
        using var hub = StartWithKeysLeft();
        hub.Publish("c", "takes the room");
        var subscription = hub.Subscribe(TestHub.After(_ids[1]), "*");
        ReadPages(pagesBetween);
        FinishDeletion();
        hub.Publish("c", $"{Events + 1}");

        Eventually.True(() => subscription.Data is [.., "8"]);
        AssertNoSilentLoss(subscription, 1);
    }

    [Test]
    public void A_topic_that_could_not_be_deleted_from_the_store_is_deleted_later()
    {
        using var hub = StartWithKeysLeft();
        hub.Publish("c", "takes the room");
        _store.Failure = StoreFailure.Full;
        _store.OpenGates();
        for (var i = 0; i < 5; i++) _time.Advance(TimeSpan.FromSeconds(1));
        _store.Failure = null;

        _time.AdvanceUntil(() => !_store.Topics.Contains("a"));
    }

    /// <summary>
    /// A hub that remembers the end of a topic whose events are trimmed except for keys beyond one plan, with the store's gates closed.
    /// </summary>
    private TestHub StartWithKeysLeft()
    {
        using (var first = new TestHub(TwoTopics, _time, _store))
        {
            for (var i = 1; i < Events; i++) _ids[i] = first.Publish("a", $"{i}", key: $"k{i}");
            var batch = new PublishBatch();
            TestHub.Add(batch, "a", "7"u8, key: "k7", isFinal: true);
            Assert.That(first.Publish(batch), Is.EqualTo(HubStatus.Ok));
        }

        _store = _store.Reopen();
        _store.StepGates();
        var hub = new TestHub(TwoTopics, _time, _store);
        // The table is full.
        _other = hub.SubscribeLive("other");
        _time.AdvanceUntil(() => hub.Topic("a") is { HasStoredEvents: false, IsEmpty: true });
        return hub;
    }

    private void ReadPages(int pages)
    {
        for (; pages > 0; pages--)
        {
            var read = _store.PagesRead;
            _store.LetReadBegin();
            if (!SpinWait.SpinUntil(() => _store.PagesRead > read, TimeSpan.FromMilliseconds(100))) return;
            _store.LetReadEnd();
        }
    }

    private void FinishDeletion()
    {
        _time.AdvanceUntil(() =>
        {
            _store.LetTrimStep();
            return !_store.Topics.Contains("a");
        });
        _store.OpenGates();
    }

    private static void AssertNoSilentLoss(RecordingSubscription subscription, int seen)
    {
        var (last, isExcused) = (seen, false);
        foreach (var block in subscription.Stream.Blocks)
        {
            if (block.Name == "gap") isExcused = true;
            if (block.Name is not null || !int.TryParse(block.Data, out var number)) continue;
            if (number > last + 1) Assert.That(isExcused, Is.True, $"Nothing was said of what is lost between {last} and {number}.");
            (last, isExcused) = (number, false);
        }
    }
}
