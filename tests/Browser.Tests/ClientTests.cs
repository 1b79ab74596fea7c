using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Browser.Tests;

/// <summary>The server's own client in Chromium: what it gives page code.</summary>
public sealed class ClientTests
{
    [Test]
    public async Task It_is_an_EventSource_to_page_code()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events?since=all"));
        await page.Page.EvaluateAsync("() => { window.on = []; source.onmessage = event => on.push(event.data); }");
        await page.WaitAsync("source.readyState === EventStream.OPEN");
        var id = await server.PublishAsync("/events", "first\nsecond ❤");
        await server.PublishAsync("/events?event=price&id=mine", "42");
        await page.WaitAsync("seen.length === 2");
        Assert.That(await page.JsonAsync("seen"), Is.EqualTo($$"""[["message","first\nsecond ❤","{{id}}"],["price","42","mine"]]"""));
        Assert.That(await page.JsonAsync("[on, source.url, source.withCredentials, source instanceof EventTarget, source.OPEN]"),
            Is.EqualTo($$"""[["first\nsecond ❤"],"{{server.UrlOf("/events?since=all")}}",false,true,1]"""));
        Assert.That(await page.JsonAsync("said.map(event => event.type)"), Is.EqualTo("""["open","connected"]"""));
        await page.Page.EvaluateAsync("() => source.close()");
        await server.HasStreamsAsync(0);
        Assert.That(await page.JsonAsync("[source.readyState, said.length]"), Is.EqualTo("[2,2]"), "a close is silent");
    }

    [Test]
    public async Task Page_of_another_origin_imports_and_reads_it()
    {
        await using var server = Servers.Start();
        await using var other = Servers.Start();
        await using var page = await ClientPage.OpenAsync(other.UrlOf("/"), server.UrlOf("/"));
        await page.StartAsync(server.UrlOf("/events"), "{ headers: { 'X-Own': '1' } }");
        await page.WaitAsync("count('connected') === 1");
        await server.PublishAsync("/events", "1");
        await page.WaitAsync("seen.length === 1");
        server.CutConnections();
        await server.PublishAsync("/events", "2");
        await page.WaitAsync("seen.length === 2");
        Assert.That(await page.DataAsync(), Is.EqualTo(new[] { "1", "2" }));
    }

    [Test]
    public async Task Worker_reads_it()
    {
        await using var server = Servers.Start();
        await server.PublishAsync("/events", "to a worker");
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        var data = await page.Page.EvaluateAsync<string>(
            """
            origin => new Promise(done => {
              const script = `import { EventStream } from "${origin}/client.js";
                new EventStream("${origin}/events?since=all").onmessage = event => postMessage(event.data);`;
              new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })), { type: "module" }).onmessage
                = event => done(event.data);
            })
            """, server.UrlOf("/").GetLeftPart(UriPartial.Authority));
        Assert.That(data, Is.EqualTo("to a worker"));
    }

    [Test]
    public async Task Loop_reads_events_of_every_type_and_leaving_it_closes_the_stream()
    {
        await using var server = Servers.Start();
        foreach (var name in (string[])["a", "b", "c"]) await server.PublishAsync($"/events?event={name}", $"\"{name}\"");
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        var seen = await page.JsonAsync(
            """
            (async () => {
              const found = [];
              for await (const event of new EventStream("/events?since=all", { parse: JSON.parse })) {
                found.push([event.type, event.data]);
                if (found.length === 2) break;
              }
              return found;
            })()
            """);
        Assert.That(seen, Is.EqualTo("""[["a","a"],["b","b"]]"""));
        await server.HasStreamsAsync(0);
    }

    [Test]
    public async Task Slow_loop_stops_the_reading_and_gets_everything()
    {
        await using var server = Servers.Start();
        var padding = new string('x', 2000);
        for (var batch = 0; batch < 20; batch++)
        {
            var lines = string.Join('\n', Enumerable.Range(batch * 200, 200).Select(i => $$"""{"data":"{{i}} {{padding}}"}"""));
            Assert.That((await server.SendAsync("POST", "/events", lines, "Content-Type: application/x-ndjson")).Status, Is.EqualTo(201));
        }

        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        var result = await page.Page.EvaluateAsync<long[]>(
            """
            async () => {
              const source = new EventStream("/events?since=all");
              let [taken, received, sum, most] = [0, 0, 0, 0];
              source.addEventListener("message", () => received++);
              for await (const event of source) {
                sum += parseInt(event.data);
                // The loop goes on once nothing more is read.
                for (let still = 0; taken === 0 && still < 20;) {
                  const before = received;
                  await new Promise(done => setTimeout(done, 10));
                  still = received === before && received > 0 ? still + 1 : 0;
                  most = received;
                }
                taken++;
                if (taken === 4000) return [sum, most];
              }
            }
            """);
        Assert.That(result[0], Is.EqualTo(4000 * 3999 / 2));
        // What one read brings comes on top of the thousand.
        Assert.That(result[1], Is.InRange(1000, 2000));
    }

    [Test]
    public async Task Signal_closes_it()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        await page.Page.EvaluateAsync("() => { window.control = new AbortController(); }");
        await page.StartAsync(server.UrlOf("/events"), "{ signal: control.signal }");
        await page.WaitAsync("count('connected') === 1");
        await page.Page.EvaluateAsync("() => control.abort()");
        await server.HasStreamsAsync(0);
        Assert.That(await page.JsonAsync("source.readyState"), Is.EqualTo("2"));
    }

    [Test]
    public async Task Data_is_parsed_and_what_cannot_be_is_an_error_that_ends_nothing()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events"), "{ parse: JSON.parse }");
        await page.WaitAsync("count('connected') === 1");
        await server.PublishAsync("/events", """{"price":42}""");
        await server.PublishAsync("/events", "no JSON");
        await server.PublishAsync("/events", "[1]");
        await page.WaitAsync("seen.length === 2");
        Assert.That(await page.JsonAsync("data()"), Is.EqualTo("""[{"price":42},[1]]"""));
        Assert.That(await page.JsonAsync("said.filter(event => event.type === 'error').map(event => event.state)"), Is.EqualTo("[1]"));
    }

    [Test]
    public async Task Binary_events_are_bytes_and_text_stays_text()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events"), "{ binary: true }");
        await page.WaitAsync("count('connected') === 1");
        await server.PublishAsync("/events", "\0\u0001~", "Content-Type: application/octet-stream");
        await server.PublishAsync("/events", "AAF+");
        await page.WaitAsync("seen.length === 2");
        Assert.That(await page.JsonAsync("[data()[0] instanceof Uint8Array, [...data()[0]], data()[1]]"),
            Is.EqualTo("""[true,[0,1,126],"AAF+"]"""));
    }

    [TestCase("true")]
    [TestCase("'base128'")]
    public async Task Bytes_come_back_whatever_they_are(string binary)
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events"), $"{{ binary: {binary} }}");
        await page.WaitAsync("count('connected') === 1");
        using var http = new HttpClient();
        var random = new Random(3);
        var sent = new List<string>();
        for (var round = 0; round < 200; round++)
        {
            var bytes = new byte[round < 100 ? round : random.Next(100_000)];
            random.NextBytes(bytes);
            using var body = new ByteArrayContent(bytes);
            body.Headers.ContentType = new("application/octet-stream");
            (await http.PostAsync(server.UrlOf("/events"), body)).EnsureSuccessStatusCode();
            sent.Add($"{bytes.Length}:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))}");
        }

        await page.WaitAsync("seen.length === 200");
        var got = await page.Page.EvaluateAsync<string[]>(
            """
            () => Promise.all(data().map(async bytes => `${bytes.length}:`
              + new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()))
            """);
        Assert.That(got, Is.EqualTo(sent));
    }

    [Test]
    public async Task Other_topics_continue_from_the_same_position()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events/a"));
        await page.WaitAsync("count('connected') === 1");
        await server.PublishAsync("/events/b", "b0");
        await server.PublishAsync("/events/a", "a1");
        await page.WaitAsync("seen.length === 1");
        await server.PublishAsync("/events/b", "b2");
        await page.Page.EvaluateAsync("() => source.setTopics(['a', 'b'])");
        await server.PublishAsync("/events/a", "a3");
        await page.WaitAsync("seen.length === 3");
        Assert.That(await page.DataAsync(), Is.EqualTo(new[] { "a1", "b2", "a3" }));
        Assert.That(await page.JsonAsync("source.url"), Does.EndWith("/events?topic=a&topic=b\""));
        Assert.That(await page.CountAsync("count('error')"), Is.Zero);
    }

    [Test]
    public async Task Reloaded_page_continues_where_it_was()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events"), "{ resume: true }");
        await page.WaitAsync("count('connected') === 1");
        await server.PublishAsync("/events", "before");
        await page.WaitAsync("seen.length === 1");
        await page.Page.ReloadAsync();
        await server.PublishAsync("/events", "meanwhile");
        await page.LoadAsync(server.UrlOf("/"));
        await page.StartAsync(server.UrlOf("/events"), "{ resume: true }");
        await page.WaitAsync("seen.length === 1");
        Assert.That(await page.DataAsync(), Is.EqualTo(new[] { "meanwhile" }));
    }

    [Test]
    public async Task First_id_is_where_it_begins_and_a_gap_says_what_is_lost()
    {
        await using var server = Servers.Start(HubOptions.Default with { Retention = new TopicRetention { MaxEvents = 2 } });
        var first = await server.PublishAsync("/events", "1");
        for (var i = 2; i <= 4; i++) await server.PublishAsync("/events", $"{i}");
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        // In one step: the gap may come before the next one.
        await page.Page.EvaluateAsync($$"""
            () => {
              window.gaps = [];
              watch(new EventStream("{{server.UrlOf("/events")}}", { lastEventId: "{{first}}" }));
              source.ongap = event => gaps.push(event.detail);
            }
            """);
        await page.WaitAsync("seen.length === 3");
        Assert.That(await page.JsonAsync("seen.map(([type]) => type)"), Is.EqualTo("""["gap","message","message"]"""));
        Assert.That(await page.JsonAsync("[gaps[0].topics, gaps[0].after]"), Is.EqualTo($$"""[["default"],"{{first}}"]"""));
    }

    [Test]
    public async Task Lag_is_said_once_and_taken_back_once()
    {
        await using var server = Servers.Start(HubOptions.Default with { HeartbeatInterval = TimeSpan.FromSeconds(1) });
        await server.PublishAsync("/events", "old");
        await server.PublishAsync("/events", "old too");
        // Opening a page takes longer than the lag that is allowed.
        await using var page = await ClientPage.SubscribeAsync(server.UrlOf("/events?since=all"), "{ maxLag: 20 }");
        await page.WaitAsync("count('lag') === 2");
        Assert.That(await page.JsonAsync("said.filter(event => event.type === 'lag').map(event => event.detail > 20)"),
            Is.EqualTo("[true,false]"));
    }
}
