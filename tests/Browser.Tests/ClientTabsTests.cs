using SseServer.Endpoints;
using SseServer.Tests.Endpoints;

namespace SseServer.Browser.Tests;

/// <summary>One connection for all tabs: twelve tabs over HTTP/1.1, of which any can go.</summary>
public sealed class ClientTabsTests
{
    private const string Tabs = "{ tabs: true }";

    // Takes away what the better ways need, so that the tabs use a lock, or nothing.
    private static readonly Dictionary<string, string> Ways = new()
    {
        ["worker"] = "",
        ["lock"] = "delete globalThis.SharedWorker;",
        ["own"] = "delete globalThis.SharedWorker; Object.defineProperty(navigator, 'locks', { value: undefined });",
    };

    [TestCase("worker")]
    [TestCase("lock")]
    public async Task Twelve_tabs_have_one_stream_and_each_gets_every_event_once(string way)
    {
        await using var server = Servers.Start();
        await using var group = await TabGroup.OpenAsync(server.UrlOf("/events"), 12, Ways[way], Tabs);
        await group.AllHoldAsync("count('open') === 1");
        for (var i = 1; i <= 20; i++) await server.PublishAsync(i % 2 == 0 ? "/events" : $"/events?id=own-{i}", $"{i}");
        await group.AllGotAsync(Enumerable.Range(1, 20));
        Assert.That(server.Hub.Streams, Is.EqualTo(1));
    }

    [Test]
    public async Task Tabs_of_an_http_origin_that_is_not_loopback_share_a_worker()
    {
        await using var server = new ServerUnderTest(
            EndpointOptions.Default with { AllowedHosts = ["app.test"], AllowAnonymousPublish = true }, time: TimeProvider.System);
        var url = new Uri($"http://app.test:{server.EndPoint.Port}/events");
        await using var group = await TabGroup.OpenAsync(url, 12, "", Tabs);
        Assert.That(await group[0].JsonAsync("[isSecureContext, !!navigator.locks]"), Is.EqualTo("[false,false]"));
        await group.AllHoldAsync("count('open') === 1");
        await server.PublishAsync("/events", "1");
        await group.AllGotAsync([1]);
        Assert.That(server.Hub.Streams, Is.EqualTo(1));
    }

    [Test]
    public async Task Without_workers_and_locks_each_tab_has_a_stream_of_its_own()
    {
        await using var server = Servers.Start();
        await using var group = await TabGroup.OpenAsync(server.UrlOf("/events"), 2, Ways["own"], Tabs);
        await group.AllHoldAsync("count('open') === 1");
        await server.HasStreamsAsync(2);
        await server.PublishAsync("/events", "1");
        await group.AllGotAsync([1]);
    }

