using Microsoft.Playwright;

namespace SseServer.Browser.Tests;

/// <summary>A page that closes with its test, so that its connections go before their server does.</summary>
internal sealed class BrowserTab(IPage page) : IAsyncDisposable
{
    public IPage Page { get; } = page;

    public async ValueTask DisposeAsync() => await Page.CloseAsync();
}
