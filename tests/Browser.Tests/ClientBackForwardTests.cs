namespace SseServer.Browser.Tests;

/// <summary>The server's own client in pages that Chromium keeps for the back button, with a stream open when they are left.</summary>
public sealed class ClientBackForwardTests
{
    [TestCase("{}", "")]
    [TestCase("{ tabs: true }", "")]
    [TestCase("{ tabs: true }", "delete globalThis.SharedWorker;", Description = "with a lock")]
    public async Task Page_with_an_open_stream_is_kept_and_continues_when_it_is_back(string options, string init)
    {
        await using var server = Servers.Start();
        await using var nginx = await Nginx.StartAsync(server.EndPoint.Port);
        var url = nginx.UrlOf("/events");
        await using var page = await BackForwardPage.OpenAsync(url, init, options);
        await page.WaitAsync("count('open') === 1");
        for (var round = 0; round < 3; round++)
        {
            await server.PublishAsync("/events", $"{3 * round + 1} here");
            await page.WaitAsync($"data().length === {3 * round + 1}");
            await page.LeaveAsync(url);
            await server.HasStreamsAsync(0);
            await server.PublishAsync("/events", $"{3 * round + 2} away");
            await page.GoBackAsync();
            await page.WaitAsync($"moves.length === {2 * (round + 1)}");
            await server.PublishAsync("/events", $"{3 * round + 3} back");
            await page.WaitAsync($"data().length === {3 * (round + 1)}");
        }

        Assert.That(page.Reasons, Is.Empty);
        Assert.That(await page.JsonAsync("moves.slice(-2)"), Is.EqualTo("""[["pagehide",true],["pageshow",true]]"""), "it was kept");
        Assert.That(await page.JsonAsync("data()"), Is.EqualTo(
            """["1 here","2 away","3 back","4 here","5 away","6 back","7 here","8 away","9 back"]"""));
        Assert.That(await page.JsonAsync("count('error')"), Is.EqualTo("0"));
    }
}
