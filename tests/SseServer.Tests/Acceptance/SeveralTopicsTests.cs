using SseServer.Tests.Endpoints;

using SseServer.Tests.Support;

namespace SseServer.Tests.Acceptance;

/// <summary>Subscribers of eight topics that are cut and resume at random points while eight publishers write.</summary>
[NonParallelizable]
public sealed class SeveralTopicsTests
{
    private const int Topics = 8;
    private const int EventsOfTopic = 500;

    [TestCase("/events/t/0?topic=t/1&topic=t/2&topic=t/3&topic=t/4&topic=t/5&topic=t/6&topic=t/7")]
    [TestCase("/events/t/*")]
    [TestCase("/events?topic=t/**&topic=t/3&topic=*/5")]
    public async Task Each_topics_events_come_once_and_in_order_across_cuts(string target)
    {
        await using var server = new ServerUnderTest(time: TimeProvider.System);
        var readers = Enumerable.Range(0, 10).Select(_ => new SequenceReader(server, target, Topics)).ToArray();
        foreach (var reader in readers) await reader.ConnectAsync();
        var publishers = Enumerable.Range(0, Topics).Select(topic => new Publisher(server, $"t/{topic}")).ToArray();
        var publishing = Task.WhenAll(publishers.Select((publisher, topic) => Task.Run(() => PublishAllAsync(publisher, topic))));
        var reading = Task.WhenAll(readers.Select((reader, index) => Task.Run(() => ReadAllAsync(reader, index))));
        await Task.WhenAll(publishing, reading).WaitAsync(Scale.Patience);
        Assert.That(readers.Select(reader => reader.Received), Is.All.EqualTo(Topics * EventsOfTopic));
        Assert.That(readers.Sum(reader => reader.Connections), Is.EqualTo(readers.Length * (Scale.Rounds + 1)));
        foreach (var reader in readers) reader.Dispose();
        foreach (var publisher in publishers) publisher.Dispose();
    }

    private static async Task PublishAllAsync(Publisher publisher, int topic)
    {
        var random = new Random(topic);
        while (publisher.Published < EventsOfTopic)
            await publisher.PublishAsync(Math.Min(random.Next(1, 6), EventsOfTopic - publisher.Published), batch: random.Next(2) == 0);
    }

    private static async Task ReadAllAsync(SequenceReader reader, int index)
    {
        var random = new Random(100 + index);
        for (var round = 0; round < Scale.Rounds; round++)
        {
            await reader.ReadUntilAsync(Math.Min(Topics * EventsOfTopic,
                reader.Received + random.Next(Topics * EventsOfTopic / Scale.Rounds)));
            if (random.Next(2) == 0) reader.Reset();
            else await reader.FinishAsync();
            await reader.ConnectAsync();
        }

        await reader.ReadUntilAsync(Topics * EventsOfTopic);
    }
}
