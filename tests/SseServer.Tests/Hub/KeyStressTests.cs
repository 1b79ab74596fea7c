using System.Globalization;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Hub;

/// <summary>Readers without a lock against a publisher whose topics let go and write kept events anew all the time.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class KeyStressTests
{
    private const int Topics = 3;
    private const int Keys = 40;
    private const int Events = 20_000;

    [Test]
    public async Task Replays_against_a_topic_that_thins_end_with_the_newest_of_every_key_in_order_and_without_a_gap()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 2, Retention = new TopicRetention { MaxEvents = 8 } });
        var newest = new Dictionary<string, string>();
        var start = hub.Publish("t/0", "0/0/0", key: "k0");
        var publishing = Task.Run(() =>
        {
            var random = new Random(5);
            for (var i = 1; i <= Events; i++)
            {
                // Some keys change seldom, so that kept segments have neighbours of all sizes.
                var (topic, key) = (random.Next(Topics), (int)(Math.Pow(random.NextDouble(), 3) * Keys));
                var data = $"{topic}/{key}/{i}";
                hub.Publish($"t/{topic}", data, key: $"k{key}");
                newest[$"{topic}/{key}"] = data;
            }
        });
        var readers = new List<RecordingSubscription>();
        string[][] selections = [["t/0"], ["t/*"], ["t/0", "t/1", "t/2"], ["t/1", "t/*"]];
        for (var i = 0; !publishing.IsCompleted; i++)
        {
            var reader = new RecordingSubscription { IsChunked = i % 3 != 0 };
            readers.Add(hub.Join(reader, i % 5 == 4 ? ResumePoint.Oldest : TestHub.After(start), selections[i % selections.Length]));
            Eventually.True(() => reader.Length > 0);
            if (i % 2 == 0) TestHub.Settle(reader);
            if (readers.Count > 40) await publishing;
        }

        await publishing;
        hub.Publish("t/0", "0/end/0");
        hub.Publish("t/1", "1/end/0");
        foreach (var reader in readers)
        {
            var selectsAll = reader.Cursors.Any(cursor => cursor.Log is PatternLog) || reader.Cursors.Length == Topics;
            var last = selectsAll ? "1/end/0" : "0/end/0";
            Eventually.True(() => reader.Data is [.., var data] && data == last);
            Assert.That(reader.Stream.Gaps, Is.Empty);
            // The first event stands before all that readers were to get; resuming after it, those that began at the oldest may have it too.
            var got = new Dictionary<string, string>();
            var previous = -1;
            foreach (var data in reader.Data.Where(data => !data.Contains("end", StringComparison.Ordinal)))
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
