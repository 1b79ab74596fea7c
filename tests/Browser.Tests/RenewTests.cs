using SseServer.Tests.Endpoints;

namespace SseServer.Browser.Tests;

/// <summary>Page code renews its stream's token, as docs/http-api.md shows it.</summary>
public sealed class RenewTests
{
    private const string Inbox = "/events/secret/alice/inbox";

    private const string ReadAndRenew = """
        url => {
          window.seen = [];
          window.renewed = [];
          window.opened = 0;
          window.source = new EventSource(url);
          source.onopen = () => opened++;
          source.onmessage = event => seen.push(event.data);
          source.addEventListener("auth-expiring", async event => {
            const { stream } = JSON.parse(event.data);
            const token = await freshToken();
            if (token === null) return renewed.push(0);
            const reply = await fetch(new URL(`/streams/${stream}`, url),
                { method: "POST", headers: { Authorization: `Bearer ${token}` } });
            renewed.push(reply.status);
          });
        }
        """;

    // Each notice but a stream's first comes after the end that its stream would have had; so the second one is proof that the stream lived
    // on.
    [TestCase(false)]
    [TestCase(true, Description = "Authorization on another origin is asked for first (OPTIONS)")]
    public async Task Stream_whose_page_renews_it_lives_on_and_ends_where_the_page_stops(bool isOtherOrigin)
    {
        await using var server = Guarded.Start();
        await using var other = Servers.Start();
        await using var tab = await Chromium.OpenTabAsync();
        var page = tab.Page;
        string?[] tokens = [server.Token(seconds: 300), server.Token(seconds: 600), null];
        var taken = 0;
        await page.ExposeFunctionAsync("freshToken", () => tokens[taken++]);
        await page.GotoAsync((isOtherOrigin ? other : server).UrlOf("/healthz").AbsoluteUri);
        // A token with less than a minute left: the first notice comes at once.
        await page.EvaluateAsync(ReadAndRenew, server.UrlOf($"{Inbox}?access_token={server.Token(seconds: 60)}").AbsoluteUri);

        await page.WaitForFunctionAsync("renewed.length === 1");
        server.Time.Advance(TimeSpan.FromSeconds(240));
        await page.WaitForFunctionAsync("renewed.length === 2");
        await server.PublishAsync(Inbox, "past the first token", Guarded.Bearer(Guarded.KeyOfOps));
        await page.WaitForFunctionAsync("seen.length === 1");
        server.Time.Advance(TimeSpan.FromSeconds(300));
        await page.WaitForFunctionAsync("renewed.length === 3");
        await server.PublishAsync(Inbox, "past the second token", Guarded.Bearer(Guarded.KeyOfOps));
        await page.WaitForFunctionAsync("seen.length === 2");
        Assert.That(await page.EvaluateAsync<int[]>("renewed"), Is.EqualTo(new[] { 200, 200, 0 }));
        Assert.That(await page.EvaluateAsync<string[]>("seen"), Is.EqualTo(new[] { "past the first token", "past the second token" }));
        Assert.That(await page.EvaluateAsync<int>("opened"), Is.EqualTo(1), "one stream all along");

        server.Time.Advance(TimeSpan.FromSeconds(60));
        await server.HasStreamsAsync(0);
        await page.WaitForFunctionAsync("source.readyState === EventSource.CLOSED");
        Assert.That(await page.EvaluateAsync<int>("opened"), Is.EqualTo(1), "it comes back with the first token, whose time is over: 401");
    }
}
