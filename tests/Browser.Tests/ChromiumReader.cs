using System.Text.Json;

namespace SseServer.Browser.Tests;

/// <summary>Chromium's EventSource on a page of the server's origin.</summary>
internal sealed class ChromiumReader : IEventReader
{
    private const string Subscribe = """
        ([url, types]) => {
          window.seen = [];
          window.opened = 0;
          window.openings = [];
          window.failures = 0;
          window.source = new EventSource(url);
          source.onopen = () => { opened++; openings.push(performance.now()); };
          source.onerror = () => failures++;
          for (const type of types)
            source.addEventListener(type, event => seen.push([event.type, event.data, event.lastEventId]));
        }
        """;

    private readonly BrowserTab _tab;
    private int _taken;

    private ChromiumReader(BrowserTab tab) => _tab = tab;

    public static async Task<ChromiumReader> StartAsync(Uri url)
    {
        var tab = await Chromium.OpenTabAsync();
        await tab.Page.GotoAsync(new Uri(url, "/healthz").AbsoluteUri);
        await tab.Page.EvaluateAsync(Subscribe, new object[] { url.AbsoluteUri, IEventReader.Types });
        return new ChromiumReader(tab);
    }

    public async Task<SeenEvent> NextAsync()
    {
        await WaitAsync($"seen.length > {_taken}");
        var seen = (await _tab.Page.EvaluateAsync("index => seen[index]", _taken++))!.Value;
        return new SeenEvent(seen[0].GetString()!, seen[1].GetString()!, seen[2].GetString()!);
    }

    /// <summary>
    /// Waits for a condition over <c>source</c>, <c>seen</c>, <c>opened</c>, <c>openings</c> (milliseconds) and <c>failures</c>.
    /// </summary>
    public Task WaitAsync(string condition) => _tab.Page.WaitForFunctionAsync(condition);

    public async Task<int> CountAsync(string expression) => (await _tab.Page.EvaluateAsync<JsonElement>(expression)).GetInt32();

    public async ValueTask DisposeAsync() => await _tab.DisposeAsync();
}
