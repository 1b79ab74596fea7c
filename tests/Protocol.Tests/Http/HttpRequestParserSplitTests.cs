using System.Buffers;
using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

/// <summary>However a head is cut into reads and segments, the result is the same.</summary>
public class HttpRequestParserSplitTests
{
    private static readonly string[] Requests =
    [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nGET http://b:81/c?d=e HTTP/1.1\r\nHost: b:81\r\nAccept:  text/event-stream \r\nLast-Event-ID:\r\n\r\n",
        "POST /events/orders/42?event=shipped HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
            + "Connection: close\r\nX-Size: größe\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
    ];

    private static readonly string[] Refused =
    [
        "GET / HTTP/1.1\r\nHost: a\r\nName : b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n",
        "GET / HTTP/1.1\r\nHost: a\nb\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ];

    [Test]
    public void Every_truncation_is_incomplete_and_consumes_nothing([ValueSource(nameof(Requests))] string request)
    {
        byte[] bytes = request.ToLatin1();

        for (int length = 0; length < bytes.Length; length++)
        {
            using var head = new RequestHead();
            ParsedHead parsed = ParsedHead.Of(new ReadOnlySequence<byte>(bytes[..length]), head);
            Assert.That(parsed, Is.EqualTo(new ParsedHead(ParseStatus.Incomplete, RequestRejection.None, 0, "")), $"{length} bytes");
        }
    }

    [Test]
    public void Every_two_way_split_of_reads_gives_the_same_head([ValueSource(nameof(Requests))] string request)
    {
        byte[] bytes = (request + "next").ToLatin1();
        ParsedHead whole = ParsedHead.Of(request + "next");
        Assert.That(whole.Consumed, Is.EqualTo(request.Length));

        for (int cut = 0; cut < request.Length; cut++)
        {
            using var head = new RequestHead();
            ParsedHead.Of(new ReadOnlySequence<byte>(bytes[..cut]), head);
            Assert.That(ParsedHead.Of(new ReadOnlySequence<byte>(bytes), head), Is.EqualTo(whole), $"cut at {cut}");
        }
    }

    [Test]
    public void Every_two_way_split_of_segments_gives_the_same_head([ValueSource(nameof(Requests))] string request)
    {
        byte[] bytes = (request + "next").ToLatin1();
        ParsedHead whole = ParsedHead.Of(request + "next");

        for (int cut = 0; cut <= bytes.Length; cut++)
            Assert.That(ParsedHead.Of(Sequences.CutAt(bytes, cut), new RequestHead()), Is.EqualTo(whole), $"cut at {cut}");
    }

    [Test]
    public void Byte_by_byte_reads_give_the_same_head([ValueSource(nameof(Requests))] string request)
    {
        byte[] bytes = request.ToLatin1();
        using var head = new RequestHead();

        for (int length = 0; length < bytes.Length; length++)
            Assert.That(ParsedHead.Of(Sequences.Crumbled(bytes[..length]), head).Status, Is.EqualTo(ParseStatus.Incomplete));

        Assert.That(ParsedHead.Of(Sequences.Crumbled(bytes), head), Is.EqualTo(ParsedHead.Of(request)));
    }

    [Test]
    public void A_refusal_is_the_same_however_the_head_is_cut([ValueSource(nameof(Refused))] string request)
    {
        byte[] bytes = request.ToLatin1();
        RequestRejection whole = ParsedHead.Of(request).Rejection;
        Assert.That(whole, Is.Not.EqualTo(RequestRejection.None));

        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            using var head = new RequestHead();
            ParsedHead first = ParsedHead.Of(new ReadOnlySequence<byte>(bytes[..cut]), head);
            RequestRejection rejection = first.Status == ParseStatus.Incomplete
                ? ParsedHead.Of(Sequences.CutAt(bytes, cut), head).Rejection
                : first.Rejection;
            Assert.That(rejection, Is.EqualTo(whole), $"cut at {cut}");
        }
    }

    [Test]
    public void Pipelined_requests_are_read_one_after_the_other_with_one_head()
    {
        var buffer = new ReadOnlySequence<byte>(string.Concat(Requests).ToLatin1());
        using var head = new RequestHead();

        foreach (string request in Requests)
        {
            ParsedHead parsed = ParsedHead.Of(buffer, head);
            Assert.That(parsed, Is.EqualTo(ParsedHead.Of(request)));
            buffer = buffer.Slice(parsed.Consumed);
        }

        Assert.That(buffer.IsEmpty, Is.True);
    }
}
