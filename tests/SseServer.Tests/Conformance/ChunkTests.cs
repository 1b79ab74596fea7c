namespace SseServer.Tests.Conformance;

/// <summary>RFC 9112 section 7.1: chunked bodies, over a connection.</summary>
public sealed class ChunkTests
{
    private const string Size = "RFC 9112 7.1: chunk-size = 1*HEXDIG";
    private const string Overflow = "RFC 9112 7.1: recipients must anticipate large hexadecimal numerals and prevent overflow";
    private const string Data = "RFC 9112 7.1: chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF";
    private const string Extension = "RFC 9112 7.1.1: chunk-ext = *( BWS \";\" BWS chunk-ext-name [ BWS \"=\" BWS chunk-ext-val ] )";
    private const string Ignore = "RFC 9112 7.1.1: a recipient must ignore unrecognized chunk extensions";
    private const string Total = "RFC 9112 7.1.1: a server ought to limit the total length of chunk extensions, and answer a 4xx";
    private const string LineEnd = "RFC 9112 2.2: only the start-line and fields may end in LF alone, and a bare CR is invalid anywhere";
    private const string Trailer = "RFC 9112 7.1.2: trailer-section = *( field-line CRLF )";
    private const string NoMerge = "RFC 9110 6.5.1: a trailer field must not be merged into the header section";

