using SseServer.Tests.Endpoints;

using SseServer.Tests.Support;

namespace SseServer.Tests.Acceptance;

/// <summary>Many streams of one topic: every event, once, in order, whatever happens to the connections.</summary>
[NonParallelizable]
public sealed class FanOutTests
{
    private const int Events = 300;

    [Test]
    public async Task Every_stream_gets_every_event_once_and_in_order_even_when_cut_and_resumed()
    {
        await using var server = new ServerUnderTest(time: TimeProvider.System);
        using var publisher = new Publisher(server, "news");
        var readers = Enumerable.Range(0, Scale.Streams).Select(_ => new SequenceReader(server, "/events/news", topics: 1)).ToArray();
        await Task.WhenAll(readers.Select(reader => reader.ConnectAsync()));
        await server.HasStreamsAsync(Scale.Streams);

        var reading = Task.WhenAll(readers.Select(reader => Task.Run(() => reader.ReadUntilAsync(Events))));
        await publisher.PublishAsync(Events);
        await reading.WaitAsync(Scale.Patience);

        // Half of them are closed during publishing: a quarter with RST, a quarter with FIN.
        reading = Task.WhenAll(readers.Select((reader, index) => Task.Run(() => ReadCutAsync(reader, index))));
        for (var i = 0; i < Events / 20; i++) await publisher.PublishAsync(20, batch: i % 2 == 0);
        await reading.WaitAsync(Scale.Patience);

        Assert.That(readers.Select(reader => reader.Received), Is.All.EqualTo(2 * Events));
        Assert.That(readers.Sum(reader => reader.Connections), Is.EqualTo(Scale.Streams + Scale.Streams / 2));
        foreach (var reader in readers) reader.Dispose();
    }

    private static async Task ReadCutAsync(SequenceReader reader, int index)
    {
        // Reproducible, and spread over the whole run.
        var cutAt = Events + new Random(index).Next(Events);
        if (index % 2 == 0)
        {
            await reader.ReadUntilAsync(cutAt);
            if (index % 4 == 0) reader.Reset();
            else await reader.FinishAsync();
            await reader.ConnectAsync();
        }

        await reader.ReadUntilAsync(2 * Events);
    }
}
