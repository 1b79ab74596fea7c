using System.Text;
using System.Text.Json;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;

namespace SseServer.Tests.Delivery;

/// <summary>An envelope gives back exactly what was published, from memory and from the store, sent whole or in pieces.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class EnvelopeTests
{
    private static readonly string[][] Selections = [["t/0"], ["t/0", "t/1"], ["t/*"], ["**", "t/2"]];

    private sealed record Published(string Topic, string Event, string Id, string Data, bool IsBinary);

    [Test]
    public void Decoding_gives_back_what_was_published([Values] bool isStored, [Range(1, 12)] int seed)
    {
        var random = new Random(seed);
        using var store = isStored ? new MemoryEventStore { PageEvents = random.Next(1, 20) } : null;
        var options = HubOptions.Default with
        {
            Shards = 2,
            Retention = new TopicRetention { MaxEvents = 10_000 },
            HeartbeatInterval = TimeSpan.FromHours(1),
        };
        // Less than what is published, and more than what a send that stops in a large event may pin.
        if (isStored) options = options with { MaxHistoryBytes = 40_000 };
        var large = isStored ? 2_000 : 30_000;
        using var hub = new TestHub(options, store: store);
        var published = new List<Published>();
        for (var i = 0; i < 60; i++) published.Add(Publish(hub, random, i, large));
        var subscribers = new List<(RecordingSubscription Subscription, string[] Selection)>();
        foreach (var selection in Selections)
        {
            for (var i = 0; i < 3; i++)
            {
                var subscription = new RecordingSubscription { Representation = Representation.Envelope, IsChunked = i > 0 };
                subscribers.Add((hub.Join(subscription, ResumePoint.Oldest, selection), selection));
            }
        }

        for (var i = 60; i < 120; i++)
        {
            subscribers[random.Next(subscribers.Count)].Subscription.Connection.Take(random.Next(2000));
            published.Add(Publish(hub, random, i, large));
        }

        foreach (var (subscription, selection) in subscribers)
        {
            subscription.Connection.Take(int.MaxValue);
            var expected = published.FindAll(e => selection.Any(name => name == e.Topic || name.EndsWith('*')));
            subscription.WaitForCount(expected.Count);
            Assert.That(subscription.Stream.Gaps, Is.Empty);
            Assert.That(subscription.Stream.Events.Select(Read), Is.EqualTo(expected), $"seed {seed}: {string.Join(' ', selection)}");
        }

        if (store is not null) Assert.That(store.PagesRead, Is.Positive);
    }

    [Test]
    public void An_evicted_event_of_a_key_still_has_its_topic()
    {
        var retention = new TopicRetention { MaxEvents = 2 };
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Retention = retention });
        hub.Publish("t/0", "kept", key: "k");
        for (var i = 0; i < 1000; i++) hub.Publish("t/0", $"{i}");

        var subscription = hub.Join(new RecordingSubscription { Representation = Representation.Envelope }, ResumePoint.Oldest, "t/*");
        subscription.WaitForCount(2);

        var first = Read(subscription.Stream.Events.First());
        Assert.That((first.Topic, first.Data), Is.EqualTo(("t/0", "kept")));
    }

    // Several subscribers of an event in each of the sizes that the renderer treats differently, in each representation.
    [TestCase(100)]
    [TestCase(20_000)]
    [TestCase(100_000)]
    [TestCase(400_000)]
    public void Subscribers_in_different_representations_share_nothing_but_the_event(int length)
    {
        using var hub = new TestHub();
        var data = string.Concat(Enumerable.Range(0, length / 10).Select(i => $"{i,9}\n"));
        var subscribers = new List<RecordingSubscription>();
        Representation[] representations =
            [Representation.Envelope, Representation.Json, Representation.EventStream, Representation.Envelope];
        foreach (var representation in representations)
        {
            foreach (var isChunked in new[] { true, false, true })
            {
                subscribers.Add(new()
                {
                    Representation = representation,
                    IsChunked = isChunked,
                    Poll = representation == Representation.Json ? new(3, default) : null,
                });
            }
        }

        for (var i = 0; i < 3; i++) hub.Publish("a", data + i);
        foreach (var subscription in subscribers) hub.Join(subscription, ResumePoint.Oldest, "a");

        foreach (var subscription in subscribers)
        {
            if (subscription.Representation == Representation.Json) subscription.WaitForEnd(StreamEnding.Complete);
            else subscription.WaitForCount(3);
            string[] received = subscription.Representation switch
            {
                Representation.EventStream => subscription.Data,
                Representation.Envelope => [.. subscription.Stream.Events.Select(e => Read(e).Data)],
                _ => PollAnswer.Read(subscription).Data,
            };
            Assert.That(received, Is.EqualTo(new[] { data + 0, data + 1, data + 2 }), $"{subscription.Representation}");
        }
    }

    private static Published Read(ReceivedEvent block)
    {
        var json = JsonDocument.Parse(block.Data!).RootElement;
        Assert.That(block.Name, Is.Null, "onmessage gets it");
        Assert.That(json.GetProperty("id").GetString(), Is.EqualTo(block.Id));
        Assert.That(json.GetProperty("time").GetString(), Does.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"));
        var isBinary = json.TryGetProperty("encoding", out var encoding) && encoding.GetString() == "base64";
        return new(json.GetProperty("topic").GetString()!, json.GetProperty("event").GetString()!, block.Id!,
            json.GetProperty("data").GetString()!, isBinary);
    }

    private static Published Publish(TestHub hub, Random random, int number, int large)
    {
        var topic = $"t/{random.Next(3)}";
        var name = random.Next(3) switch { 0 => "", 1 => "preis \"€\"", _ => "message" };
        var id = random.Next(3) == 0 ? $"given \\ {number}" : "";
        var isBinary = random.Next(5) == 0;
        var data = isBinary ? Convert.ToBase64String(RandomBytes(random)) : RandomText(random, large);
        var batch = new PublishBatch();
        TopicName.TryCreate(Encoding.UTF8.GetBytes(topic), out var topicName, out _);
        PublisherEventId.TryCreate(Encoding.UTF8.GetBytes(id), out var publisherId);
        EventName.TryCreate(Encoding.UTF8.GetBytes(name), out var eventName);
        batch.Add(topicName, new ServerSentEvent
        {
            Id = publisherId,
            Name = eventName,
            Data = Encoding.UTF8.GetBytes(data),
            IsBase64 = isBinary,
            RetryMilliseconds = random.Next(4) == 0 ? 2000 : -1,
        });
        Assert.That(hub.Publish(batch), Is.EqualTo(HubStatus.Ok));
        // Line breaks are all the same to an event stream.
        var expected = data.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return new(topic, name.Length == 0 ? "message" : name, id.Length > 0 ? id : batch.IdOf(0).ToString(), expected, isBinary);
    }

    private static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[random.Next(40)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string RandomText(Random random, int large)
    {
        string[] parts =
            ["x", " ", "\n", "\r\n", "\r", "\"", "\\", "é", "☃", "😀", "<", "&", "\t", "\u0001", "\u2028", "data: ", ":", "AP8="];
        var length = random.Next(10) switch { 0 => 0, 1 or 2 => large, _ => random.Next(30) };
        return string.Concat(Enumerable.Range(0, length).Select(_ => parts[random.Next(parts.Length)]));
    }
}
