using System.Globalization;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Log;

/// <summary>Subscribers read without a lock while a publisher's topics evict and rewrite compacted events all the time.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class KeyStressTests
{
    private const int Topics = 3;
    private const int Keys = 40;
    private const int Events = 20_000;

    [Test]
    public async Task Replays_of_a_topic_that_compacts_end_with_the_newest_of_every_key_in_order_and_without_a_gap()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 2, Retention = new TopicRetention { MaxEvents = 8 } });
        var newest = new Dictionary<string, string>();
        var start = hub.Publish("t/0", "0/0/0", key: "k0");
        var publishing = Task.Run(() =>
        {
            var random = new Random(5);
            for (var i = 1; i <= Events; i++)
            {
                // Some keys change seldom, so that compacted segments have neighbours of all sizes.
                var (topic, key) = (random.Next(Topics), (int)(Math.Pow(random.NextDouble(), 3) * Keys));
                var data = $"{topic}/{key}/{i}";
                hub.Publish($"t/{topic}", data, key: $"k{key}");
                newest[$"{topic}/{key}"] = data;
            }
        });
        var subscribers = new List<RecordingSubscription>();
        string[][] selections = [["t/0"], ["t/*"], ["t/0", "t/1", "t/2"], ["t/1", "t/*"]];
        for (var i = 0; !publishing.IsCompleted; i++)
        {
            var subscriber = new RecordingSubscription { IsChunked = i % 3 != 0 };
            subscribers.Add(hub.Join(subscriber, i % 5 == 4 ? ResumePoint.Oldest : TestHub.After(start),
                selections[i % selections.Length]));
            Eventually.True(() => subscriber.Length > 0);
            if (i % 2 == 0) TestHub.Settle(subscriber);
            if (subscribers.Count > 40) await publishing;
        }

        await publishing;
        hub.Publish("t/0", "0/end/0");
        hub.Publish("t/1", "1/end/0");
        foreach (var subscriber in subscribers)
        {
            var selectsAll = subscriber.Cursors.Any(cursor => cursor.Log is PatternLog) || subscriber.Cursors.Length == Topics;
            var last = selectsAll ? "1/end/0" : "0/end/0";
            Eventually.True(() => subscriber.Data is [.., var data] && data == last);
            Assert.That(subscriber.Stream.Gaps, Is.Empty);
            // The first event precedes all that subscribers expect. Those that begin at the oldest event may have it too.
            var got = new Dictionary<string, string>();
            var previous = -1;
            foreach (var data in subscriber.Data.Where(data => !data.Contains("end", StringComparison.Ordinal)))
            {
                var number = int.Parse(data.AsSpan(data.LastIndexOf('/') + 1), CultureInfo.InvariantCulture);
                Assert.That(number, Is.GreaterThan(previous));
                (previous, got[data[..data.LastIndexOf('/')]]) = (number, data);
            }

            foreach (var (key, data) in newest)
                if (selectsAll || key.StartsWith("0/", StringComparison.Ordinal)) Assert.That(got.GetValueOrDefault(key), Is.EqualTo(data));
        }
    }
}
