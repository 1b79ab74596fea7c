using SseServer.Tests.Endpoints;

namespace SseServer.Browser.Tests;

/// <summary>The pages of docs/examples do what they promise, reloaded, in two tabs, cut off, and opened too late.</summary>
public sealed class ExampleTests
{
    private const string Job = "progress.html?job=17";
    private const string Text = "generated-text.html?text=1";

    [Test]
    public async Task Progress_moves_in_two_tabs_and_a_reload_shows_the_newest_alone()
    {
        await using var server = Servers.Start();
        await using var first = await ExamplePage.OpenAsync(server.UrlOf("/"), Job);
        await first.HoldsAsync("opened === 1");
        await ProgressAsync(server, 0);
        await first.ShowsAsync("step", "0 % · part");
        await ProgressAsync(server, 20);
        await ProgressAsync(server, 40);
        await first.ShowsAsync("step", "40 % · part");
        await first.HoldsAsync("element('bar').value === 40");

        await first.ReloadAsync();
        await using var second = await ExamplePage.OpenAsync(server.UrlOf("/"), Job);
        foreach (var page in new[] { first, second }) await page.ShowsAsync("step", "40 % · part");
        await ProgressAsync(server, 60);
        foreach (var page in new[] { first, second })
        {
            await page.HoldsAsync("element('bar').value === 60");
            Assert.That(await page.DispatchedAsync(), Is.EqualTo(new[] { Progress(40), Progress(60) }), "what is over is not sent again");
        }
    }

    [Test]
    public async Task Progress_that_has_ended_is_asked_for_once_more_and_never_again()
    {
        await using var server = Servers.Start();
        await using var early = await ExamplePage.OpenAsync(server.UrlOf("/"), Job);
        await early.HoldsAsync("opened === 1");
        await ProgressAsync(server, 80);
        await server.PublishAsync("/events/job/17?event=done&key=progress&final=1", "5 parts done");
        await HasEndedAsync(early);
        Assert.That(await RepliesAsync(server), Is.EqualTo(4), "a stream, two publishes, and the 204");

        await using var late = await ExamplePage.OpenAsync(server.UrlOf("/"), Job);
        await HasEndedAsync(late);
        Assert.That(await late.DispatchedAsync(), Is.EqualTo(new[] { "5 parts done" }), "the newest alone");
        // The late tab waited for its 204 as long as the early one would have before it asked again. One reply was that of the metrics.
        Assert.That(await RepliesAsync(server), Is.EqualTo(4 + 1 + 2));
        await early.HoldsAsync("source.readyState === EventSource.CLOSED && opened === 1");
    }

    [Test]
    public async Task Generated_text_is_whole_in_every_tab_reloaded_or_late()
    {
        await using var server = Servers.Start();
        await using var first = await ExamplePage.OpenAsync(server.UrlOf("/"), Text);
        await first.HoldsAsync("opened === 1");
        await first.ShowsAsync("state", "waiting for the first word");
        await WordAsync(server, "\"Once\"");
        await WordAsync(server, "\" upon\"");
        await WordAsync(server, "\" <b>a\\n\\ttime\"");
        await first.ShowsAsync("text", "Once upon <b>a\n\ttime");

        await first.ReloadAsync();
        await using var second = await ExamplePage.OpenAsync(server.UrlOf("/"), Text);
        foreach (var page in new[] { first, second })
        {
            await page.ShowsAsync("text", "Once upon <b>a\n\ttime");
            await page.ShowsAsync("state", "writing");
        }

        await WordAsync(server, "\" there\"");
        await WordAsync(server, "\" was\"", "?final=1");
        await using var late = await ExamplePage.OpenAsync(server.UrlOf("/"), Text);
        foreach (var page in new[] { first, second, late })
        {
            await page.ShowsAsync("state", "complete");
            await page.ShowsAsync("text", "Once upon <b>a\n\ttime there was");
            Assert.That((await page.DispatchedAsync()).Length, Is.EqualTo(5));
        }
    }

    [Test]
    public async Task Generated_text_that_is_cut_off_in_the_middle_has_every_piece_once()
    {
        await using var server = Servers.Start();
        await using var first = await ExamplePage.OpenAsync(server.UrlOf("/"), Text);
        await using var second = await ExamplePage.OpenAsync(server.UrlOf("/"), Text);
        ExamplePage[] pages = [first, second];
        var text = "";
        for (var cut = 1; cut <= 3; cut++)
        {
            foreach (var page in pages) await page.HoldsAsync($"opened === {cut}");
            for (var piece = 0; piece < 20; piece++)
            {
                // Half of the pieces come while the pages are away.
                if (piece == 10) server.CutConnections();
                var word = $" {cut}.{piece}";
                text += word;
                await WordAsync(server, $"\"{word}\"");
            }

            foreach (var page in pages) await page.ShowsAsync("text", text);
        }

        foreach (var page in pages) await page.HoldsAsync("opened === 4");
        await WordAsync(server, "\".\"", "?final=1");
        foreach (var page in pages)
        {
            await page.ShowsAsync("state", "complete");
            await page.ShowsAsync("text", text + ".");
        }
    }

    [Test]
    public async Task Ticker_opens_with_the_newest_price_of_each_symbol_and_is_live_from_there()
    {
        await using var server = Servers.Start();
        await PriceAsync(server, "ACME", 101);
        await PriceAsync(server, "GLOBEX", 55);
        await PriceAsync(server, "ACME", 102);
        await using var page = await ExamplePage.OpenAsync(server.UrlOf("/"), "ticker.html");
        await page.ShowsAsync("prices", "GLOBEX55.00ACME102.00");
        await page.ShowsAsync("state", "live");

        await PriceAsync(server, "GLOBEX", 56);
        await PriceAsync(server, "INITECH", 7);
        await page.ShowsAsync("prices", "GLOBEX56.00ACME102.00INITECH7.00");
        Assert.That(await page.DispatchedAsync(),
            Is.EqualTo(new[] { Price("GLOBEX", 55), Price("ACME", 102), Price("GLOBEX", 56), Price("INITECH", 7) }));
        await page.ReloadAsync();
        await page.ShowsAsync("prices", "ACME102.00GLOBEX56.00INITECH7.00");
        Assert.That(await page.DispatchedAsync(), Is.EqualTo(new[] { Price("ACME", 102), Price("GLOBEX", 56), Price("INITECH", 7) }));
    }

    private static async Task HasEndedAsync(ExamplePage page)
    {
        await page.ShowsAsync("state", "(the job has ended)");
        await page.ShowsAsync("step", "5 parts done");
        await page.HoldsAsync("element('bar').value === 100 && source.readyState === EventSource.CLOSED && opened === 1");
    }

    private static Task<double> RepliesAsync(ServerUnderTest server) => server.MetricAsync("sse_http_replies_total{status=\"2xx\"}");

    private static Task<string> ProgressAsync(ServerUnderTest server, int percent)
        => server.PublishAsync("/events/job/17?event=progress&key=progress", Progress(percent));

    private static Task<string> WordAsync(ServerUnderTest server, string json, string query = "")
        => server.PublishAsync("/events/text/1" + query, json);

    private static Task<string> PriceAsync(ServerUnderTest server, string symbol, int price)
        => server.PublishAsync("/events/prices?key=" + symbol, Price(symbol, price));

    private static string Progress(int percent) => $$"""{"percent": {{percent}}, "step": "part"}""";

    private static string Price(string symbol, int price) => $$"""{"symbol": "{{symbol}}", "price": {{price}}}""";
}
