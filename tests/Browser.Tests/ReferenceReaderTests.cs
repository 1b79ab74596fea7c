namespace SseServer.Browser.Tests;

/// <summary>Clients that others wrote read our streams, and all of them the same.</summary>
public sealed class ReferenceReaderTests
{
    public enum Client
    {
        SseParser,
        Npm,
        Chromium,
    }

    // Query, body, and the type, data and publisher's id that every client must show.
    private static readonly (string Query, string Body, string Type, string Data, string? Id)[] Tricky =
    [
        ("", "one line", "message", "one line", null),
        ("", "a\nb\rc\r\nd", "message", "a\nb\nc\nd", null),
        ("", "", "message", "", null),
        ("", "\n", "message", "\n", null),
        ("", "\n\n ends with breaks\n\n", "message", "\n\n ends with breaks\n\n", null),
        ("", " leading space", "message", " leading space", null),
        ("", "data: x\n\nid: 5\n:comment\nretry: 1", "message", "data: x\n\nid: 5\n:comment\nretry: 1", null),
        ("", "häßlich 😀 \u2028 \u0085 \uFEFF", "message", "häßlich 😀 \u2028 \u0085 \uFEFF", null),
        ("", "\uFEFFbegins with a mark", "message", "\uFEFFbegins with a mark", null),
        ("event=message", "named as the default", "message", "named as the default", null),
        ("event=named&id=own-1", "with an id", "named", "with an id", "own-1"),
        ("id=%C3%A9%20%F0%9F%98%80", "with an id that is not ASCII", "message", "with an id that is not ASCII", "é 😀"),
        ("event=gr%C3%BC%C3%9Fe%20%F0%9F%98%80", "a name that is not ASCII", "grüße 😀", "a name that is not ASCII", null),
        ("retry=1000", "with a reconnection time", "message", "with a reconnection time", null),
        ("event=statusUpdate", "{\"message\": \"Task completed 50%\", \"value\": 50}", "statusUpdate",
            "{\"message\": \"Task completed 50%\", \"value\": 50}", null),
        ("", new string('x', 200_000), "message", new string('x', 200_000), null),
        ("event=end", "end", "end", "end", null),
    ];

    [TestCase(Client.SseParser)]
    [TestCase(Client.Npm)]
    [TestCase(Client.Chromium)]
    public async Task Client_reads_a_tricky_stream_as_it_was_published(Client client)
    {
        await using var server = Servers.Start();
        var expected = new List<SeenEvent>();
        foreach (var (query, body, type, data, id) in Tricky)
            expected.Add(new(type, data, await server.PublishAsync("/events?" + query, body) is var hubId && id is null ? hubId : id!));
        await using var reader = await StartAsync(client, server.UrlOf("/events?since=all"));
        foreach (var e in expected) Assert.That(await reader.NextAsync(), Is.EqualTo(e));
    }

    [TestCase(Client.SseParser)]
    [TestCase(Client.Npm)]
    [TestCase(Client.Chromium)]
    public async Task Client_that_is_cut_resumes_without_loss_and_without_repeats(Client client)
    {
        await using var server = Servers.Start();
        await using var reader = await StartAsync(client, server.UrlOf("/events?topic=a&topic=b"));
        await server.HasStreamsAsync(1);
        var next = 0;
        // The last event before a cut has a hub id, a publisher's id, or there is none at all.
        foreach (var lastId in new[] { "", "&id=own", "none" })
        {
            if (lastId != "none")
            {
                await server.PublishAsync("/events/a", $"{next}");
                await server.PublishAsync("/events?topic=b" + lastId, $"{next + 1}");
                for (var end = next + 2; next < end; next++) Assert.That((await reader.NextAsync()).Data, Is.EqualTo($"{next}"));
            }

            server.CutConnections();
            await server.PublishAsync("/events/a", $"{next}");
            await server.PublishAsync("/events/b", $"{next + 1}");
            for (var end = next + 2; next < end; next++)
            {
                var seen = await reader.NextAsync();
                Assert.That((seen.Type, seen.Data), Is.EqualTo(("message", $"{next}")), $"after a cut at '{lastId}'");
            }
        }
    }

    private static async Task<IEventReader> StartAsync(Client client, Uri url) => client switch
    {
        Client.SseParser => await SseParserReader.StartAsync(url),
        Client.Npm => await NodeReader.StartAsync(url),
        _ => await ChromiumReader.StartAsync(url),
    };
}
