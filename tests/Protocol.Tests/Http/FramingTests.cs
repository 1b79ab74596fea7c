using SseServer.Protocol.Http;

namespace SseServer.Protocol.Tests.Http;

/// <summary>RFC 9112 section 6: where the body ends. Each rule stands before its inputs.</summary>
public class FramingTests
{
    private const string Digits = "RFC 9110 8.6: Content-Length = 1*DIGIT";
    private const string InvalidLength = "RFC 9112 6.3: with an invalid Content-Length the framing is invalid, an unrecoverable error";
    private const string LeadingZero = "RFC 9112 11.2: what one reader takes for decimal and another for octal desynchronises them";
    private const string Lookalike = "RFC 9112 11.2: a field that gateways fold into a framing field desynchronises them";
    private const string Both = "RFC 9112 6.1: a server may reject a request with both Content-Length and Transfer-Encoding";
    private const string Http10 = "RFC 9112 6.1: Transfer-Encoding in an HTTP/1.0 message must be treated as faulty framing";
    private const string NotFinal = "RFC 9112 6.3: where chunked is not the final coding, the server must respond with 400";
    private const string Twice = "RFC 9112 6.1: chunked must not be applied more than once";
    private const string Unknown = "RFC 9112 6.1: to a coding it does not understand a server should respond with 501";
    private const string Parameters = "RFC 9112 7.1: chunked has no parameters; their presence should be treated as an error";

