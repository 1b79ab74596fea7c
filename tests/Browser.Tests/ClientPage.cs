using System.Text.Json;

namespace SseServer.Browser.Tests;

/// <summary>
/// A tab whose page reads with the server's own client. Scripts see <c>EventStream</c>, <c>source</c>, <c>seen</c> (type, data and last
/// event ID of published events) and <c>said</c> (the client's own events).
/// </summary>
internal sealed class ClientPage : IAsyncDisposable
{
    private const string Watch = """
        window.watch = source => {
          window.source = source;
          for (const type of ["message", "price", "gap", "heartbeat"])
            source.addEventListener(type, event => seen.push([event.type, event.data, event.lastEventId]));
          for (const type of ["open", "error", "end", "polling", "connected", "lag"]) source.addEventListener(type, event => said.push({
            type, state: source.readyState, message: event.message, status: event.status, code: event.code, delay: event.delay,
            detail: event.detail, at: performance.now() }));
        };
        window.count = type => said.filter(event => event.type === type).length;
        window.data = () => seen.filter(([type]) => type !== "heartbeat").map(([, data]) => data);
        """;

    private readonly BrowserTab _tab;

    private ClientPage(BrowserTab tab) => _tab = tab;

    /// <summary>Opens a tab of a profile that has loaded the client.</summary>
    public static async Task<ClientPage> OpenAsync(Microsoft.Playwright.IBrowserContext profile, Uri origin, string target = "/healthz")
    {
        var page = new ClientPage(new BrowserTab(await profile.NewPageAsync()));
        await page.Page.GotoAsync(new Uri(origin, target).AbsoluteUri);
        await page.LoadAsync(origin);
        return page;
    }

    public Microsoft.Playwright.IPage Page => _tab.Page;

    /// <summary>Opens a page that has loaded the client and subscribes to nothing.</summary>
    /// <param name="origin">The server that the page and the client come from.</param>
    /// <param name="client">Where the client comes from, if not from there.</param>
    public static async Task<ClientPage> OpenAsync(Uri origin, Uri? client = null)
    {
        // The certificates of the tests are their own.
        var page = new ClientPage(await Chromium.OpenTabAsync(new() { IgnoreHTTPSErrors = true }));
        await page.Page.GotoAsync(new Uri(origin, "/healthz").AbsoluteUri);
        await page.LoadAsync(client ?? origin);
        return page;
    }

    /// <summary>Opens a page of the server and subscribes with JavaScript's text of the options.</summary>
    public static async Task<ClientPage> SubscribeAsync(Uri url, string options = "{}")
    {
        var page = await OpenAsync(url);
        await page.StartAsync(url, options);
        return page;
    }

    /// <summary>Loads the client into the page; also after a reload.</summary>
    public Task LoadAsync(Uri client) => Page.EvaluateAsync(
        $$"""
        async () => {
          window.EventStream = (await import("{{new Uri(client, "/client.js")}}")).EventStream;
          window.seen = [];
          window.said = [];
          {{Watch}}
        }
        """);

    public Task StartAsync(Uri url, string options = "{}")
        => Page.EvaluateAsync($"() => watch(new EventStream('{url.AbsoluteUri}', {options}))");

    /// <summary>Waits for a condition.</summary>
    public Task WaitAsync(string condition) => Page.WaitForFunctionAsync(condition);

    /// <summary>Evaluates an expression to JSON.</summary>
    public Task<string> JsonAsync(string expression) => Page.EvaluateAsync<string>($"async () => JSON.stringify(await ({expression}))");

    /// <summary>The data of published events and gaps.</summary>
    public Task<string[]> DataAsync() => Page.EvaluateAsync<string[]>("data()");

    public async Task<int> CountAsync(string expression) => (await Page.EvaluateAsync<JsonElement>(expression)).GetInt32();

    public ValueTask DisposeAsync() => _tab.DisposeAsync();
}
