using System.Diagnostics;
using System.Net;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Acceptance.Proxies;

/// <summary>
/// A restart behind a proxy set up as in README.md, with real EventSource clients: all of them reconnect. While no server listens the proxy
/// answers 502, which closes an EventSource permanently.
/// </summary>
[NonParallelizable]
public sealed class ProxyRestartTests
{
    private const string Key = "a key of the publisher's";

    private static int Clients => Scale.IsLong ? 200 : 20;

    private static int Restarts => Scale.IsLong ? 5 : 1;

    // A machine that runs all tests at once takes its time to start a process; the long form shows that the default does.
    private static string[] Settings => Scale.IsLong ? ReadmeSettings : [.. ReadmeSettings, "--Drain:RestartAllowance=8s"];

    private static string[] ReadmeSettings => ["--Proxy:Trusted=127.0.0.1", $"--Auth:PublishKeys:ci={Key}"];

    public static IEnumerable<string> Proxies => Scale.IsLong ? ["nginx", "haproxy", "caddy", "apache2"] : ["nginx"];

    [TestCaseSource(nameof(Proxies))]
    [Platform("Linux")]
    public async Task All_clients_come_back_after_a_restart(string name)
    {
        if (!ReverseProxy.IsInstalled(name)) Assert.Ignore($"{name} is not installed.");
        if (!await ReturningClients.AreInstalledAsync())
            Assert.Ignore("node 20 or later with npm's eventsource is not to be had on this machine.");
        var port = int.Parse(ExampleScript.TakeFreePort(), null);
        var server = await ServerProcess.StartAtAsync(port, Settings);
        try
        {
            using var proxy = await ReverseProxy.StartAsync(name, port);
            using var clients = await ReturningClients.StartAsync($"http://127.0.0.1:{proxy.Port}/events/news", Clients);
            await clients.UntilAsync(totals => totals.Open == Clients, "all are there");
            for (var restart = 1; restart <= Restarts; restart++)
            {
                var stopped = Stopwatch.GetTimestamp();
                Assert.That(await server.StopAsync(), Is.Zero);
                server.Dispose();
                server = await ServerProcess.StartAtAsync(port, Settings);
                var away = Stopwatch.GetElapsedTime(stopped).TotalMilliseconds;
                await TestContext.Out.WriteLineAsync($"{name}: {away:f0} ms from the signal until the next server listened");
                await clients.UntilAsync(totals => totals.Open == Clients
                    && totals.Opens >= Clients * (restart + 1), $"all are back from restart {restart}");
            }

            var events = clients.Last.Events;
            await PublishAsync(server.EndPoint);
            await clients.UntilAsync(totals => totals.Events == events + Clients, "all get what is published now");
            await TestContext.Out.WriteLineAsync($"{name}: {Clients} clients, {Restarts} restarts, longest silence "
                + $"{clients.Last.LongestSilence} ms");
        }
        finally
        {
            server.Dispose();
        }
    }

    // Whoever connects from the address of a trusted proxy needs a key, as through it.
    private static async Task PublishAsync(IPEndPoint endPoint)
    {
        using var publisher = await WireClient.ConnectAsync(endPoint);
        await publisher.RequestAsync("POST", "/events/news", "here again", $"Authorization: Bearer {Key}");
        Assert.That((await publisher.ReadReplyAsync().Soon()).Status, Is.EqualTo(201));
    }
}