    [TestCase(Size, "0x5\r\nhello\r\n")]
    [TestCase(Size, "0X5\r\nhello\r\n")]
    [TestCase(Size, "+5\r\nhello\r\n")]
    [TestCase(Size, "-5\r\nhello\r\n")]
    [TestCase(Size, "-0\r\n")]
    [TestCase(Size, " 5\r\nhello\r\n")]
    [TestCase(Size, "\t5\r\nhello\r\n")]
    [TestCase(Size, "5 \r\nhello\r\n")]
    [TestCase(Size, "5\t\r\nhello\r\n")]
    [TestCase(Size, "5 0\r\nhello\r\n")]
    [TestCase(Size, "0_5\r\nhello\r\n")]
    [TestCase(Size, "5h\r\nhello\r\n")]
    [TestCase(Size, "5,\r\nhello\r\n")]
    [TestCase(Size, "5.0\r\nhello\r\n")]
    [TestCase(Size, "\"5\"\r\nhello\r\n")]
    [TestCase(Size, "g\r\nhello\r\n")]
    [TestCase(Size, "5\0\r\nhello\r\n")]
    [TestCase(Size, "\xEF\xBC\x95\r\nhello\r\n")]
    [TestCase(Size, "\r\nhello\r\n")]
    [TestCase(Size, ";a\r\nhello\r\n")]
    [TestCase(Overflow, "8000000000000000\r\nhello\r\n")]
    [TestCase(Overflow, "10000000000000005\r\nhello\r\n")]
    [TestCase(Overflow, "ffffffffffffffff\r\nhello\r\n")]
    [TestCase(Overflow, "100000000000000000000000000000005\r\nhello\r\n")]
    [TestCase(Data, "5\r\nhello0\r\n\r\n")]
    [TestCase(Data, "5\r\nhell\r\n0\r\n\r\n")]
    [TestCase(Data, "5\r\nhelloextra\r\n0\r\n\r\n")]
    [TestCase(Data, "5\r\nhello\r\n\r\n0\r\n\r\n")]
    [TestCase(Data, "5\r\nhello \r\n0\r\n\r\n")]
    [TestCase(LineEnd, "5\nhello\r\n0\r\n\r\n")]
    [TestCase(LineEnd, "5\rhello\r\n0\r\n\r\n")]
    [TestCase(LineEnd, "5\r\r\nhello\r\n0\r\n\r\n")]
    [TestCase(LineEnd, "5\r\r;a\r\nhello\r\n0\r\n\r\n")]
    [TestCase(LineEnd, "5\r\nhello\n0\r\n\r\n")]
    [TestCase(LineEnd, "5\r\nhello\r0\r\n\r\n")]
    [TestCase(LineEnd, "5\r\nhello\n\r\n0\r\n\r\n")]
    [TestCase(LineEnd, "0\n\r\n")]
    [TestCase(LineEnd, "0\r\n\n")]
    [TestCase(LineEnd, "0\r\n\r\r\n")]
    [TestCase(LineEnd, "5;a\nhello\r\n0\r\n\r\n")]
    [TestCase(LineEnd, "5;a=b\n1\r\nhello\r\n0\r\n\r\n")]
    [TestCase(LineEnd, "5;\nhello\r\n0\r\n\r\n")]
    [TestCase(LineEnd, "5;a\rb\r\nhello\r\n0\r\n\r\n")]
    [TestCase(LineEnd, "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n")]
    [TestCase(LineEnd, "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n")]
    [TestCase(Extension, "5;\r\nhello\r\n0\r\n\r\n")]
    [TestCase(Extension, "5; ;a\r\nhello\r\n0\r\n\r\n")]
    [TestCase(Extension, "5;a=\r\nhello\r\n0\r\n\r\n")]
    [TestCase(Extension, "5;=b\r\nhello\r\n0\r\n\r\n")]
    [TestCase(Extension, "5;a[=b\r\nhello\r\n0\r\n\r\n")]
    [TestCase(Extension, "5;a=b=c\r\nhello\r\n0\r\n\r\n")]
    [TestCase(Extension, "5;a=\"b\r\nhello\r\n0\r\n\r\n")]
    [TestCase(Extension, "5;a=\x01\r\nhello\r\n0\r\n\r\n")]
    [TestCase(Extension, "5;a\0\r\nhello\r\n0\r\n\r\n")]
    [TestCase(Extension, "5;\xE9\r\nhello\r\n0\r\n\r\n")]
    [TestCase(Extension, "0;\r\n\r\n")]
    [TestCase(Trailer, "0\r\nName\r\n\r\n")]
    [TestCase(Trailer, "0\r\n: a\r\n\r\n")]
    [TestCase(Trailer, "0\r\nName : a\r\n\r\n")]
    [TestCase(Trailer, "0\r\n Name: a\r\n\r\n")]
    [TestCase(Trailer, "0\r\nName: a\r\n b\r\n\r\n")]
    [TestCase(Trailer, "0\r\nName: a\r\n\tb\r\n\r\n")]
    [TestCase(Trailer, "0\r\nName: a\nb: c\r\n\r\n")]
    [TestCase(Trailer, "0\r\nName: a\rb\r\n\r\n")]
    [TestCase(Trailer, "0\r\nName: \0\r\n\r\n")]
    [TestCase(Trailer, "0\r\nN\xE9: a\r\n\r\n")]
    [TestCase(Trailer, "0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    public Task Body_that_breaks_a_rule_ends_the_connection(string rule, string body) =>
        Conversation.RefusesAsync(rule, $"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}", 400);

    [TestCase(Size, "5\r\nhello\r\n0\r\n\r\n", "hello")]
    [TestCase(Size, "0\r\n\r\n", "")]
    [TestCase(Size, "A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a")]
    [TestCase(Size, "00000005\r\nhello\r\n0000\r\n\r\n", "hello")]
    [TestCase(Data, "1\r\nh\r\n1\r\ne\r\n3\r\nllo\r\n0\r\n\r\n", "hello")]
    [TestCase(Data, "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", "\r\n0\r\n\r\n")]
    [TestCase(Ignore, "5;a\r\nhello\r\n0\r\n\r\n", "hello")]
    [TestCase(Ignore, "5;a=b;c=\"d;\\\"e\"\r\nhello\r\n0;f\r\n\r\n", "hello")]
    [TestCase(Ignore, "5 \t; \ta = b ; c\r\nhello\r\n0\r\n\r\n", "hello")]
    [TestCase(Trailer, "5\r\nhello\r\n0\r\nName: value\r\nOther:\r\n\r\n", "hello")]
    public Task Body_is_decoded(string rule, string body, string expected) =>
        Conversation.ServesAsync(rule, $"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}", expected);

    // The framing is settled by then, and so are the host, the identity and everything else that a header section says.
    [TestCase("Content-Length: 50")]
    [TestCase("Transfer-Encoding: gzip")]
    [TestCase("Host: b")]
    [TestCase("Connection: close")]
    [TestCase("Authorization: Bearer x")]
    [TestCase("Cookie: a=b")]
    [TestCase("Expect: 100-continue")]
    public Task Trailers_change_nothing(string line) => Conversation.ServesAsync(
        NoMerge,
        $"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n{line}\r\n\r\n",
        "Host: a\nTransfer-Encoding: chunked\n");

    [Test]
    public Task Extension_of_64_kilobytes_is_refused() => Conversation.RefusesAsync(
        Total, $"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;{new string('a', 65536)}\r\nhello\r\n0\r\n\r\n", 400);

    [Test]
    public Task Short_extensions_on_very_many_chunks_are_refused()
    {
        var chunks = string.Concat(Enumerable.Repeat("1;a=12345678901234567890\r\nx\r\n", 1000));
        return Conversation.RefusesAsync(Total, $"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n", 400);
    }

    [Test]
    public Task Trailers_above_the_limit_are_refused() => Conversation.RefusesAsync(
        Trailer, $"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nName: {new string('a', 10_000)}\r\n\r\n", 431);
}
