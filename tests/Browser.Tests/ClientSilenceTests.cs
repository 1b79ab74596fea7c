using SseServer.Catalog;

namespace SseServer.Browser.Tests;

/// <summary>The server's own client in Chromium behind a proxy that keeps events to itself.</summary>
public sealed class ClientSilenceTests
{
    private static readonly HubOptions Beats = HubOptions.Default with { HeartbeatInterval = TimeSpan.FromSeconds(1) };

    [Test]
    public async Task Connection_that_fell_silent_is_replaced_and_nothing_is_lost()
    {
        await using var server = Servers.Start(Beats);
        await using var proxy = new FaultyProxy(server.EndPoint);
        await using var page = await ClientPage.SubscribeAsync(proxy.UrlOf("/events"), "{ heartbeat: 1000 }");
        await page.WaitAsync("seen.some(([type]) => type === 'heartbeat')");
        await server.PublishAsync("/events", "1");
        await page.WaitAsync("data().length === 1");
        proxy.Fault = ProxyFault.Mutes;
        await server.PublishAsync("/events", "2");
        await page.WaitAsync("said.some(event => event.message === 'Nothing arrived for too long.')");
        proxy.Fault = ProxyFault.None;
        await page.WaitAsync("data().length === 2");
        Assert.That(await page.DataAsync(), Is.EqualTo(new[] { "1", "2" }));
        Assert.That(await page.CountAsync("count('polling')"), Is.Zero);
    }

    [Test]
    public async Task Proxy_that_buffers_is_passed_by_long_polls()
    {
        await using var server = Servers.Start(Beats);
        await using var proxy = new FaultyProxy(server.EndPoint);
        await using var page = await ClientPage.OpenAsync(proxy.UrlOf("/"));
        proxy.Fault = ProxyFault.Buffers;
        await server.PublishAsync("/events", "0");
        await page.StartAsync(proxy.UrlOf("/events?since=all"), "{ patience: 400, poll: 5 }");
        await page.WaitAsync("count('polling') === 1");
        for (var i = 1; i <= 5; i++)
        {
            await server.PublishAsync("/events", $"{i}");
            await page.WaitAsync($"data().length === {i + 1}");
        }

        Assert.That(await page.DataAsync(), Is.EqualTo(Enumerable.Range(0, 6).Select(i => $"{i}")));
        Assert.That(await page.JsonAsync("[source.polling, source.readyState, count('open'), count('error')]"), Is.EqualTo("[true,1,1,0]"));
    }

    [Test]
    public async Task Stream_that_is_muted_after_its_greeting_is_replaced_by_long_polls()
    {
        await using var server = Servers.Start(HubOptions.Default with { HeartbeatInterval = TimeSpan.FromMinutes(1) });
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events"), "{ heartbeat: 100, poll: 2 }");
        await page.WaitAsync("count('polling') === 1");
        await server.PublishAsync("/events", "1");
        await page.WaitAsync("data().length === 1");
        Assert.That(await page.CountAsync("count('connected')"), Is.EqualTo(2), "polls have no greeting");
    }

    [Test]
    public async Task Polls_of_an_ended_topic_end()
    {
        await using var server = Servers.Start();
        await using var proxy = new FaultyProxy(server.EndPoint);
        await using var page = await ClientPage.OpenAsync(proxy.UrlOf("/"));
        proxy.Fault = ProxyFault.Buffers;
        await page.StartAsync(proxy.UrlOf("/events/job/1?since=all"), "{ patience: 400 }");
        await page.WaitAsync("said.length === 0");
        await server.PublishAsync("/events/job/1", "first");
        await page.WaitAsync("data().length === 1");
        await server.PublishAsync("/events/job/1?final=1", "last");
        await page.WaitAsync("count('end') === 1");
        Assert.That(await page.DataAsync(), Is.EqualTo(new[] { "first", "last" }));
    }
}
