using System.Net;
using SseServer.Catalog;
using SseServer.History.Sqlite;
using SseServer.Hosting;
using SseServer.Tests.Endpoints;
using SseServer.Tests.History.Support;
using SseServer.Tests.Support;

namespace SseServer.Browser.Tests;

/// <summary>
/// The server's own client in Chromium behind nginx while a publisher does not pause: pages with a stream each, one that reads in a loop,
/// and tabs that share one. All streams end, and every reader comes back by itself with each event once, in order and without a gap.
/// </summary>
public sealed class ClientLoadTests
{
    private const string Topic = "/events/load";

    // A reader that awaits something between events, so that unread ones queue up.
    private const string Loop = """
        url => {
          window.looped = [];
          window.loop = (async () => {
            for await (const event of new EventStream(url)) {
              looped.push(event.type === "gap" ? "gap" : event.data);
              await new Promise(done => setTimeout(done));
            }
          })();
        }
        """;

    // Longer than the time between a drained server's end and its successor's start.
    private static readonly DrainOptions Drain =
        new() { Period = TimeSpan.FromSeconds(1), RestartAllowance = TimeSpan.FromMilliseconds(200) };

    [Test]
    public async Task Drain_and_restart_under_load_cost_no_reader_an_event()
    {
        using var directory = new StoreDirectory();
        var listen = new IPEndPoint(IPAddress.Loopback, LoopbackPort.TakeFree());
        await using var nginx = await Nginx.StartAsync(listen.Port);
        Readers readers;
        SteadyPublisher publisher;
        await using (var first = Start(directory, listen))
        {
            readers = await Readers.OpenAsync(nginx, first);
            publisher = new SteadyPublisher(nginx.UrlOf(Topic));
            await Eventually.HoldsAsync(() => publisher.Published >= 50, "50 published before the drain");
            await first.StopAsync(Drain);
        }

        var before = publisher.Published;
        await using var second = Start(directory, listen);
        await using var _ = publisher;
        await using var __ = readers;
        await readers.AreBackAsync();
        await Eventually.HoldsAsync(() => publisher.Published >= before + 50, "50 published after the restart");
        Assert.That(publisher.Refusals, Is.Positive, "it published all the time, also while there was no server");
        await readers.GotAsync(await publisher.StopAsync());
    }

    [Test]
    public async Task Shed_of_all_streams_under_load_costs_no_reader_an_event()
    {
        await using var server = Servers.Start();
        await using var nginx = await Nginx.StartAsync(server.EndPoint.Port);
        await using var readers = await Readers.OpenAsync(nginx, server);
        await using var publisher = new SteadyPublisher(nginx.UrlOf(Topic));
        await Eventually.HoldsAsync(() => publisher.Published >= 50, "50 published before the shed");
        var reply = await server.SendAsync("POST", "/admin/shed?percent=100&over=1s");
        Assert.That(reply.Status, Is.EqualTo(202), reply.Body);
        await readers.AreBackAsync();
        var before = publisher.Published;
        await Eventually.HoldsAsync(() => publisher.Published >= before + 50, "50 published after the shed");
        await readers.GotAsync(await publisher.StopAsync());
        Assert.That(await server.MetricAsync("sse_streams_shed_total"), Is.EqualTo(Readers.Streams));
    }

    private static ServerUnderTest Start(StoreDirectory directory, IPEndPoint listen)
        => new(hub: HubOptions.Default with { Shards = 2, ReconnectionTime = TimeSpan.FromMilliseconds(100) },
            listen: listen, time: TimeProvider.System, store: new SqliteEventStore(directory.File));

    private sealed class Readers(List<ClientPage> pages, ClientPage loop, TabGroup tabs) : IAsyncDisposable
    {
        // Three pages, a loop, and one for all tabs.
        public const int Streams = 5;

        public static async Task<Readers> OpenAsync(Nginx nginx, ServerUnderTest server)
        {
            var url = nginx.UrlOf(Topic);
            var pages = new List<ClientPage>();
            while (pages.Count < 3) pages.Add(await ClientPage.SubscribeAsync(url));
            var loop = await ClientPage.OpenAsync(url);
            await loop.Page.EvaluateAsync(Loop, url.AbsoluteUri);
            var tabs = await TabGroup.OpenAsync(url, 3, "", "{ tabs: true }");
            foreach (var page in pages) await page.WaitAsync("count('connected') === 1");
            await tabs.AllHoldAsync("count('open') === 1");
            await server.HasStreamsAsync(Streams);
            return new Readers(pages, loop, tabs);
        }

        public async Task AreBackAsync()
        {
            foreach (var page in pages) await page.WaitAsync("count('connected') >= 2");
            await tabs.AllHoldAsync("count('open') >= 2");
        }

        public async Task GotAsync(int published)
        {
            foreach (var page in pages) await TabGroup.GotAsync(page, Enumerable.Range(1, published));
            await tabs.AllGotAsync(Enumerable.Range(1, published));
            await loop.WaitAsync($"looped.length >= {published}");
            Assert.That(await loop.Page.EvaluateAsync<string[]>("looped"), Is.EqualTo(Enumerable.Range(1, published).Select(i => $"{i}")));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var page in pages) await page.DisposeAsync();
            await loop.DisposeAsync();
            await tabs.DisposeAsync();
        }
    }
}
