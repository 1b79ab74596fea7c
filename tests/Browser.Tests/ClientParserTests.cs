namespace SseServer.Browser.Tests;

/// <summary>
/// How the client reads the wire: the rules of WHATWG HTML 9.2.5 and 9.2.6 that web-platform-tests cover, and every way to cut the bytes in
/// two, and byte by byte.
/// </summary>
public sealed class ClientParserTests
{
    // Reads the wire whole, split at every byte, and byte by byte; returns what was dispatched if all agree.
    private const string Read = """
        async ([wire, repeats, more]) => {
          const bytes = Uint8Array.from(atob(wire), letter => letter.charCodeAt(0));
          const read = async parts => {
            const found = [];
            let asked = 0;
            const source = new EventStream("/events", { ...more, fetch: async () => {
              if (asked++ > 0) return new Response(null, { status: 204 });
              return new Response(new ReadableStream({
                pull(to) { parts.length ? to.enqueue(parts.shift()) : to.close(); },
              }), { headers: { "Content-Type": "text/event-stream" } });
            } });
            for (const type of ["message", "test", "é", " test"])
              source.addEventListener(type, event => found.push([event.type, event.data, event.lastEventId]));
            const delay = await new Promise(done => source.onerror = event => done(event.delay));
            found.push([source.lastEventId]);
            source.close();
            return JSON.stringify(found);
          };
          const whole = await read([bytes]);
          const cuts = [[...bytes].map(byte => Uint8Array.of(byte))];
          for (let i = 0; i <= bytes.length; i++) cuts.push([bytes.slice(0, i), bytes.slice(i)]);
          for (const parts of repeats ? cuts : []) {
            const split = parts.map(part => part.length).join();
            const other = await read(parts.slice());
            if (other !== whole) return `split at ${split}: ${other} is not ${whole}`;
          }
          return whole;
        }
        """;

    // Each line is a message, the rest is the resume point: wire, then what is dispatched.
    [TestCase("data:a\n\n", """[["message","a",""],[""]]""")]
    [TestCase("data:a\r\rdata:b\r\r", """[["message","a",""],["message","b",""],[""]]""")]
    [TestCase("data:a\r\n\r\ndata:b\r\n\r\n", """[["message","a",""],["message","b",""],[""]]""")]
    [TestCase("data:a\rdata:b\r\ndata:c\n\r\ndata:d\n\n", """[["message","a\nb\nc",""],["message","d",""],[""]]""")]
    [TestCase("data:a\n\r", """[["message","a",""],[""]]""")]
    [TestCase("data:a\r\n\r", """[["message","a",""],[""]]""")]
    [TestCase("\uFEFFdata:a\n\n", """[["message","a",""],[""]]""", Description = "one byte order mark is skipped")]
    [TestCase("\uFEFF\uFEFFdata:a\n\ndata:b\n\n", """[["message","b",""],[""]]""", Description = "a second one is not")]
    [TestCase("data:a\n\n\uFEFFdata:b\n\n", """[["message","a",""],[""]]""", Description = "nor a later one")]
    [TestCase("data:a\n\ndata:b", """[["message","a",""],[""]]""", Description = "what is incomplete is dropped")]
    [TestCase("data:a\n\nid:1\ndata:b\n", """[["message","a",""],[""]]""")]
    [TestCase("data\n\ndata\ndata\n\ndata:test\n\n", """[["message","",""],["message","\n",""],["message","test",""],[""]]""")]
    [TestCase("data:\n\n", """[["message","",""],[""]]""")]
    [TestCase("data: a\ndata:  b\ndata:\tc\n\n", """[["message","a\n b\n\tc",""],[""]]""", Description = "one space is skipped")]
    [TestCase(":\n\n:a\ndata:a\n:b:c\n\n", """[["message","a",""],[""]]""", Description = "comments")]
    [TestCase("event:test\ndata:a\n\ndata:b\n\n", """[["test","a",""],["message","b",""],[""]]""")]
    [TestCase("event:test\n\ndata:b\n\n", """[["message","b",""],[""]]""", Description = "a type without data is forgotten")]
    [TestCase("event:a\nevent:test\ndata:a\n\nevent:test\nevent\ndata:b\n\n", """[["test","a",""],["message","b",""],[""]]""")]
    [TestCase("event:  test\ndata:a\n\n", """[[" test","a",""],[""]]""")]
    [TestCase("event:é\ndata:❤ 😀\n\n", """[["é","❤ 😀",""],[""]]""")]
    [TestCase("id:1\ndata:a\n\ndata:b\n\nid\ndata:c\n\n", """[["message","a","1"],["message","b","1"],["message","c",""],[""]]""")]
    [TestCase("id:1\n\ndata:a\n\n", """[["message","a","1"],["1"]]""", Description = "an id without data")]
    [TestCase("id:1\n\n", """[["1"]]""")]
    [TestCase("id:1\nid:a\0b\ndata:a\n\nid:\0\ndata:b\n\n", """[["message","a","1"],["message","b","1"],["1"]]""",
        Description = "an id with NUL is no id")]
    [TestCase("data:\0\n\n", """[["message","\u0000",""],[""]]""")]
    [TestCase("DATA:a\n data:b\ndata :c\ndatax:d\nfoo\nfoo:bar\n\ndata:e\n\n", """[["message","e",""],[""]]""",
        Description = "unknown fields")]
    [TestCase("data:a:b\nid:x:y\n\n", """[["message","a:b","x:y"],["x:y"]]""")]
    [TestCase("retry:1000\nretry: 5x\nretry:-1\nretry:\nretry:1.5\ndata:a\n\n", """[["message","a",""],[""]]""")]
    [TestCase("\n\n\r\r\r\n\r\n", """[[""]]""")]
    [TestCase("data:a\u0085b\u2028c\u000bd\u000ce\n\n", "[[\"message\",\"a\u0085b\u2028c\\u000bd\\fe\",\"\"],[\"\"]]",
        Description = "no other line ends")]
    public async Task Wire_is_read_the_same_however_it_is_cut(string wire, string dispatched)
        => Assert.That(await ReadAsync(wire, repeats: true), Is.EqualTo(dispatched));

