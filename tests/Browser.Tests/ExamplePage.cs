namespace SseServer.Browser.Tests;

/// <summary>A page of docs/examples in a tab of its own, opened from the file as its user opens it.</summary>
internal sealed class ExamplePage : IAsyncDisposable
{
    // The browser's EventSource that also records what it dispatches; page code sees no difference.
    private const string NoteEvents = """
        window.dispatched = [];
        window.opened = 0;
        window.EventSource = class extends EventSource {
          constructor(...args) {
            super(...args);
            this.addEventListener("open", () => opened++);
            for (const type of ["message", "progress", "done", "gap"]) this.addEventListener(type, event => dispatched.push(event.data));
          }
        };
        """;

    private readonly BrowserTab _tab;

    private ExamplePage(BrowserTab tab) => _tab = tab;

    /// <param name="server">The server that the page is to read from.</param>
    /// <param name="name">The file's name, and a query of its own if it has one.</param>
    public static async Task<ExamplePage> OpenAsync(Uri server, string name)
    {
        var tab = await Chromium.OpenTabAsync();
        await tab.Page.AddInitScriptAsync(NoteEvents);
        var address = new Uri(Path.Combine(AppContext.BaseDirectory, "examples") + "/").AbsoluteUri + name;
        var separator = name.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        await tab.Page.GotoAsync($"{address}{separator}server={server.GetLeftPart(UriPartial.Authority)}");
        return new ExamplePage(tab);
    }

    public Task ReloadAsync() => _tab.Page.ReloadAsync();

    /// <summary>Waits until the element's text is this one, line breaks and spaces included.</summary>
    public Task ShowsAsync(string id, string text)
        => _tab.Page.WaitForFunctionAsync("([id, text]) => document.getElementById(id).textContent === text", new object[] { id, text });

    /// <summary>Waits for a condition over the page's own names, and <c>opened</c>: how often its EventSource has connected.</summary>
    public Task HoldsAsync(string condition) => _tab.Page.WaitForFunctionAsync(condition);

    /// <summary>The data of all events that the page's EventSource dispatched since the page was loaded.</summary>
    public Task<string[]> DispatchedAsync() => _tab.Page.EvaluateAsync<string[]>("dispatched");

    public ValueTask DisposeAsync() => _tab.DisposeAsync();
}
