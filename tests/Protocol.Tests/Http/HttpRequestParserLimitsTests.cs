using System.Buffers;
using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

/// <summary>Limits hold for what has arrived, so that no end of a line has to come before a request is refused.</summary>
public class HttpRequestParserLimitsTests
{
    private static readonly ParserLimits Small = new() { MaxRequestLineBytes = 20, MaxHeaderBytes = 30, MaxHeaderCount = 3 };

    [TestCase("GET /3456 HTTP/1.1\r\n", RequestRejection.None)]
    [TestCase("GET /345678 HTTP/1.1\r\n", RequestRejection.None)]
    [TestCase("GET /345678 HTTP/1.1", RequestRejection.None)]
    [TestCase("GET /3456789 HTTP/1.1\r\n", RequestRejection.RequestLineTooLong)]
    [TestCase("GET /34567890123456789", RequestRejection.RequestLineTooLong)]
    [TestCase("AAAAAAAAAAAAAAAAAAA /", RequestRejection.RequestLineTooLong)]
    [TestCase("AAAAAAAAAAAAAAAAAAAA /", RequestRejection.RequestLineTooLong)]
    [TestCase("AAAAAAAAAAAAAAAAAAAAA", RequestRejection.RequestLineTooLong)]
    public void A_request_line_over_the_limit_is_refused_before_it_ends(string start, RequestRejection expected) =>
        Assert.That(ParsedHead.Of(start, Small).Rejection, Is.EqualTo(expected));

    [TestCase(32, " / HTTP/1.1\r\n", RequestRejection.None)]
    [TestCase(32, "", RequestRejection.None)]
    [TestCase(33, " / HTTP/1.1\r\n", RequestRejection.MethodTooLong)]
    [TestCase(33, "", RequestRejection.MethodTooLong)]
    [TestCase(100_000, "", RequestRejection.MethodTooLong)]
    public void A_method_longer_than_any_is_refused_before_it_ends(int length, string rest, RequestRejection expected)
    {
        string start = new string('A', length) + rest;

        Assert.That(ParsedHead.Of(start).Rejection, Is.EqualTo(expected));
        foreach (int split in new[] { 1, 31, 32, 33 }.Where(split => split < start.Length))
        {
            var head = new RequestHead();
            ParsedHead first = ParsedHead.Of(new ReadOnlySequence<byte>(start[..split].ToLatin1()), head);
            if (first.Status == ParseStatus.Incomplete)
                first = ParsedHead.Of(new ReadOnlySequence<byte>(start.ToLatin1()), head);
            Assert.That(first.Rejection, Is.EqualTo(expected), $"split at {split}");
        }
    }

    [TestCase("Host: a\r\nName: 3456789012345\r\n\r\n", RequestRejection.None)]
    [TestCase("Host: a\r\nName: 34567890123456\r\n\r\n", RequestRejection.HeaderSectionTooLarge)]
    [TestCase("Host: a\r\nName: 34567890123456", RequestRejection.None)]
    [TestCase("Host: a\r\nName: 3456789012345678", RequestRejection.HeaderSectionTooLarge)]
    [TestCase("a:\r\nb:\r\nc:\r\n", RequestRejection.None)]
    [TestCase("a:\r\nb:\r\nc:\r\nd:\r\n", RequestRejection.TooManyHeaders)]
    public void A_header_section_over_the_limit_is_refused_before_it_ends(string fields, RequestRejection expected) =>
        Assert.That(ParsedHead.Of($"GET / HTTP/1.1\r\n{fields}", Small).Rejection, Is.EqualTo(expected));

    [Test]
    public void What_follows_the_head_does_not_count()
    {
        string body = new('x', 100);

        ParsedHead parsed = ParsedHead.Of($"GET / HTTP/1.1\r\nHost: a\r\n\r\n{body}", Small);

        Assert.That(parsed.Status, Is.EqualTo(ParseStatus.Complete));
    }
}
