using System.Diagnostics;
using System.Text.Json;
using Microsoft.Playwright;

namespace SseServer.Browser.Tests;

/// <summary>
/// A tab whose page reads with the server's own client, in a Chromium that keeps pages for the back button; Playwright's default is not to.
/// Scripts of the page see what those of <see cref="ClientPage"/> see, and <c>moves</c>.
/// </summary>
internal sealed class BackForwardPage : IAsyncDisposable
{
    private const string NoteMoves = """
        () => {
          window.moves = [];
          for (const type of ["pagehide", "pageshow"]) addEventListener(type, event => moves.push([type, event.persisted]));
        }
        """;

    // Far above what a busy machine needs, so that it only ends a test that would fail anyway.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly IBrowser _browser;
    private readonly ClientPage _page;
    private readonly ICDPSession _session;
    private readonly List<string> _reasons = [];

    private BackForwardPage(IBrowser browser, ClientPage page, ICDPSession session)
    {
        (_browser, _page, _session) = (browser, page, session);
        session.Event("Page.backForwardCacheNotUsed").OnEvent += (_, reason) => _reasons.Add($"{reason}");
    }

    /// <summary>Why the browser did not keep a page, in its own words.</summary>
    public IReadOnlyList<string> Reasons => _reasons;

    /// <summary>Opens a page and subscribes.</summary>
    /// <param name="url">What it subscribes to; the nginx before it has the pages.</param>
    /// <param name="init">A script that each page runs first.</param>
    /// <param name="options">The options of the client, in JavaScript.</param>
    public static async Task<BackForwardPage> OpenAsync(Uri url, string init, string options)
    {
        var browser = await Chromium.LaunchAsync("--disable-back-forward-cache");
        var profile = await browser.NewContextAsync();
        if (init.Length > 0) await profile.AddInitScriptAsync(init);
        var page = await ClientPage.OpenAsync(profile, url, "/pages/first");
        var session = await profile.NewCDPSessionAsync(page.Page);
        await session.SendAsync("Page.enable");
        await page.Page.EvaluateAsync(NoteMoves);
        await page.StartAsync(url, options);
        return new BackForwardPage(browser, page, session);
    }

    public Task LeaveAsync(Uri origin) => _page.Page.GotoAsync(new Uri(origin, "/pages/next").AbsoluteUri);

    /// <summary>Goes back as the button does. A page that was kept does not load, so nothing else tells that it is there.</summary>
    public async Task GoBackAsync()
    {
        var history = (await _session.SendAsync("Page.getNavigationHistory"))!.Value;
        var entries = history.GetProperty("entries").EnumerateArray().ToList();
        var back = entries[history.GetProperty("currentIndex").GetInt32() - 1].GetProperty("id").GetInt32();
        await _session.SendAsync("Page.navigateToHistoryEntry", new() { ["entryId"] = back });
    }

    /// <summary>Waits for a condition; also in a page that was left and is on its way back.</summary>
    public async Task WaitAsync(string condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var start = Stopwatch.GetTimestamp();
        while (!await HoldsAsync(condition))
        {
            if (Stopwatch.GetElapsedTime(start) > Patience) Assert.Fail($"It never came to this: {condition}.");
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>Evaluates an expression to JSON.</summary>
    public async Task<string> JsonAsync(string expression) => (await EvaluateAsync($"JSON.stringify({expression})")).GetString()!;

    public async ValueTask DisposeAsync() => await _browser.CloseAsync();

    private async Task<bool> HoldsAsync(string condition)
        // A page that is on its way has none of the names.
        => (await EvaluateAsync($"(() => {{ try {{ return !!({condition}); }} catch {{ return false; }} }})()")).GetBoolean();

    // Past Playwright, which does not notice that a kept page is back.
    private async Task<JsonElement> EvaluateAsync(string expression)
    {
        var reply = await _session.SendAsync("Runtime.evaluate", new() { ["expression"] = expression });
        return reply!.Value.GetProperty("result").GetProperty("value");
    }
}
