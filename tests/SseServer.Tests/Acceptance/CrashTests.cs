using System.Net;
using System.Net.Sockets;
using SseServer.Tests.History.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Acceptance;

/// <summary>
/// A server that is killed at any moment while publishers and subscribers are active: acknowledged events are there exactly once, and
/// subscribers continue without loss or repetition.
/// </summary>
[Platform("Linux,MacOsX")]
internal sealed class CrashTests : IDisposable
{
    private static readonly int Rounds = Scale.IsLong ? 100 : 3;

    private readonly StoreDirectory _directory = new();
    private readonly RepeatingPublisher[] _publishers = [new("a"), new("b"), new("c")];
    private IPEndPoint _endPoint = null!;

    public void Dispose() => _directory.Dispose();

    [Test]
    public async Task What_was_answered_survives_kills_at_any_moment_and_readers_resume_exactly()
    {
        var random = new Random(11);
        // They start with since=all, and continue after the last event that they were sent before each kill.
        string[] targets = ["/events?topic=a&topic=b&topic=c&since=all", "/events/*?since=all", "/events?topic=*&topic=b&since=all"];
        var readers = Array.ConvertAll(targets, target => new SequenceReader(() => _endPoint, target, topics: 3));
        for (var round = 0; round < Rounds; round++)
        {
            using var server = await StartAsync();
            var goal = Answered + random.Next(20, 400);
            var reading = Array.ConvertAll(readers, reader => ReadAsync(reader, int.MaxValue));
            var publishing = Array.ConvertAll(_publishers, publisher => publisher.PublishAsync(_endPoint, int.MaxValue));
            await Eventually.HoldsAsync(() => Answered >= goal || publishing.All(task => task.IsCompleted), "so many answers");
            await server.KillAsync();
            await Task.WhenAll([.. publishing, .. reading]).Soon();
        }

        var total = 0;
        using (var server = await StartAsync())
        {
            var last = _publishers.Max(publisher => publisher.Answered) + 10;
            total = last * _publishers.Length;
            await Task.WhenAll(_publishers.Select(publisher => publisher.PublishAsync(_endPoint, last))).WaitAsync(Scale.Patience);
            await Task.WhenAll(readers.Select(reader => ReadAsync(reader, total))).WaitAsync(Scale.Patience);
            Assert.That(await server.StopAsync(), Is.Zero);
        }

        using var again = await StartAsync();
        await ReadAllAsync(total);
        foreach (var reader in readers) reader.Dispose();
    }

    private int Answered => _publishers.Sum(publisher => publisher.Answered);

    private async Task<ServerProcess> StartAsync()
    {
        // So little memory that most of it has to come from the file.
        var server = await ServerProcess.StartAsync($"--History:Path={_directory.File}", "--Retention:MaxEvents=1000000",
            "--Retention:MaxTotalBytes=1MB");
        _endPoint = server.EndPoint;
        return server;
    }

    private async Task ReadAllAsync(int events)
    {
        foreach (var target in new[] { "/events/*?since=all", "/events?topic=c&topic=a&topic=b&since=all" })
        {
            var reader = new SequenceReader(() => _endPoint, target, topics: 3);
            await reader.ConnectAsync();
            await reader.ReadUntilAsync(events).WaitAsync(Scale.Patience);
            reader.Reset();
        }
    }

    private static async Task ReadAsync(SequenceReader reader, int until)
    {
        try
        {
            await reader.ConnectAsync();
            await reader.ReadUntilAsync(until);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The server is gone.
        }

        if (until < int.MaxValue) Assert.That(reader.Received, Is.EqualTo(until));
    }
}
