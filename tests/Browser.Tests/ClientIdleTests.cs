using SseServer.Catalog;

namespace SseServer.Browser.Tests;

/// <summary>The server's own client in Chromium behind an nginx that ends connections on which nothing comes for some time.</summary>
public sealed class ClientIdleTests
{
    private const int CutMilliseconds = 500;

    [Test]
    public async Task Heartbeats_more_frequent_than_the_cut_keep_the_stream()
    {
        await using var server = Servers.Start(HubOptions.Default with { HeartbeatInterval = TimeSpan.FromSeconds(1) });
        await using var nginx = await Nginx.StartAsync(server.EndPoint.Port, "3s");
        await using var page = await ClientPage.SubscribeAsync(nginx.UrlOf("/events"), "{ heartbeat: 1000 }");
        // Over at least twice the time of a cut.
        await page.WaitAsync("seen.filter(([type]) => type === 'heartbeat').length === 7");
        await server.PublishAsync("/events", "1");
        await page.WaitAsync("data().length === 1");
        Assert.That(await page.JsonAsync("[count('open'), count('error')]"), Is.EqualTo("[1,0]"));
    }

    [TestCase(false)]
    [TestCase(true, Description = "HTTP/2, where the stream is reset and the connection stays")]
    public async Task Stream_that_is_cut_whenever_it_is_idle_comes_back_each_time_at_the_servers_pace_and_loses_nothing(bool tls)
    {
        await using var server = Servers.Start(HubOptions.Default with { HeartbeatInterval = TimeSpan.FromMinutes(1) });
        await using var nginx = await Nginx.StartAsync(server.EndPoint.Port, $"{CutMilliseconds}ms");
        var url = tls ? nginx.TlsUrlOf("/events") : nginx.UrlOf("/events");
        await using var page = await ClientPage.SubscribeAsync(url);
        await page.WaitAsync("count('connected') === 1");
        var published = 0;
        for (var cuts = 1; cuts <= 6; cuts++)
        {
            await server.PublishAsync("/events", $"{++published}");
            await page.WaitAsync($"count('error') === {cuts}");
            await server.PublishAsync("/events", $"{++published} while it was away");
        }

        await page.WaitAsync("count('open') === 7 && data().length === 12");
        Assert.That(await page.DataAsync(),
            Is.EqualTo(Enumerable.Range(1, 6).SelectMany(i => new[] { $"{2 * i - 1}", $"{2 * i} while it was away" })));
        Assert.That(await page.JsonAsync("[source.polling, said.some(event => event.type === 'error' && event.state !== 0)]"),
            Is.EqualTo("[false,false]"));
        // What the server says, 75 to 125 ms, and no longer from one cut to the next: each stream had opened.
        Assert.That(await page.JsonAsync("said.map(event => Math.round(event.delay)).filter(delay => delay < 74 || delay > 126)"),
            Is.EqualTo("[]"));
        // Over all of them, so that a page that was late to notice one does not matter.
        var milliseconds = await page.CountAsync("(opens => opens[6].at - opens[0].at | 0)(said.filter(event => event.type === 'open'))");
        Assert.That(milliseconds, Is.GreaterThanOrEqualTo(6 * CutMilliseconds), "one request for each cut");
    }
}
