using SseServer.Tests.Support;

namespace SseServer.Browser.Tests;

/// <summary>The server's own client in tabs of Firefox over plain HTTP/1.1, of which browsers open six connections to an origin.</summary>
public sealed class ClientFirefoxTests
{
    private const int Tabs = 12;

    [Test]
    public async Task Twelve_tabs_of_Firefox_have_one_stream_and_each_gets_every_event_once()
    {
        await using var server = Servers.Start();
        await using var tabs = await FirefoxTabs.OpenAsync(server.UrlOf("/events"), Tabs, "{ tabs: true }");
        await AllAsync(tab => tabs.Of(tab, "open").Length == 1, "every tab is open");
        for (var i = 1; i <= 10; i++) await server.PublishAsync("/events", $"{i}");
        await AllAsync(tab => tabs.Of(tab, "message").Length >= 10, "every tab has ten events");
        Assert.That(server.Hub.Streams, Is.EqualTo(1));
        server.CutConnections();
        for (var i = 11; i <= 20; i++) await server.PublishAsync("/events", $"{i}");
        await AllAsync(tab => tabs.Of(tab, "message").Length >= 20, "every tab has twenty events");
        for (var tab = 0; tab < Tabs; tab++)
        {
            Assert.That(tabs.Of(tab, "message"), Is.EqualTo(Enumerable.Range(1, 20).Select(i => $"{i}")), $"tab {tab}");
            Assert.That(tabs.Of(tab, "gap"), Is.Empty);
        }

        await server.HasStreamsAsync(1);
    }

    private static Task AllAsync(Func<int, bool> condition, string what)
        => Eventually.HoldsAsync(() => Enumerable.Range(0, Tabs).All(condition), what);
}
