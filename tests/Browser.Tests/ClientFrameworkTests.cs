namespace SseServer.Browser.Tests;

/// <summary>The server's own client with what renders pages: Turbo takes it for an EventSource, and htmx renders its events.</summary>
public sealed class ClientFrameworkTests
{
    [TestCase("{}")]
    [TestCase("{ tabs: true }")]
    public async Task Turbo_renders_each_stream_message_once_over_a_lost_connection(string options)
    {
        await using var server = Servers.Start();
        await using var page = await OpenAsync(server.UrlOf("/"), "@hotwired", "turbo", "dist", "turbo.es2017-umd.js");
        await page.Page.EvaluateAsync("() => { document.body.innerHTML = '<ol id=\"list\"></ol>'; }");
        await page.StartAsync(server.UrlOf("/events"), options);
        await page.Page.EvaluateAsync("() => Turbo.session.connectStreamSource(source)");
        await page.WaitAsync("count('open') === 1");
        await server.PublishAsync("/events", Append("first"));
        await page.WaitAsync("list.children.length === 1");
        server.CutConnections();
        await server.PublishAsync("/events", Append("second"));
        await page.WaitAsync("list.children.length === 2");
        await page.Page.EvaluateAsync("() => Turbo.session.disconnectStreamSource(source)");
        await server.PublishAsync("/events", Append("third"));
        await page.WaitAsync("seen.length === 3");
        Assert.That(await page.JsonAsync("[...list.children].map(item => item.textContent)"), Is.EqualTo("""["first","second"]"""));

        static string Append(string text)
            => $"""<turbo-stream action="append" target="list"><template><li>{text}</li></template></turbo-stream>""";
    }

    [Test]
    public async Task Htmx_swaps_the_data_of_messages_and_is_triggered_by_named_events()
    {
        await using var server = Servers.Start();
        await using var page = await OpenAsync(server.UrlOf("/"), "htmx.org", "dist", "htmx.js");
        await page.Page.EvaluateAsync(
            """
            () => {
              document.body.innerHTML = `<ol id="list"></ol><p id="health" hx-get="/healthz" hx-trigger="price"></p>`;
              htmx.process(document.body);
            }
            """);
        await page.StartAsync(server.UrlOf("/events"));
        // As docs/client.md shows it.
        await page.Page.EvaluateAsync(
            """
            () => {
              source.onmessage = event => htmx.swap({ target: "#list", swap: "beforeend", text: event.data });
              source.addEventListener("price", event => htmx.trigger("#health", "price", { data: event.data }));
            }
            """);
        await page.WaitAsync("count('connected') === 1");
        await server.PublishAsync("/events", "<li>first</li>");
        await page.WaitAsync("list.children.length === 1");
        server.CutConnections();
        await server.PublishAsync("/events", "<li>second</li>");
        await server.PublishAsync("/events?event=price", "7");
        await page.WaitAsync("list.children.length === 2 && health.textContent.includes('ok')");
        Assert.That(await page.JsonAsync("[...list.children].map(item => item.textContent)"), Is.EqualTo("""["first","second"]"""));
    }

    [Test]
    public async Task Htmx_extension_reads_by_itself_and_asks_no_EventSource()
    {
        await using var server = Servers.Start();
        await using var page = await OpenAsync(server.UrlOf("/"), "htmx.org", "dist", "htmx.js");
        await page.Page.AddScriptTagAsync(new() { Path = NodePackages.PathOf("htmx.org", "dist", "ext", "hx-sse.js") });
        await page.Page.EvaluateAsync(
            """
            () => {
              globalThis.made = 0;
              globalThis.EventSource = class extends EventStream { constructor(...args) { super(...args); made++; } };
              document.body.innerHTML = `<p id="last" hx-sse:connect="/events"></p>`;
              htmx.process(document.body);
            }
            """);
        await server.HasStreamsAsync(1);
        await server.PublishAsync("/events", "hello");
        await page.WaitAsync("last.textContent === 'hello'");
        Assert.That(await page.CountAsync("made"), Is.Zero);
    }

    private static async Task<ClientPage> OpenAsync(Uri origin, params string[] script)
    {
        await NodePackages.RequireAsync();
        var page = await ClientPage.OpenAsync(origin);
        await page.Page.AddScriptTagAsync(new() { Path = NodePackages.PathOf(script) });
        return page;
    }
}
