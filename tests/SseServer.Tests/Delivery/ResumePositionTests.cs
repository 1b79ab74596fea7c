using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>
/// The ids that are sent without an event: to less than a second they reveal nothing about topics that the stream does not select, and
/// resuming from them is exact all the same.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ResumePositionTests
{
    private static readonly string[] Topics = ["a", "b", "x/1", "x/2", "secret/1", "secret/2"];

    private static readonly string[][] Selections = [["a"], ["a", "b"], ["x/*"], ["x/*", "b"], ["empty"], ["empty", "none/*"]];

    [TestCase("a")]
    [TestCase("x/*")]
    [TestCase("a", "x/*")]
    public void Greeting_does_not_reveal_when_other_topics_were_published_to(params string[] selectors)
    {
        using var hub = new TestHub();
        hub.Time.Advance(TimeSpan.FromMilliseconds(5678));
        hub.Publish("secret", "one");
        var quiet = hub.SubscribeLive(selectors).Stream.LastEventId;
        hub.Time.Advance(TimeSpan.FromMilliseconds(123));
        hub.Publish("secret", "two");
        Assert.That(hub.SubscribeLive(selectors).Stream.LastEventId, Is.EqualTo(quiet));
        Assert.That(EventId.TryParse(Encoding.ASCII.GetBytes(quiet!), out var id) ? id
            : default, Is.EqualTo(EventId.FirstAt(hub.Hub.Head.Milliseconds / 1000 * 1000)));
    }

    [Test]
    public void Greeting_of_a_future_time_does_not_reveal_it_either()
    {
        using var hub = new TestHub();
        hub.Time.Advance(TimeSpan.FromMilliseconds(5678));
        hub.Publish("secret", "one");
        var subscription = hub.Subscribe(ResumePoint.At(hub.Time.GetUtcNow().AddDays(1)), "a");
        Eventually.True(() => subscription.Stream.Blocks.Count == 1);
        Assert.That(subscription.Stream.LastEventId, Is.EqualTo(EventId.FirstAt(hub.Hub.Head.Milliseconds / 1000 * 1000).ToString()));
    }

    [Test]
    public void Position_of_a_filtered_stream_does_not_reveal_it_either()
    {
        using var hub = new TestHub();
        var subscription = new RecordingSubscription { Filter = Filter("price") };
        hub.Join(subscription, ResumePoint.Head, "a");
        for (var i = 0; i < 40; i++)
        {
            hub.Time.Advance(TimeSpan.FromMilliseconds(977));
            hub.Publish("secret", $"{i}");
            TestHub.Settle(subscription);
        }

        subscription.End(0);
        subscription.WaitForEnd(StreamEnding.Complete);
        var told = subscription.Stream.Blocks.Where(block => block.Id is not null).Select(block => Parse(block.Id!)).ToArray();
        Assert.That(told, Has.Length.GreaterThan(1), "its heartbeats and its end move the client on");
        Assert.That(told.Skip(1).Select(id => (id.Milliseconds % 1000, id.Sequence)), Has.All.EqualTo((0L, 0)));
    }

    // Joins at every moment of a random history, with everything that a position must not skip: own events of the same second, of the same
    // millisecond, evicted and retained ones.
    [Test]
    public void Resuming_from_a_greeting_gives_what_was_published_after_it_once_and_without_a_gap([Range(1, 12)] int seed,
        [Values] bool isTight)
    {
        var retention = new TopicRetention { MaxEvents = isTight ? 2 : 10_000, MaxKeys = 2 };
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = retention });
        var random = new Random(seed);
        var joined = new List<(string[] Selectors, string Id, int Published)>();
        var published = new List<(string Topic, string Data)>();
        for (var i = 0; i < 60; i++)
        {
            hub.Time.Advance(TimeSpan.FromMilliseconds(random.Next(4) * random.Next(400)));
            for (var j = random.Next(4); j > 0; j--)
            {
                var topic = Topics[random.Next(Topics.Length)];
                published.Add((topic, $"{topic} {published.Count}"));
                hub.Publish(topic, published[^1].Data, key: random.Next(3) == 0 ? $"k{random.Next(3)}" : null);
            }

            var selectors = Selections[random.Next(Selections.Length)];
            var greeted = hub.SubscribeLive(selectors);
            joined.Add((selectors, greeted.Stream.LastEventId!, published.Count));
            // At once, so that nothing was evicted since: a gap would be for earlier events.
            var back = hub.Subscribe(TestHub.After(greeted.Stream.LastEventId!), selectors);
            Eventually.True(() => back.Stream.Blocks.Count > 0);
            TestHub.Settle(back);
            Assert.That((back.Data.Length, back.Stream.Gaps.Count()), Is.EqualTo((0, 0)),
                $"{string.Join(' ', selectors)} after {greeted.Stream.LastEventId} at {hub.Hub.Head}");
        }

        if (isTight) return;
        foreach (var (selectors, id, before) in joined)
        {
            var back = hub.Subscribe(TestHub.After(id), selectors);
            back.WaitForData([.. published.Skip(before).Where(one => selectors.Any(selector => Covers(selector, one.Topic)))
                .Select(one => one.Data)]);
            Assert.That(back.Stream.Gaps, Is.Empty);
        }
    }

    [Test]
    public void Since_latest_stream_is_moved_past_what_it_was_not_sent_and_learns_nothing_of_other_topics([Range(1, 6)] int seed)
    {
        using var hub = new TestHub();
        var random = new Random(seed);
        for (var i = 0; i < 30; i++)
        {
            hub.Time.Advance(TimeSpan.FromMilliseconds(random.Next(300)));
            hub.Publish("a", $"{i}", key: random.Next(2) == 0 ? $"k{random.Next(4)}" : null);
        }

        hub.Time.Advance(TimeSpan.FromMilliseconds(random.Next(2000)));
        hub.Publish("secret", "now");
        var newest = hub.Subscribe(ResumePoint.Latest, "a");
        Eventually.True(() => newest.Stream.LastEventId is not null);
        TestHub.Settle(newest);
        Assert.That(newest.Stream.LastEventId, Is.Not.EqualTo(hub.Hub.Head.ToString()));
        var back = hub.Subscribe(TestHub.After(newest.Stream.LastEventId!), "a");
        Eventually.True(() => back.Stream.Blocks.Count > 0);
        TestHub.Settle(back);
        Assert.That((back.Data.Length, back.Stream.Gaps.Count()), Is.EqualTo((0, 0)));
    }

    private static bool Covers(string selector, string topic) => selector.EndsWith("/*", StringComparison.Ordinal)
        ? topic.StartsWith(selector[..^1], StringComparison.Ordinal) : selector == topic;

    private static EventId Parse(string id) => EventId.TryParse(Encoding.ASCII.GetBytes(id), out var parsed) ? parsed
        : throw new ArgumentException("No hub id.", nameof(id));

    private static EventFilter Filter(params string[] names)
        => EventFilter.TryCreate(Array.ConvertAll(names, Encoding.UTF8.GetBytes), out var filter, out _) ? filter!
            : throw new ArgumentException("No filter.", nameof(names));
}
