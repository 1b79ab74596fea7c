using System.Net.Sockets;
using SseServer.Tests.Acceptance;
using SseServer.Tests.Support;

namespace SseServer.Tests.Cluster;

/// <summary>
/// Servers that share a history, and all that may happen to them and their database while publishers and subscribers are active: every
/// subscriber gets every acknowledged event of its topics once, in order, without a gap, whichever node it comes back to.
/// </summary>
[Platform("Linux")]
internal sealed class ClusterTests
{
    private static readonly int Readers = Scale.IsLong ? 300 : 30;
    private static readonly int Rounds = Scale.IsLong ? 20 : 1;
    // More than the time after which a node takes its database for lost.
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(7);

    private static readonly string[] Topics = ["a", "b", "c"];

    [Test]
    public async Task Every_subscriber_gets_every_acknowledged_event_once_whatever_happens_to_nodes_and_database()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        using var stopPublishing = new CancellationTokenSource();
        string[] targets = ["/events?topic=a&topic=b&topic=c&since=all", "/events/*?since=all", "/events?topic=*&topic=b&since=all"];
        var readers = Enumerable.Range(0, Readers)
            .Select(i => new SequenceReader(cluster.AnyEndPoint, targets[i % 3], Topics.Length, mayEnd: true)).ToArray();
        var publishers = Array.ConvertAll(Topics, topic => new ClusterPublisher(cluster, topic));
        using var stopReading = new CancellationTokenSource();
        var reading = Array.ConvertAll(readers, reader => ReadAsync(reader, stopReading.Token));
        var publishing = Array.ConvertAll(publishers, publisher => publisher.PublishAsync(int.MaxValue, stopPublishing.Token));
        int Answered() => publishers.Sum(publisher => publisher.Answered);
        async Task ProgressAsync(string after)
        {
            var goal = Answered() + 100;
            await Eventually.HoldsAsync(
                () => Answered() >= goal || publishing.Any(task => task.IsFaulted), $"publishing goes on after {after}");
        }

        for (var round = 0; round < Rounds; round++)
        {
            await ProgressAsync("the start");
            await cluster.FailOverAsync();
            await ProgressAsync("a failover");
            await cluster.KillNodeAsync(round % 3);
            await ProgressAsync("the end of a node");
            await cluster.StartNodesAsync();
            await cluster.Primary.SignalAsync("STOP");
            await Task.Delay(Outage);
            await cluster.Primary.SignalAsync("CONT");
            await ProgressAsync("a pause of the database");
            cluster.CutOff((round + 1) % 3);
            await Task.Delay(Outage);
            await ProgressAsync("a node was cut off");
            cluster.Reconnect((round + 1) % 3);
            await cluster.KillNodesAsync();
            await cluster.Primary.StopAsync();
            await cluster.Primary.RestartAsync();
            await cluster.StartNodesAsync();
            await ProgressAsync("a restart of everything");
        }

        await stopPublishing.CancelAsync();
        await Task.WhenAll(publishing).WaitAsync(Scale.Patience);
        var total = Answered();
        await Eventually.HoldsAsync(
            () => readers.All(reader => reader.Received >= total) || reading.Any(task => task.IsFaulted), "all readers have all events");
        await stopReading.CancelAsync();
        foreach (var reader in readers) reader.Dispose();
        await Task.WhenAll(reading).WaitAsync(Scale.Patience);
        Assert.That(readers.Select(reader => reader.Received), Is.All.EqualTo(total));
    }

    private static async Task ReadAsync(SequenceReader reader, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await reader.ConnectAsync();
                await reader.ReadUntilAsync(int.MaxValue);
            }
            catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or TimeoutException)
            {
                // The node is gone, or the reader has all: as a client it comes back, at another node.
                await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
            }
        }
    }
}