    [TestCase(InvalidLength, "Content-Length:", RequestRejection.InvalidContentLength)]
    [TestCase(Digits, "Content-Length: +5", RequestRejection.InvalidContentLength)]
    [TestCase(Digits, "Content-Length: -1", RequestRejection.InvalidContentLength)]
    [TestCase(Digits, "Content-Length: 5 5", RequestRejection.InvalidContentLength)]
    [TestCase(Digits, "Content-Length: 0x5", RequestRejection.InvalidContentLength)]
    [TestCase(Digits, "Content-Length: 1_000", RequestRejection.InvalidContentLength)]
    [TestCase(Digits, "Content-Length: five", RequestRejection.InvalidContentLength)]
    [TestCase(Digits, "Content-Length: 5.0", RequestRejection.InvalidContentLength)]
    [TestCase(LeadingZero, "Content-Length: 007", RequestRejection.InvalidContentLength)]
    [TestCase(LeadingZero, "Content-Length: 00", RequestRejection.InvalidContentLength)]
    [TestCase(Lookalike, "Content_Length: 5", RequestRejection.LookalikeFieldName)]
    [TestCase(Lookalike, "transfer_encoding: chunked\r\nContent-Length: 5", RequestRejection.LookalikeFieldName)]
    [TestCase(InvalidLength, "Content-Length: 5, 5", RequestRejection.InvalidContentLength)]
    [TestCase(InvalidLength, "Content-Length: 9223372036854775808", RequestRejection.InvalidContentLength)]
    [TestCase(InvalidLength, "Content-Length: 99999999999999999999", RequestRejection.InvalidContentLength)]
    [TestCase(InvalidLength, "Content-Length: 5\r\nContent-Length: 5", RequestRejection.DuplicateContentLength)]
    [TestCase(InvalidLength, "Content-Length: 5\r\ncontent-length: 6", RequestRejection.DuplicateContentLength)]
    [TestCase(Both, "Content-Length: 5\r\nTransfer-Encoding: chunked", RequestRejection.ContentLengthWithTransferEncoding)]
    [TestCase(Both, "Transfer-Encoding: chunked\r\nContent-Length: 0", RequestRejection.ContentLengthWithTransferEncoding)]
    [TestCase(Both, "Transfer-Encoding: x\r\nContent-Length: x", RequestRejection.ContentLengthWithTransferEncoding)]
    [TestCase(NotFinal, "Transfer-Encoding: chunked, gzip", RequestRejection.ChunkedNotFinal)]
    [TestCase(NotFinal, "Transfer-Encoding: gzip", RequestRejection.ChunkedNotFinal)]
    [TestCase(NotFinal, "Transfer-Encoding: identity", RequestRejection.ChunkedNotFinal)]
    [TestCase(NotFinal, "Transfer-Encoding: xchunked", RequestRejection.ChunkedNotFinal)]
    [TestCase(NotFinal, "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip", RequestRejection.ChunkedNotFinal)]
    [TestCase(Twice, "Transfer-Encoding: chunked, chunked", RequestRejection.ChunkedTwice)]
    [TestCase(Twice, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", RequestRejection.ChunkedTwice)]
    [TestCase(Unknown, "Transfer-Encoding: gzip, chunked", RequestRejection.UnsupportedTransferCoding)]
    [TestCase(Unknown, "Transfer-Encoding: gzip;q=1, chunked", RequestRejection.UnsupportedTransferCoding)]
    [TestCase(Unknown, "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", RequestRejection.UnsupportedTransferCoding)]
    [TestCase(Parameters, "Transfer-Encoding: chunked;q=1", RequestRejection.InvalidTransferEncoding)]
    [TestCase("RFC 9112 6.1: Transfer-Encoding = #transfer-coding", "Transfer-Encoding:", RequestRejection.InvalidTransferEncoding)]
    [TestCase("RFC 9112 6.1: Transfer-Encoding = #transfer-coding", "Transfer-Encoding: ,", RequestRejection.InvalidTransferEncoding)]
    [TestCase(
        "RFC 9112 6.1: Transfer-Encoding = #transfer-coding",
        "Transfer-Encoding: ,chunked", RequestRejection.InvalidTransferEncoding)]
    [TestCase(
        "RFC 9112 6.1: Transfer-Encoding = #transfer-coding",
        "Transfer-Encoding: \"chunked\"", RequestRejection.InvalidTransferEncoding)]
    [TestCase(
        "RFC 9112 6.1: Transfer-Encoding = #transfer-coding",
        "Transfer-Encoding: chun ked", RequestRejection.InvalidTransferEncoding)]
    [TestCase("RFC 9110 10.1.1: 417 to an expectation other than 100-continue", "Expect: tea", RequestRejection.UnknownExpectation)]
    [TestCase(
        "RFC 9110 10.1.1: 417 to an expectation other than 100-continue",
        "Expect: 100-continue, tea", RequestRejection.UnknownExpectation)]
    public void Fields_that_break_a_rule_are_refused(string rule, string fields, RequestRejection expected)
    {
        Assert.That(ParsedHead.Of($"POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n").Rejection, Is.EqualTo(expected), rule);
        Assert.That(ParsedHead.Of($"POST / HTTP/1.1\r\n{fields}\r\nHost: a\r\n\r\n").Rejection, Is.EqualTo(expected), rule);
    }

    [Test]
    public void Transfer_coding_in_HTTP_1_0_is_refused() => Assert.That(
        ParsedHead.Of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").Rejection,
        Is.EqualTo(RequestRejection.TransferEncodingInHttp10),
        Http10);

    [TestCase("", RequestBodyKind.None, 0)]
    [TestCase("Content-Length: 0\r\n", RequestBodyKind.ContentLength, 0)]
    [TestCase("Content-Length: 700\r\n", RequestBodyKind.ContentLength, 700)]
    [TestCase("Last_Event: 5\r\nContent-Length: 7\r\n", RequestBodyKind.ContentLength, 7)]
    [TestCase("content-length:   12  \r\n", RequestBodyKind.ContentLength, 12)]
    [TestCase("Content-Length: 9223372036854775807\r\n", RequestBodyKind.ContentLength, long.MaxValue)]
    [TestCase("Transfer-Encoding: chunked\r\n", RequestBodyKind.Chunked, 0)]
    [TestCase("transfer-encoding: Chunked\r\n", RequestBodyKind.Chunked, 0)]
    public void The_fields_say_where_the_body_ends(string fields, RequestBodyKind kind, long length)
    {
        using RequestHead head = ParsedHead.Complete($"POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");

        Assert.That(head.BodyKind, Is.EqualTo(kind));
        Assert.That(head.ContentLength, Is.EqualTo(length));
    }

    // RFC 9112 9.3: close ends it; HTTP/1.1 persists; HTTP/1.0 persists with keep-alive; otherwise it ends.
    [TestCase("HTTP/1.1", "", true)]
    [TestCase("HTTP/1.1", "Connection: close\r\n", false)]
    [TestCase("HTTP/1.1", "Connection: Upgrade, CLOSE\r\n", false)]
    [TestCase("HTTP/1.1", "Connection: upgrade\r\nConnection: close\r\n", false)]
    [TestCase("HTTP/1.1", "Connection: closed\r\n", true)]
    [TestCase("HTTP/1.1", "Connection: keep-alive, close\r\n", false)]
    [TestCase("HTTP/1.0", "", false)]
    [TestCase("HTTP/1.0", "Connection: Keep-Alive\r\n", true)]
    [TestCase("HTTP/1.0", "Connection: keep-alive, close\r\n", false)]
    public void The_connection_is_kept_as_the_client_wants(string version, string fields, bool expected)
    {
        using RequestHead head = ParsedHead.Complete($"GET / {version}\r\nHost: a\r\n{fields}\r\n");

        Assert.That(head.KeepAlive, Is.EqualTo(expected));
    }

    // RFC 9110 10.1.1: a server must ignore the expectation in HTTP/1.0, and may where there is no content.
    [TestCase("HTTP/1.1", "Content-Length: 5\r\nExpect: 100-continue\r\n", true)]
    [TestCase("HTTP/1.1", "Transfer-Encoding: chunked\r\nexpect: 100-Continue\r\n", true)]
    [TestCase("HTTP/1.1", "Content-Length: 5\r\n", false)]
    [TestCase("HTTP/1.1", "Expect: 100-continue\r\n", false)]
    [TestCase("HTTP/1.0", "Content-Length: 5\r\nExpect: 100-continue\r\n", false)]
    [TestCase("HTTP/1.0", "Content-Length: 5\r\nExpect: tea\r\n", false)]
    public void The_client_waits_for_100_only_in_HTTP_1_1_with_a_body(string version, string fields, bool expected)
    {
        using RequestHead head = ParsedHead.Complete($"POST / {version}\r\nHost: a\r\n{fields}\r\n");

        Assert.That(head.ExpectsContinue, Is.EqualTo(expected));
    }
}
