using System.Collections;
using Microsoft.Playwright;

namespace SseServer.Browser.Tests;

/// <summary>Tabs of one profile that subscribe to the same URL.</summary>
internal sealed class TabGroup : IReadOnlyList<ClientPage>, IAsyncDisposable
{
    private readonly List<ClientPage> _pages = [];
    private readonly Uri _url;

    private readonly IBrowserContext _profile;

    private TabGroup(Uri url, IBrowserContext profile) => (_url, _profile) = (url, profile);

    public int Count => _pages.Count;

    public ClientPage this[int index] => _pages[index];

    /// <param name="url">What they subscribe to, on their own origin.</param>
    /// <param name="count">How many.</param>
    /// <param name="init">A script that each page runs first.</param>
    /// <param name="options">The options of the client, in JavaScript.</param>
    public static async Task<TabGroup> OpenAsync(Uri url, int count, string init, string options)
    {
        var group = new TabGroup(url, await Chromium.OpenProfileAsync());
        if (init.Length > 0) await group._profile.AddInitScriptAsync(init);
        while (group.Count < count) await group.AddAsync(options);
        return group;
    }

    public async Task AddAsync(string options)
    {
        var page = await ClientPage.OpenAsync(_profile, _url);
        _pages.Add(page);
        await page.StartAsync(_url, options);
    }

    /// <summary>Ends the oldest tab.</summary>
    public async Task EndFirstAsync(string end)
    {
        var page = _pages[0];
        _pages.RemoveAt(0);
        if (end == "navigate") await page.Page.GotoAsync("about:blank");
        else if (end == "crash")
        {
            var crashed = new TaskCompletionSource();
            page.Page.Crash += (_, _) => crashed.TrySetResult();
            _ = page.Page.GotoAsync("chrome://crash").ContinueWith(task => task.Exception, TaskScheduler.Default);
            await crashed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        }

        if (end != "navigate") await page.DisposeAsync();
    }

    public async Task AllHoldAsync(string condition)
    {
        foreach (var page in _pages) await page.WaitAsync(condition);
    }

    /// <summary>Waits until every tab has got so many events, and compares them.</summary>
    public async Task AllGotAsync(IEnumerable<int> data)
    {
        foreach (var page in _pages) await GotAsync(page, data);
    }

    /// <inheritdoc cref="AllGotAsync"/>
    public static async Task GotAsync(ClientPage page, IEnumerable<int> data)
    {
        var expected = data.Select(value => $"{value}").ToArray();
        await page.WaitAsync($"data().length >= {expected.Length}");
        Assert.That(await page.DataAsync(), Is.EqualTo(expected));
    }

    public IEnumerator<ClientPage> GetEnumerator() => _pages.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // With the profile its worker closes.
    public async ValueTask DisposeAsync() => await _profile.CloseAsync();
}
