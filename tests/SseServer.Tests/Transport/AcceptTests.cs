using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport;

public sealed class AcceptTests
{
    // accept(2), "Errors" and "Error handling".
    [TestCase(SocketError.TooManyOpenSockets, AcceptErrorTier.ResourcePressure)] // EMFILE, ENFILE
    [TestCase(SocketError.NoBufferSpaceAvailable, AcceptErrorTier.ResourcePressure)] // ENOBUFS, ENOMEM
    [TestCase(SocketError.SocketError, AcceptErrorTier.ResourcePressure)]
    [TestCase(SocketError.ConnectionAborted, AcceptErrorTier.ClientFault)]
    [TestCase(SocketError.ConnectionReset, AcceptErrorTier.ClientFault)]
    [TestCase(SocketError.Interrupted, AcceptErrorTier.ClientFault)]
    [TestCase(SocketError.NetworkDown, AcceptErrorTier.ClientFault)]
    [TestCase(SocketError.HostUnreachable, AcceptErrorTier.ClientFault)]
    [TestCase(SocketError.AccessDenied, AcceptErrorTier.ClientFault)] // EPERM
    [TestCase(SocketError.NotSocket, AcceptErrorTier.Fatal)]
    [TestCase(SocketError.InvalidArgument, AcceptErrorTier.Fatal)]
    [TestCase(SocketError.OperationAborted, AcceptErrorTier.Fatal)]
    public void Errors_of_accept_have_tiers(SocketError error, object tier) =>
        Assert.That(AcceptErrorPolicy.Grade(error), Is.EqualTo(tier));

    [Test]
    public void Pauses_under_pressure_double_up_to_a_bound()
    {
        var pauses = new List<double>();
        var pause = TimeSpan.Zero;
        for (var i = 0; i < 9; i++)
        {
            pause = AcceptErrorPolicy.NextPause(pause);
            pauses.Add(pause.TotalMilliseconds);
        }

        Assert.That(pauses, Is.EqualTo(new double[] { 10, 20, 40, 80, 160, 320, 640, 1000, 1000 }));
    }

    [Test]
    public async Task Address_in_use_fails_the_start_and_leaves_nothing_listening()
    {
        await using var holder = new TestServer();
        await using var server = new TransportServer(
            new TransportOptions(), new TestApplication(), new FakeTimeProvider(), NullLogger<TransportServer>.Instance);
        var free = new IPEndPoint(IPAddress.Loopback, 0);
        Assert.That(() => server.Start([free, holder.EndPoint]), Throws.InstanceOf<ListenException>().With.Property("Endpoint").EqualTo(holder.EndPoint));
        Assert.That(server.Endpoints, Is.Empty);
    }

    [Test]
    public async Task Several_addresses_are_served()
    {
        await using var server = new TransportServer(
            new TransportOptions(), new TestApplication(), new FakeTimeProvider(), NullLogger<TransportServer>.Instance);
        server.Start([new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(IPAddress.Loopback, 0)]);
        Assert.That(server.Endpoints, Has.Count.EqualTo(2));
        foreach (var endpoint in server.Endpoints)
        {
            using var client = await TestClient.ConnectAsync(endpoint, 0);
            await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/a:"));
        }
    }
}