    [Test]
    public async Task Bytes_that_are_no_UTF8_are_replaced()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        byte[] wire = [.. "data:"u8, 0xff, (byte)'a', 0xe2, 0x9d, .. "\n\n"u8];
        Assert.That(await page.Page.EvaluateAsync<string>(Read, new object[] { Convert.ToBase64String(wire), true, new { } }),
            Is.EqualTo("[[\"message\",\"\uFFFDa\uFFFD\",\"\"],[\"\"]]"));
    }

    [Test]
    public async Task Retry_counts_from_the_moment_it_comes()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        var delay = await page.Page.EvaluateAsync<int>(
            """
            () => new Promise(done => new EventStream("/events", {
              fetch: async () => new Response("retry:1234\n\nretry:99", { headers: { "Content-Type": "text/event-stream" } }),
            }).onerror = event => { event.target.close(); done(event.delay); })
            """);
        Assert.That(delay, Is.EqualTo(1234));
    }

    [Test]
    public async Task Huge_line_takes_time_in_proportion_to_its_length()
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        var lengths = await page.JsonAsync(
            """
            (async () => {
              const found = [];
              for (const size of [1, 32]) {
                const part = new TextEncoder().encode("x".repeat(16384));
                let left = size * 64;
                const source = new EventStream("/events", { fetch: async () => new Response(new ReadableStream({
                  start(to) { to.enqueue(new TextEncoder().encode("data:")); },
                  pull(to) {
                    if (left-- > 0) return to.enqueue(part);
                    to.enqueue(new TextEncoder().encode("\n\n"));
                    to.close();
                  },
                }), { headers: { "Content-Type": "text/event-stream" } }) });
                const from = performance.now();
                found.push(await new Promise(done => source.onmessage = event => done(event.data.length)), performance.now() - from);
                source.close();
              }
              return [found[0], found[2], found[3] < 20000];
            })()
            """);
        Assert.That(lengths, Is.EqualTo("[1048576,33554432,true]"));
    }

    private static async Task<string> ReadAsync(string wire, bool repeats)
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        var bytes = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(wire));
        return await page.Page.EvaluateAsync<string>(Read, new object[] { bytes, repeats, new { } });
    }
}
