using System.Net;
using SseServer.Tests.Support;
using SseServer.Transport;
using SseServer.Transport.Limits;
using SseServer.Transport.Proxies;

namespace SseServer.Tests.Transport.Limits;

[TestFixture(false)]
[TestFixture(true)]
public sealed class ConnectionLimitTests(bool tls)
{
    private const string Get = "GET /admission HTTP/1.1\r\nHost: a\r\n\r\n";

    [TestCase(true)]
    [TestCase(false)]
    public async Task One_too_many_is_told_so_and_closed_and_room_is_used_again(bool inAll)
    {
        await using var server = Start(inAll ? new() { MaxConnections = 1 } : new() { MaxConnectionsPerAddress = 1 });
        var first = await server.ConnectAsync();
        await first.SendAsync(Get);
        Assert.That((await first.ReadReplyAsync()).Body, Is.EqualTo("Served"));

        var second = await server.ConnectAsync();
        await second.SendAsync(Get + Get);
        var reply = await second.ReadReplyAsync();
        Assert.That((reply.Body, reply.Fields["Connection"]), Is.EqualTo((inAll ? "OverTotal" : "OverAddress", "close")));
        Assert.That(await second.ReadToEndAsync(), Is.Empty);
        second.Finish();

        await first.SendAsync(Get);
        Assert.That((await first.ReadReplyAsync()).Body, Is.EqualTo("Served"), "who is there stays");
        first.Dispose();
        await server.EmptyAsync();
        var reason = inAll ? CloseReason.ConnectionLimit : CloseReason.AddressLimit;
        Assert.That((server.Transport.Counters.Accepted, server.Transport.Counters.Closed(reason)), Is.EqualTo((2, 1)));

        var third = await server.ConnectAsync();
        await third.SendAsync(Get);
        Assert.That((await third.ReadReplyAsync()).Body, Is.EqualTo("Served"));
        Assert.That(server.Log.Entries.Count(entry => entry.Id == 1006), Is.EqualTo(inAll ? 1 : 0));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Beyond_those_being_told_nobody_is_heard(bool inAll)
    {
        await using var server = Start(inAll ? new() { MaxConnections = 1 } : new() { MaxConnectionsPerAddress = 1 });
        for (var i = 0; i <= ConnectionLimits.MaxRefusing; i++) await server.ConnectAsync();
        await Eventually.HoldsAsync(() => server.Transport.ConnectionCount == ConnectionLimits.MaxRefusing + 1, "as many as can be told");
        await ConnectAndReadAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Eventually.HoldsAsync(
            () => server.Transport.Counters.Closed(inAll ? CloseReason.ConnectionLimit : CloseReason.AddressLimit) == 1, "one turned away");

        // The connection may be gone before this side has finished making it.
        async Task ConnectAndReadAsync()
        {
            using var last = await TestClient.ConnectAsync(server.EndPoint, 0);
            await last.ReadToEndAsync();
        }
    }

    [Test]
    public async Task Who_is_over_a_limit_and_asks_nothing_has_only_the_time_of_a_head()
    {
        await using var server = Start(new() { MaxConnections = 1 });
        using var first = await server.ConnectAsync();
        await first.SendAsync(Get);
        await first.ReadReplyAsync();
        using var second = await server.ConnectAsync();
        await Eventually.HoldsAsync(() => server.Transport.ConnectionCount == 2 && AreWaiting(server), "both");
        server.Time.Advance(server.Options.HeaderTimeout + TimeSpan.FromSeconds(1));
        Assert.That(await second.ReadToEndAsync(), Is.Empty);
        second.Finish();
        await Eventually.HoldsAsync(() => server.Transport.ConnectionCount == 1, "the second gone");
        await first.SendAsync(Get);
        Assert.That((await first.ReadReplyAsync()).Body, Is.EqualTo("Served"));
    }

    [Test]
    public async Task Connections_of_a_trusted_proxy_do_not_count()
    {
        await using var server = Start(new()
        {
            MaxConnectionsPerAddress = 1,
            Proxies = new ProxyOptions { Trusted = [IPNetwork.Parse("127.0.0.1/32")] },
        });
        for (var i = 0; i < 3; i++)
        {
            var client = await server.ConnectAsync();
            await client.SendAsync(Get);
            Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("Served"));
        }
    }

    [Test]
    public void Counts_come_back_to_where_they_began()
    {
        var limits = new ConnectionLimits(3, 2);
        var (here, there) = (IPAddress.Parse("1.1.1.1"), IPAddress.Parse("2.2.2.2"));
        for (var round = 0; round < 100; round++)
        {
            IPAddress[] clients = [here, here, here, there, there];
            var joined = clients.Select(client => (Client: client, Admission: Join(limits, client))).ToList();
            Assert.That(joined.Select(entry => entry.Admission.State), Is.EqualTo(new[]
            {
                AdmissionState.Served, AdmissionState.Served, AdmissionState.OverAddress,
                AdmissionState.Served, // A connection over a limit takes no room.
                AdmissionState.OverTotal,
            }));
            foreach (var (client, admission) in joined) limits.Leave(admission, client);
        }
    }

    private static Admission Join(ConnectionLimits limits, IPAddress client)
    {
        var admission = limits.Enter();
        return admission.State == AdmissionState.Served ? limits.EnterAddress(client) : admission;
    }

    private TestServer Start(TransportOptions options)
    {
        var server = new TestServer(tls, options);
        server.Application.Handlers["/admission"] = exchange =>
        {
            var admission = !exchange.IsOverLimit ? "Served" : exchange.Connection.IsOverAddressLimit ? "OverAddress" : "OverTotal";
            exchange.StartReply(200);
            exchange.EndReply("text/plain"u8, System.Text.Encoding.ASCII.GetBytes(admission));
            return ValueTask.CompletedTask;
        };
        return server;
    }

    private static bool AreWaiting(TestServer server)
    {
        foreach (var connection in server.Transport.Connections)
        {
            if (connection is { Waiting: not DeadlineKind.Request }) return false;
        }

        return true;
    }
}
