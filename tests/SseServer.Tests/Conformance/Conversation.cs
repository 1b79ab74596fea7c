using SseServer.ConformanceHost;
using SseServer.Tests.Transport;
using SseServer.Transport;

namespace SseServer.Tests.Conformance;

/// <summary>
/// Sends raw bytes to the conformance host and reads all responses. A marker request follows each request: it is answered only if the
/// server found the end of the preceding one, and must not be answered after a refusal.
/// </summary>
internal static class Conversation
{
    private const string Marker = "GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: marker=1\r\nConnection: close\r\n\r\n";

    private const string MarkerAnswer = "marker=1\n";

    /// <summary>The request is refused with a status, the connection closes, and nothing after it is served.</summary>
    public static async Task RefusesAsync(string rule, string request, int status)
    {
        var replies = await AskAsync(request + Marker);
        Assert.That(replies.Select(reply => reply.Status), Is.EqualTo(new[] { status }), rule);
        Assert.That(replies[0].Fields["Connection"], Is.EqualTo("close"), rule);
        Assert.That(replies[0].Fields.Keys, Has.Member("Date").And.Member("Content-Type").And.Member("Content-Length"));
    }

    /// <summary>The request is served with a body, and so is the one after it.</summary>
    public static async Task<TestReply> ServesAsync(string rule, string request, string body)
    {
        var replies = await AskAsync(request + Marker);
        Assert.That(replies.Select(reply => reply.Status), Is.EqualTo(new[] { 200, 200 }), () => $"{rule}; it says: {replies[0].Body}");
        Assert.That(replies.Select(reply => reply.Body), Is.EqualTo(new[] { body, MarkerAnswer }), rule);
        return replies[0];
    }

    /// <summary>The request is served with a body and is the last one: nothing after it is answered.</summary>
    public static async Task<TestReply> ServesLastAsync(string rule, string request, string body)
    {
        var replies = await AskAsync(request + Marker);
        Assert.That(replies.Select(reply => (reply.Status, reply.Body)), Is.EqualTo(new[] { (200, body) }), rule);
        Assert.That(replies[0].Fields["Connection"], Is.EqualTo("close"), rule);
        return replies[0];
    }

    /// <summary>Sends the bytes and a FIN; returns what the server answers before it closes.</summary>
    public static Task<List<TestReply>> AskAndFinishAsync(string request, TransportOptions? options = null) =>
        AskAsync(request, finishes: true, options: options);

    /// <summary>
    /// Reads all responses up to the server's FIN. A HEAD request must be named, because its response has a length and no body.
    /// </summary>
    public static async Task<List<TestReply>> AskAsync(
        string request, bool isHead = false, bool finishes = false, TransportOptions? options = null)
    {
        await using var server = new TestServer(options, new ConformanceApplication());
        var client = await server.ConnectAsync();
        await client.SendAsync(request);
        if (finishes) client.Finish();

        var replies = new List<TestReply>();
        for (var reply = await client.ReadReplyAsync(isHead); reply.Status != 0; reply = await client.ReadReplyAsync()) replies.Add(reply);
        return replies;
    }
}
