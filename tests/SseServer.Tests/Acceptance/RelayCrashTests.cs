using System.Net;
using SseServer.Tests.History.Support;
using SseServer.Tests.Relay.Support;

using SseServer.Tests.Support;

namespace SseServer.Tests.Acceptance;

/// <summary>
/// A server and its relay, killed in turn while events are published: subscribers of the relay get every event once and in order.
/// </summary>
[Platform("Linux,MacOsX")]
internal sealed class RelayCrashTests : IDisposable
{
    private static readonly int Rounds = Scale.IsLong ? 50 : 4;

    private readonly StoreDirectory _sourceDirectory = new();
    private readonly StoreDirectory _relayDirectory = new();

    public void Dispose()
    {
        _sourceDirectory.Dispose();
        _relayDirectory.Dispose();
    }

    [Test]
    public async Task What_the_source_answered_comes_out_of_the_relay_once_and_in_order()
    {
        var publisher = new RepeatingPublisher("s");
        // The relay knows its source by its address, which is the same whichever process it is.
        await using var front = new CuttingProxy(new IPEndPoint(IPAddress.Loopback, 9), () => long.MaxValue);
        var source = await StartSourceAsync(front);
        var relay = await StartRelayAsync(front);
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                var publishing = publisher.PublishAsync(source.EndPoint, publisher.Answered + 300);
                var reader = new SequenceReader(() => relay.EndPoint, "/events/t?since=all", topics: 1);
                await ReadAsync(reader, publisher.Answered + 50);
                var (killed, isSource) = round % 2 == 0 ? (source, true) : (relay, false);
                await killed.KillAsync();
                await publishing.WaitAsync(Scale.Patience);
                reader.Dispose();
                killed.Dispose();
                if (isSource) source = await StartSourceAsync(front);
                else relay = await StartRelayAsync(front);
            }

            await publisher.PublishAsync(source.EndPoint, publisher.Answered + 10).WaitAsync(Scale.Patience);
            var all = new SequenceReader(() => relay.EndPoint, "/events/t?since=all", topics: 1);
            await ReadAsync(all, publisher.Answered);
            Assert.That(all.Received, Is.EqualTo(publisher.Answered));
            all.Dispose();
        }
        finally
        {
            source.Dispose();
            relay.Dispose();
        }
    }

    private async Task<ServerProcess> StartSourceAsync(CuttingProxy front)
    {
        var server = await ServerProcess.StartAsync($"--History:Path={_sourceDirectory.File}");
        front.Target = server.EndPoint;
        return server;
    }

    private Task<ServerProcess> StartRelayAsync(CuttingProxy front)
        => ServerProcess.StartAsync(
            $"--History:Path={_relayDirectory.File}", $"--Relay:0:Url={front.Url("/events/s?since=all")}", "--Relay:0:Topic=t",
                "--Relay:0:MaxRetry=100ms");

    private static async Task ReadAsync(SequenceReader reader, int count)
    {
        await reader.ConnectAsync();
        await reader.ReadUntilAsync(count).WaitAsync(Scale.Patience);
    }
}
