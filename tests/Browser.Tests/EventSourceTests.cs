using SseServer.Catalog;
using SseServer.Tests.Endpoints;

namespace SseServer.Browser.Tests;

/// <summary>What Chromium's EventSource does with replies that are no lasting stream.</summary>
public sealed class EventSourceTests
{
    [Test]
    public async Task Clean_end_of_a_stream_brings_it_back()
    {
        await using var server = Servers.Start();
        await using var reader = await ChromiumReader.StartAsync(server.UrlOf("/events"));
        await reader.WaitAsync("opened === 1");
        server.Hub.Shedder.BeginDrain(TimeSpan.Zero);
        await reader.WaitAsync("opened > 3");
        // Three quarters of the mean reconnection time of 100 ms; a page's clock may round.
        var soonest = await reader.CountAsync("Math.floor(Math.min(...openings.slice(1).map((at, i) => at - openings[i])))");
        Assert.That(soonest, Is.GreaterThanOrEqualTo(74));
    }

    [Test]
    public async Task Refusal_for_now_brings_it_back_until_there_is_room()
    {
        await using var server = Servers.Start(HubOptions.Default with { MaxPatterns = 1, PatternLinger = TimeSpan.Zero });
        var holder = await server.SubscribeAsync("/events/held/*");
        await using var reader = await ChromiumReader.StartAsync(server.UrlOf("/events/wanted/*"));
        await reader.WaitAsync("failures >= 2");
        holder.Dispose();
        await server.HasStreamsAsync(0);
        await server.HasStreamsAsync(1);
        await server.PublishAsync("/events/wanted/1", "at last");
        Assert.That((await reader.NextAsync()).Data, Is.EqualTo("at last"));
    }

    // WHATWG HTML 9.2.2: any status but 200 closes the EventSource permanently.
    [TestCase("/nothing", Description = "404")]
    [TestCase("/events?sinse=all", Description = "400")]
    [TestCase("/healthz", Description = "200 of another type")]
    public async Task Lasting_refusal_stops_it(string target)
    {
        await using var server = Servers.Start();
        await using var reader = await ChromiumReader.StartAsync(server.UrlOf(target));
        await reader.WaitAsync("source.readyState === EventSource.CLOSED");
        Assert.That((await reader.CountAsync("opened"), await reader.CountAsync("failures")), Is.EqualTo((0, 1)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Stream_of_an_ended_topic_ends_and_it_comes_back_once_to_hear_so(bool isEndAlone)
    {
        await using var server = Servers.Start();
        await using var reader = await ChromiumReader.StartAsync(server.UrlOf("/events/job/17?since=all"));
        await reader.WaitAsync("opened === 1");
        await EndAsync(server, isEndAlone);
        Assert.That((await reader.NextAsync()).Data, Is.EqualTo("first"));
        if (!isEndAlone) Assert.That((await reader.NextAsync()).Data, Is.EqualTo("last"));

        await reader.WaitAsync("source.readyState === EventSource.CLOSED");
        await CameBackOnceAsync(server, pages: 1);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Stream_of_an_ended_topic_ends_and_npms_comes_back_once_to_hear_so(bool isEndAlone)
    {
        await using var server = Servers.Start();
        await using var reader = await NodeReader.StartAsync(server.UrlOf("/events/job/17?since=all"));
        await server.HasStreamsAsync(1);
        await EndAsync(server, isEndAlone);
        Assert.That((await reader.NextAsync()).Data, Is.EqualTo("first"));
        if (!isEndAlone) Assert.That((await reader.NextAsync()).Data, Is.EqualTo("last"));

        if (isEndAlone) Assert.That((await reader.NextAsync()).Type, Is.EqualTo("heartbeat"), "it takes an id only from a block with data");
        Assert.That((await reader.NextAsync()).Type, Is.EqualTo("closed"));
        await CameBackOnceAsync(server, pages: 0);
    }

    [Test]
    public async Task Heartbeat_that_is_an_event_is_visible_to_page_code()
    {
        await using var server = Servers.Start(HubOptions.Default with { HeartbeatInterval = TimeSpan.FromSeconds(1) });
        await using var reader = await ChromiumReader.StartAsync(server.UrlOf("/events?heartbeat=event"));
        var seen = await reader.NextAsync();
        Assert.That(seen.Type, Is.EqualTo("heartbeat"));
        Assert.That(long.Parse(seen.Data), Is.EqualTo(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()).Within(60_000));
        Assert.That(seen.LastEventId, Does.Match(@"^\d+-0$"), "the resume point stays the greeting's");
    }

    [Test]
    public async Task Page_of_another_origin_reads_the_stream()
    {
        await using var server = Servers.Start();
        await using var other = Servers.Start();
        await server.PublishAsync("/events", "across origins");
        await using var tab = await Chromium.OpenTabAsync();
        var page = tab.Page;
        await page.GotoAsync(other.UrlOf("/healthz").AbsoluteUri);
        var data = await page.EvaluateAsync<string>(
            "url => new Promise(seen => { new EventSource(url).onmessage = event => seen(event.data); })",
                server.UrlOf("/events?since=all").AbsoluteUri);
        Assert.That(data, Is.EqualTo("across origins"));
    }

    private static async Task EndAsync(ServerUnderTest server, bool isEndAlone)
    {
        await server.PublishAsync("/events/job/17", "first");
        if (isEndAlone) await server.SendAsync("POST", "/events/job/17?final=1");
        else await server.PublishAsync("/events/job/17?final=1", "last");
    }

    // A CLOSED EventSource makes no more requests (WHATWG HTML 9.2.3): besides the page, one stream, two publishes and one 204.
    private static async Task CameBackOnceAsync(ServerUnderTest server, int pages)
    {
        Assert.That(await server.MetricAsync("sse_http_replies_total{status=\"2xx\"}"), Is.EqualTo(4 + pages));
        Assert.That(await server.MetricAsync("sse_streams_opened_total"), Is.EqualTo(1));
    }
}
