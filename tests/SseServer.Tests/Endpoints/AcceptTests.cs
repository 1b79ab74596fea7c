namespace SseServer.Tests.Endpoints;

/// <summary>RFC 9110 section 12.5.1: the most specific range that covers a type decides.</summary>
public sealed class AcceptTests
{
    [TestCase("text/event-stream", true)]
    [TestCase("TEXT/Event-Stream", true)]
    [TestCase("text/*", true)]
    [TestCase("*/*", true)]
    [TestCase("", true)]
    [TestCase("text/event-stream;q=0.001", true)]
    [TestCase("text/event-stream; charset=utf-8", true)]
    [TestCase("text/html, text/event-stream;q=0.1", true)]
    [TestCase("text/html, */*;q=0.1", true)]
    [TestCase("text/*;q=0, text/event-stream", true)]
    [TestCase("*/*;q=0, text/*", true)]
    [TestCase("text/html", false)]
    [TestCase("application/json;q=0, text/plain", false)]
    [TestCase("text/event-stream;q=0", false)]
    [TestCase("text/event-stream;q=0.0", false)]
    [TestCase("text/event-stream ; Q=0.000", false)]
    [TestCase("*/*, text/event-stream;q=0", false)]
    [TestCase("text/event-stream;q=0, */*", false)]
    [TestCase("text/*;q=0, */*", false)]
    [TestCase("*/*;q=0", false)]
    [TestCase("text/event-streams", false)]
    [TestCase("\"text/event-stream\"", false)]
    public async Task Stream_is_refused_only_if_accept_excludes_it(string accept, bool accepted)
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/events", body: (string?)null, "Accept: " + accept);
        var head = await client.ReadHeadAsync();
        Assert.That(head.Status, Is.EqualTo(accepted ? 200 : 406));
        if (!accepted) Assert.That((head with { Body = await client.ReadBodyAsync() }).Problem, Does.Contain("text/event-stream"));
    }

    [Test]
    public async Task Several_accept_fields_are_one_list()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/events", null, "Accept: */*", "Accept: text/event-stream;q=0");
        Assert.That(reply.Status, Is.EqualTo(406));
        await server.SubscribeAsync("/events", "Accept: text/html", "Accept: text/event-stream");
    }

    // EventSource never retries after a 503: only a client that did not ask for an event stream by name gets one.
    [TestCase("text/event-stream", true)]
    [TestCase("text/html, text/event-stream;q=0.1", true)]
    [TestCase("text/event-stream;q=0, */*", false)]
    [TestCase("*/*", false)]
    [TestCase("text/*", false)]
    [TestCase(null, false)]
    public async Task Temporary_refusal_is_an_event_stream_for_clients_that_name_it(string? accept, bool isStream)
    {
        await using var server = new ServerUnderTest();
        server.Application.BeginDrain();
        var reply = await server.SendAsync("GET", "/events", null, accept is null ? [] : ["Accept: " + accept]);
        var expected = isStream ? 200 : accept is "text/event-stream;q=0, */*" ? 406 : 503;
        Assert.That(reply.Status, Is.EqualTo(expected));
    }
}
