using System.Net;
using Microsoft.Playwright;
using SseServer.Catalog;
using SseServer.Endpoints;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Browser.Tests;

/// <summary>The server's own client in Chromium with something between it and the server.</summary>
public sealed class ClientProxyTests
{
    [Test]
    public async Task Twelve_streams_of_a_page_over_HTTP2_get_every_event()
    {
        await using var server = Servers.Start();
        await using var nginx = await Nginx.StartAsync(server.EndPoint.Port);
        await using var tab = await Chromium.OpenTabAsync(new BrowserNewPageOptions { IgnoreHTTPSErrors = true });
        await tab.Page.GotoAsync(nginx.TlsUrlOf("/healthz").AbsoluteUri);
        await tab.Page.EvaluateAsync(
            """
            async () => {
              const { EventStream } = await import("/client.js");
              window.got = [];
              window.open = 0;
              for (let i = 0; i < 12; i++) {
                const source = new EventStream(`/events/shared?_=${i}`);
                source.addEventListener("connected", () => open++);
                source.onmessage = event => got.push(`${i}:${event.data}`);
              }
            }
            """);
        await tab.Page.WaitForFunctionAsync("open === 12");
        for (var i = 0; i < 5; i++) await server.PublishAsync("/events/shared", $"{i}");
        await tab.Page.WaitForFunctionAsync("got.length === 60");
        Assert.That(await tab.Page.EvaluateAsync<int>("new Set(got).size"), Is.EqualTo(60));
        var protocol = await tab.Page.EvaluateAsync<string>("performance.getEntriesByType('navigation')[0].nextHopProtocol");
        Assert.That(protocol, Is.EqualTo("h2"));
    }

    [Test]
    public async Task Server_that_restarts_behind_nginx_is_found_again_after_its_502()
    {
        var listen = new IPEndPoint(IPAddress.Loopback, LoopbackPort.TakeFree());
        await using var nginx = await Nginx.StartAsync(listen.Port);
        ClientPage page;
        await using (var first = Start(listen))
        {
            page = await ClientPage.SubscribeAsync(nginx.UrlOf("/events"), "{ maxDelay: 300 }");
            await page.WaitAsync("count('connected') === 1");
            await first.PublishAsync("/events", "before");
            await page.WaitAsync("data().length === 1");
            await first.StopAsync(TimeSpan.FromSeconds(5));
        }

        await using var last = page;
        await page.WaitAsync("said.some(event => event.status === 502)");
        await using var second = Start(listen);
        await page.WaitAsync("count('connected') === 2");
        await second.PublishAsync("/events", "after");
        await page.WaitAsync("data().at(-1) === 'after'");
        // The history was in memory.
        Assert.That(await page.JsonAsync("seen.map(([type]) => type)"), Is.EqualTo("""["message","gap","message"]"""));
        await page.Page.EvaluateAsync("() => source.close()");
        await second.HasStreamsAsync(0);
    }

    [Test]
    public async Task Service_worker_that_answers_every_request_of_the_page_is_no_obstacle()
    {
        await using var server = Servers.Start();
        await using var nginx = await Nginx.StartAsync(server.EndPoint.Port);
        await using var page = await ClientPage.OpenAsync(nginx.UrlOf("/"));
        await page.Page.EvaluateAsync(
            """
            async () => {
              const controlled = new Promise(done => navigator.serviceWorker.oncontrollerchange = done);
              await navigator.serviceWorker.register("/sw.js");
              await controlled;
            }
            """);
        await page.StartAsync(nginx.UrlOf("/events"));
        await page.WaitAsync("count('connected') === 1");
        await server.PublishAsync("/events", "1");
        await page.WaitAsync("data().length === 1");
        server.CutConnections();
        await server.PublishAsync("/events", "2");
        await page.WaitAsync("data().length === 2");
        Assert.That(await page.DataAsync(), Is.EqualTo(new[] { "1", "2" }));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Cookies_go_to_another_origin_if_told_so(bool withCredentials)
    {
        await using var other = Servers.Start();
        var origin = other.UrlOf("/").GetLeftPart(UriPartial.Authority);
        await using var server = new ServerUnderTest(
            EndpointOptions.Default with { AllowedOrigins = [origin], AllowCredentials = true },
            auth: Guarded.Options with { Jwt = null }, time: TimeProvider.System);
        await using var page = await ClientPage.OpenAsync(other.UrlOf("/"), server.UrlOf("/"));
        await page.Page.Context.AddCookiesAsync(
            [new() { Name = "sse-token", Value = Guarded.KeyOfShop, Url = server.UrlOf("/").AbsoluteUri }]);
        // localhost is another site than 127.0.0.1, to which the cookie would not be sent; another port is only another origin.
        await page.StartAsync(server.UrlOf("/events/secret/shop/1"), withCredentials ? "{ withCredentials: true }" : "{}");
        await page.WaitAsync(withCredentials ? "count('connected') === 1" : "source.readyState === 2 && said[0].status === 401");
    }

    [Test]
    public async Task Frozen_page_gets_everything_when_it_thaws()
    {
        await using var server = Servers.Start(HubOptions.Default with { HeartbeatInterval = TimeSpan.FromSeconds(1) });
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events"), "{ heartbeat: 1000 }");
        await page.WaitAsync("count('connected') === 1");
        await server.PublishAsync("/events", "1");
        await page.WaitAsync("data().length === 1");
        var session = await page.Page.Context.NewCDPSessionAsync(page.Page);
        await session.SendAsync("Page.setWebLifecycleState", new() { ["state"] = "frozen" });
        for (var i = 2; i <= 5; i++) await server.PublishAsync("/events", $"{i}");
        // On a busy machine the page may come back once more before it is frozen.
        await Eventually.HoldsAsync(
            () =>
            {
                server.CutConnections();
                return server.Hub.Streams == 0;
            },
            "the page has no stream");
        for (var i = 6; i <= 9; i++) await server.PublishAsync("/events", $"{i}");
        await session.SendAsync("Page.setWebLifecycleState", new() { ["state"] = "active" });
        await page.WaitAsync("data().length === 9");
        Assert.That(await page.DataAsync(), Is.EqualTo(Enumerable.Range(1, 9).Select(i => $"{i}")));
    }

    private static ServerUnderTest Start(IPEndPoint listen)
        => new(hub: HubOptions.Default with { Shards = 2, ReconnectionTime = TimeSpan.FromMilliseconds(100) },
            listen: listen, time: TimeProvider.System);
}
