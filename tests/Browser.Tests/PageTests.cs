using Microsoft.Playwright;
using SseServer.Auth;
using SseServer.Catalog;
using SseServer.Endpoints;
using SseServer.History;
using SseServer.Hosting;
using SseServer.Hosting.Settings;
using SseServer.Tests.Endpoints;
using SseServer.Transport;

namespace SseServer.Browser.Tests;

/// <summary>The page at <c>/</c> in a real browser.</summary>
public sealed class PageTests
{
    [Test]
    public async Task Page_shows_the_demo_as_it_happens()
    {
        await using var server = new ServerUnderTest();
        await using var tab =
            await Chromium.OpenTabAsync(new() { ViewportSize = new() { Width = 960, Height = 700 }, ColorScheme = ColorScheme.Light });
        var page = tab.Page;
        var complaints = new List<string>();
        page.Console += (_, message) => complaints.Add(message.Text);
        page.PageError += (_, error) => complaints.Add(error);
        await page.Clock.SetFixedTimeAsync(server.Time.GetUtcNow().UtcDateTime);
        await page.GotoAsync($"http://{server.EndPoint}/");
        await page.WaitForSelectorAsync("#state.open");
        await page.WaitForSelectorAsync("tr.connected");
        await server.HasStreamsAsync(1);

        using var demo = new DemoPublisher(Settings(), server.Hub);
        await demo.StartAsync(CancellationToken.None);
        for (var tick = 1; tick <= 9; tick++)
        {
            await page.Locator("tr.message").Nth(tick - 1).WaitForAsync();
            await page.Clock.SetFixedTimeAsync(server.Time.GetUtcNow().UtcDateTime.AddSeconds(2));
            if (tick < 9) server.Time.Advance(TimeSpan.FromSeconds(2));
        }

        await page.Locator("tr.statusUpdate").Nth(2).WaitForAsync();
        var newest = await page.Locator("tr.statusUpdate").First.Locator("td").AllInnerTextsAsync();
        Assert.That(newest[^1], Is.EqualTo("""{"message": "Task completed 30%", "value": 30}"""));
        Assert.That(await page.EvaluateAsync<string>("`${progress.value}`"), Is.EqualTo("30"));
        Assert.That(await page.Locator("#count").InnerTextAsync(), Is.EqualTo("12 events"));
        if (Environment.GetEnvironmentVariable("SSE_TEST_SCREENSHOT") is { Length: > 0 } path)
            await page.ScreenshotAsync(new() { Path = path });

        await demo.StopAsync(CancellationToken.None);
        Assert.That(complaints, Is.Empty, "the browser complains of nothing, the content security policy included");
    }

    [Test]
    public async Task Page_says_when_the_connection_is_lost_and_goes_on_by_itself()
    {
        await using var server = Servers.Start();
        await using var tab = await Chromium.OpenTabAsync();
        var page = tab.Page;
        await page.GotoAsync(server.UrlOf("/").AbsoluteUri);
        await page.WaitForSelectorAsync("#state.open");
        await server.PublishAsync("/events", "before");
        await page.WaitForSelectorAsync("text=before");
        server.CutConnections();
        await server.PublishAsync("/events", "while away");
        await page.WaitForSelectorAsync("tr.error");
        await page.WaitForSelectorAsync("text=while away");
        Assert.That(await page.Locator("tr.message").CountAsync(), Is.EqualTo(2));
    }

    [Test]
    public async Task Page_publishes_what_is_typed_to_the_topic_it_reads()
    {
        await using var server = Servers.Start();
        await using var tab = await Chromium.OpenTabAsync();
        var page = tab.Page;
        await page.GotoAsync(server.UrlOf("/?topic=orders/42").AbsoluteUri);
        await page.WaitForSelectorAsync("#state.open");
        await page.FillAsync("#data", "typed ❤");
        await page.PressAsync("#data", "Enter");
        Assert.That(await page.Locator("tr.message td").Last.InnerTextAsync(), Is.EqualTo("typed ❤"));
        Assert.That(await page.InputValueAsync("#data"), Is.Empty);
    }

    [Test]
    public async Task Page_shows_why_a_publish_is_refused()
    {
        await using var server = new ServerUnderTest(
            auth: AuthOptions.Default with { Keys = [new StaticKey { Name = "a", Secret = "key" }] }, time: TimeProvider.System);
        await using var tab = await Chromium.OpenTabAsync();
        var page = tab.Page;
        await page.GotoAsync(server.UrlOf("/").AbsoluteUri);
        await page.WaitForSelectorAsync("#state.open");
        await page.ClickAsync("button");
        Assert.That(await page.Locator("tr.error td").Last.InnerTextAsync(), Does.Contain("needs a key"));
    }

    [Test]
    public async Task Page_shows_events_as_text_whatever_they_hold()
    {
        await using var server = Servers.Start();
        await using var tab = await Chromium.OpenTabAsync();
        var page = tab.Page;
        await page.GotoAsync(server.UrlOf("/?topic=other").AbsoluteUri);
        await page.WaitForSelectorAsync("#state.open");
        await server.PublishAsync("/events/other?id=%3Cimg%3E", "<img src=x onerror=\"document.title='broken'\">");
        await page.WaitForSelectorAsync("tr.message");
        Assert.That((await page.Locator("img").CountAsync(), await page.TitleAsync()), Is.EqualTo((0, "SseServer")));
    }

    [Test]
    public async Task Page_with_a_token_reads_and_publishes_with_it_and_does_not_show_it()
    {
        const string Key = "key-that-is-not-shown";
        var auth = AuthOptions.Default with
        {
            Keys = [new StaticKey { Name = "a", Secret = Key, Publish = TopicPatterns.Everything, Subscribe = TopicPatterns.Everything }],
            ProtectedTopics = TopicPatterns.Parse("secret"),
        };
        await using var server = new ServerUnderTest(time: TimeProvider.System, auth: auth);
        await using var tab = await Chromium.OpenTabAsync();
        var page = tab.Page;
        await page.GotoAsync(server.UrlOf("/?topic=secret&access_token=" + Key).AbsoluteUri);
        await page.WaitForSelectorAsync("#state.open");
        await page.FillAsync("#data", "typed");
        await page.PressAsync("#data", "Enter");
        await page.WaitForSelectorAsync("text=typed");
        Assert.That(await page.InnerTextAsync("#target"), Is.EqualTo("/events?topic=secret&access_token=..."));
        Assert.That(await page.InnerTextAsync("body"), Does.Not.Contain(Key));
    }

    private static ServerSettings Settings() => new()
    {
        Listen = [],
        Demo = true,
        Drain = new() { Period = TimeSpan.Zero },
        MaxMemory = 0,
        Hub = HubOptions.Default,
        History = new HistoryOptions(),
        Transport = new TransportOptions(),
        Auth = AuthOptions.Default,
        Endpoints = EndpointOptions.Default,
    };
}