    // Whoever reads the stream goes, again and again, while events keep coming; every tab that stays gets each once and in order.
    [TestCase("worker", "close")]
    [TestCase("worker", "navigate")]
    [TestCase("worker", "crash")]
    [TestCase("lock", "close")]
    [TestCase("lock", "navigate")]
    [TestCase("lock", "crash")]
    public async Task Tab_that_goes_takes_nothing_from_the_others(string way, string end)
    {
        await using var server = Servers.Start();
        await using var group = await TabGroup.OpenAsync(server.UrlOf("/events"), 5, Ways[way], Tabs);
        await group.AllHoldAsync("count('open') === 1");
        var published = 0;
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 5; i++) await server.PublishAsync("/events", $"{++published}");
            // The tabs queue for the lock in the order in which they opened.
            await group.EndFirstAsync(end);
            for (var i = 0; i < 5; i++) await server.PublishAsync("/events", $"{++published}");
            await group.AllGotAsync(Enumerable.Range(1, published));
        }

        await server.HasStreamsAsync(1);
    }

    [Test]
    public async Task Frozen_tab_that_holds_the_stream_is_replaced_and_gets_everything_when_it_thaws()
    {
        await using var server = Servers.Start();
        await using var group = await TabGroup.OpenAsync(server.UrlOf("/events"), 4, Ways["lock"], Tabs);
        await group.AllHoldAsync("count('open') === 1");
        await server.PublishAsync("/events", "1");
        await group.AllGotAsync([1]);
        var holder = group[0];
        var session = await holder.Page.Context.NewCDPSessionAsync(holder.Page);
        await session.SendAsync("Page.setWebLifecycleState", new() { ["state"] = "frozen" });
        var others = group.Skip(1).ToList();
        for (var i = 2; i <= 11; i++) await server.PublishAsync("/events", $"{i}");
        foreach (var page in others) await TabGroup.GotAsync(page, Enumerable.Range(1, 11));
        await session.SendAsync("Page.setWebLifecycleState", new() { ["state"] = "active" });
        await server.PublishAsync("/events", "12");
        await group.AllGotAsync(Enumerable.Range(1, 12));
        await server.HasStreamsAsync(1);
    }

    [TestCase("worker")]
    [TestCase("lock")]
    public async Task Late_tab_gets_what_it_asks_for_and_then_what_the_others_get(string way)
    {
        await using var server = Servers.Start();
        for (var i = 1; i <= 3; i++) await server.PublishAsync("/events", $"{i}");
        await using var group = await TabGroup.OpenAsync(server.UrlOf("/events?since=all"), 1, Ways[way], Tabs);
        await group.AllGotAsync([1, 2, 3]);
        for (var tabs = 2; tabs <= 4; tabs++)
        {
            await group.AddAsync(Tabs);
            await server.PublishAsync($"/events?id=own-{tabs}", $"{tabs + 2}");
            await group.AllGotAsync(Enumerable.Range(1, tabs + 2));
        }

        await server.HasStreamsAsync(1);
    }

    [TestCase("worker")]
    [TestCase("lock")]
    public async Task Ended_topic_ends_every_tab_after_its_last_event(string way)
    {
        await using var server = Servers.Start();
        await using var group = await TabGroup.OpenAsync(server.UrlOf("/events/job/17?since=all"), 3, Ways[way], Tabs);
        await group.AllHoldAsync("count('open') === 1");
        await server.PublishAsync("/events/job/17", "1");
        await server.PublishAsync("/events/job/17?final=1", "2");
        await group.AllHoldAsync("count('end') === 1");
        await group.AllGotAsync([1, 2]);
        await group.AddAsync(Tabs);
        await group.AllHoldAsync("count('end') === 1");
        await group.AllGotAsync([1, 2]);
    }

    [TestCase("worker")]
    [TestCase("lock")]
    public async Task Lost_connection_is_an_error_in_every_tab_and_resumed_once(string way)
    {
        await using var server = Servers.Start();
        await using var group = await TabGroup.OpenAsync(server.UrlOf("/events"), 3, Ways[way], Tabs);
        await group.AllHoldAsync("count('open') === 1");
        server.CutConnections();
        await server.PublishAsync("/events", "1");
        await group.AllGotAsync([1]);
        await group.AllHoldAsync("count('error') === 1 && count('open') === 2");
    }

    [TestCase("worker")]
    [TestCase("lock")]
    public async Task Token_is_asked_of_a_tab(string way)
    {
        await using var server = new ServerUnderTest(auth: Guarded.Options with { Jwt = null }, time: TimeProvider.System);
        var options = $$"""{ tabs: true, headers: async () => ({ Authorization: "Bearer {{Guarded.KeyOfShop}}" }) }""";
        await using var group = await TabGroup.OpenAsync(server.UrlOf("/events/secret/shop/1"), 3, Ways[way], options);
        await group.AllHoldAsync("count('open') === 1");
        await server.PublishAsync("/events/secret/shop/1", "1", Guarded.Bearer(Guarded.KeyOfOps));
        await group.AllGotAsync([1]);
        await group.EndFirstAsync("close");
        server.CutConnections();
        await server.PublishAsync("/events/secret/shop/1", "2", Guarded.Bearer(Guarded.KeyOfOps));
        await group.AllGotAsync([1, 2]);
    }

    [Test]
    public async Task Tab_that_takes_other_topics_leaves_the_others_as_they_are()
    {
        await using var server = Servers.Start();
        await using var group = await TabGroup.OpenAsync(server.UrlOf("/events?topic=a"), 2, "", Tabs);
        await group.AllHoldAsync("count('open') === 1");
        await server.PublishAsync("/events/a", "1");
        await group.AllGotAsync([1]);
        await group[0].Page.EvaluateAsync("() => source.setTopics(['a', 'b'])");
        await server.PublishAsync("/events/b", "2");
        await server.PublishAsync("/events/a", "3");
        await TabGroup.GotAsync(group[0], [1, 2, 3]);
        await TabGroup.GotAsync(group[1], [1, 3]);
    }
}
