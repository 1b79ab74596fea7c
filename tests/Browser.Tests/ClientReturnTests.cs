using SseServer.Catalog;
using SseServer.Tests.Endpoints;

namespace SseServer.Browser.Tests;

/// <summary>The server's own client in Chromium: when it comes back, and when it stops.</summary>
public sealed class ClientReturnTests
{
    private static readonly HubOptions SlowReturn = HubOptions.Default with { ReconnectionTime = TimeSpan.FromSeconds(60) };

    [Test]
    public async Task It_resumes_after_lost_connections_and_clean_ends()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events"));
        for (var round = 1; round <= 5; round++)
        {
            await page.WaitAsync($"count('connected') === {round}");
            await server.PublishAsync("/events", $"{round} before");
            if (round % 2 == 0) await server.SendAsync("POST", "/admin/shed?percent=100&over=0s");
            else server.CutConnections();
            await server.PublishAsync("/events", $"{round} after");
        }

        await page.WaitAsync("seen.length === 10");
        Assert.That(await page.DataAsync(),
            Is.EqualTo(Enumerable.Range(1, 5).SelectMany(round => new[] { $"{round} before", $"{round} after" })));
        await page.WaitAsync("count('connected') === 6");
        Assert.That(await page.JsonAsync("said.filter(event => event.type === 'error').map(event => event.state)"),
            Is.EqualTo("[0,0,0,0,0]"));
        Assert.That(await page.CountAsync("Math.min(...said.filter(event => event.type === 'error').map(event => event.delay | 0))"),
            Is.GreaterThanOrEqualTo(74), "the server's retry:, three quarters of 100 ms or more");
    }

    [Test]
    public async Task Ended_topic_is_an_end_and_no_error()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events/job/17?since=all"));
        await page.Page.EvaluateAsync("() => { source.onend = () => window.ended = true; }");
        await page.WaitAsync("count('connected') === 1");
        await server.PublishAsync("/events/job/17?final=1", "last");
        await page.WaitAsync("window.ended");
        Assert.That(await page.JsonAsync("[data(), source.readyState, said.at(-1).type]"), Is.EqualTo("""[["last"],2,"end"]"""));
        Assert.That(await server.MetricAsync("sse_streams_opened_total"), Is.EqualTo(1));
    }

    [Test]
    public async Task Loop_over_an_ended_topic_ends()
    {
        await using var server = Servers.Start();
        await server.PublishAsync("/events/job/17", "first");
        await server.PublishAsync("/events/job/17?final=1", "last");
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        var all = await page.JsonAsync(
            """
            (async () => {
              const found = [];
              for await (const event of new EventStream("/events/job/17?since=all")) found.push(event.data);
              return found;
            })()
            """);
        Assert.That(all, Is.EqualTo("""["first","last"]"""));
    }

    [Test]
    public async Task Refusal_for_now_brings_it_back_until_there_is_room()
    {
        await using var server = Servers.Start(HubOptions.Default with { MaxPatterns = 1, PatternLinger = TimeSpan.Zero });
        var holder = await server.SubscribeAsync("/events/held/*");
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events/wanted/*"));
        await page.WaitAsync("count('error') >= 1");
        Assert.That(await page.JsonAsync("[count('open'), said[0].message, said[0].delay >= 1000]"),
            Is.EqualTo("""[0,"The server refuses streams for now.",true]"""), "Retry-After, in whole seconds");
        holder.Dispose();
        await page.WaitAsync("count('connected') === 1");
    }

    [TestCase("/events?sinse=all", 400, "since=")]
    [TestCase("/nothing", 404, "/events")]
    public async Task Lasting_refusal_stops_it_with_the_servers_sentence(string target, int status, string sentence)
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf(target), "{ headers: () => ({}) }");
        await page.WaitAsync("source.readyState === 2");
        Assert.That(await page.JsonAsync("said.map(event => [event.type, event.state, event.status])"),
            Is.EqualTo($"""[["error",2,{status}]]"""));
        Assert.That(await page.JsonAsync("said[0].message"), Does.Contain(sentence));
        Assert.That(await page.JsonAsync("said[0].code"), Does.Match("^\"[a-z_]+\"$"));
    }

    [Test]
    public async Task Answer_that_is_no_event_stream_is_an_error_after_which_it_asks_again()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/healthz"));
        await page.WaitAsync("count('error') >= 1");
        Assert.That(await page.JsonAsync("[said[0].state, said[0].message]"),
            Is.EqualTo("""[0,"The response is application/json, not an event stream; check the URL."]"""));
    }

    [Test]
    public async Task Unknown_token_is_asked_for_once_more_and_then_it_stops()
    {
        await using var server = Guarded.Start();
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        await page.Page.EvaluateAsync("() => { window.asked = 0; }");
        await page.StartAsync(
            server.UrlOf("/events/secret/alice/inbox"), "{ headers: async () => ({ Authorization: `Bearer no-${++asked}` }) }");
        await page.WaitAsync("source.readyState === 2");
        Assert.That(await page.JsonAsync("[asked, said.length, said[0].status]"), Is.EqualTo("[2,1,401]"));
        var reply = await server.SendAsync("GET", "/events/secret/alice/inbox", null, Guarded.Bearer("no-2"));
        Assert.That(await page.JsonAsync("said[0].message"), Is.EqualTo($"\"{reply.Problem}\""));
    }

    [Test]
    public async Task Token_of_another_is_refused_with_the_servers_sentence_and_thrown_from_a_loop()
    {
        await using var server = Guarded.Start();
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        var error = await page.JsonAsync(
            $$"""
            (async () => {
              try {
                const headers = { Authorization: "Bearer {{server.Token()}}" };
                for await (const event of new EventStream("/events/secret/bob", { headers }));
              } catch (error) { return [error instanceof Error, error.status, error.message]; }
            })()
            """);
        var reply = await server.SendAsync("GET", "/events/secret/bob", null, Guarded.Bearer(server.Token()));
        Assert.That(error, Is.EqualTo($"[true,403,\"{reply.Problem}\"]"));
    }

    [Test]
    public async Task Fresh_token_renews_the_stream_in_place_and_is_used_at_the_next_request()
    {
        await using var server = Guarded.Start();
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        string[] tokens = [server.Token(seconds: 60), server.Token(seconds: 300), server.Token(seconds: 3000)];
        var taken = 0;
        await page.Page.ExposeFunctionAsync("freshToken", () => tokens[Math.Min(taken++, 2)]);
        // A token with less than a minute left: the notice comes at once.
        var renewal = await page.Page.RunAndWaitForResponseAsync(
            () => page.StartAsync(
                server.UrlOf("/events/secret/alice/inbox"), "{ headers: async () => ({ Authorization: `Bearer ${await freshToken()}` }) }"),
            response => response.Url.Contains("/streams/", StringComparison.Ordinal));
        Assert.That(renewal.Status, Is.EqualTo(200));
        server.Time.Advance(TimeSpan.FromSeconds(120));
        await server.PublishAsync("/events/secret/alice/inbox", "past the first token", Guarded.Bearer(Guarded.KeyOfOps));
        await page.WaitAsync("data().length === 1");
        Assert.That((taken, await page.CountAsync("count('open')")), Is.EqualTo((2, 1)), "one stream all along");
        server.CutConnections();
        await server.PublishAsync("/events/secret/alice/inbox", "with the third token", Guarded.Bearer(Guarded.KeyOfOps));
        await page.WaitAsync("data().length === 2");
        Assert.That(taken, Is.EqualTo(3));
    }

    [Test]
    public async Task Network_that_is_back_brings_it_back_at_once()
    {
        await using var server = Servers.StartSlow(SlowReturn);
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events"));
        await page.WaitAsync("count('connected') === 1");
        await page.Page.Context.SetOfflineAsync(true);
        server.CutConnections();
        await server.PublishAsync("/events", "while offline");
        await page.WaitAsync("count('error') >= 1");
        Assert.That(await page.CountAsync("said.find(event => event.type === 'error').delay | 0"), Is.GreaterThan(40_000));
        await page.Page.Context.SetOfflineAsync(false);
        await page.WaitAsync("seen.length === 1");
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Hidden_page_stays_connected_unless_told_otherwise(bool closes)
    {
        await using var server = Servers.StartSlow(SlowReturn);
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events"), closes ? "{ closeWhenHidden: true }" : "{}");
        await page.WaitAsync("count('connected') === 1");
        await SetHiddenAsync(page, true);
        if (closes) await server.HasStreamsAsync(0);
        await server.PublishAsync("/events", "while hidden");
        if (!closes) await page.WaitAsync("seen.length === 1");
        await SetHiddenAsync(page, false);
        await page.WaitAsync("seen.length === 1");
        Assert.That(await page.JsonAsync("[count('error'), count('connected')]"), Is.EqualTo(closes ? "[0,2]" : "[0,1]"));
    }

    [TestCase("{ closeWhenHidden: true }")]
    [TestCase("{ closeWhenHidden: true, tabs: true }")]
    public async Task Page_that_is_hidden_from_the_start_connects_when_it_is_visible(string options)
    {
        await using var server = Servers.StartSlow(SlowReturn);
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        await SetHiddenAsync(page, true);
        await page.StartAsync(server.UrlOf("/events"), options);
        // It has loaded what it needs to share a connection.
        await page.Page.EvaluateAsync("async () => { await import('/client-tabs.js'); await new Promise(done => setTimeout(done)); }");
        Assert.That(await server.MetricAsync("sse_streams_opened_total"), Is.Zero);
        for (var round = 1; round <= 3; round++)
        {
            await SetHiddenAsync(page, false);
            await page.WaitAsync($"count('open') === {round}");
            await server.PublishAsync("/events", $"{round} here");
            await page.WaitAsync($"data().at(-1) === '{round} here'");
            await SetHiddenAsync(page, true);
            await server.HasStreamsAsync(0);
            await server.PublishAsync("/events", $"{round} away");
        }

        await SetHiddenAsync(page, false);
        await page.WaitAsync("data().length >= 6");
        Assert.That(await page.DataAsync(),
            Is.EqualTo(Enumerable.Range(1, 3).SelectMany(round => new[] { $"{round} here", $"{round} away" })));
    }

    [Test]
    public async Task Page_that_becomes_visible_does_not_wait_any_longer()
    {
        await using var server = Servers.StartSlow(SlowReturn);
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events"));
        await page.WaitAsync("count('connected') === 1");
        await SetHiddenAsync(page, true);
        server.CutConnections();
        await page.WaitAsync("count('error') === 1");
        await SetHiddenAsync(page, false);
        await page.WaitAsync("count('connected') === 2");
    }

    [Test]
    public async Task Page_of_the_back_button_continues()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events"));
        await page.WaitAsync("count('connected') === 1");
        // Whether Chromium keeps the page is its choice; what it tells a page that it keeps is this.
        await page.Page.EvaluateAsync("() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))");
        await server.HasStreamsAsync(0);
        await server.PublishAsync("/events", "while away");
        await page.Page.EvaluateAsync("() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
        await page.WaitAsync("seen.length === 1");
        Assert.That(await page.CountAsync("count('error')"), Is.Zero);
    }

    private static async Task SetHiddenAsync(ClientPage page, bool isHidden) => await page.Page.EvaluateAsync(
        """
        hidden => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }
        """, isHidden);
}
