namespace SseServer.Tests.Conformance;

/// <summary>RFC 9112 sections 6.1 and 6.3: Transfer-Encoding and the two lengths together, over a connection.</summary>
public sealed class TransferEncodingTests
{
    private const string Both = "RFC 9112 6.1: a server may reject a request with both fields, and must close after answering it";
    private const string Http10 = "RFC 9112 6.1: Transfer-Encoding in HTTP/1.0 must be treated as faulty framing, then close";
    private const string NotFinal = "RFC 9112 6.3: where chunked is not the final coding the server must answer 400 and close";
    private const string Unknown = "RFC 9112 6.1: to a transfer coding that it does not understand a server should answer 501";
    private const string Twice = "RFC 9112 6.1: a sender must not apply chunked more than once";
    private const string Parameters = "RFC 9112 7.1: chunked has no parameters; their presence should be treated as an error";
    private const string Token = "RFC 9112 6.1: Transfer-Encoding = #transfer-coding; a coding is a token";
    private const string Lookalike = "RFC 9112 11.2: what gateways fold into Transfer-Encoding desynchronises them";
    private const string Cases = "RFC 9112 7: all transfer-coding names are case-insensitive";
    private const string White = "RFC 9112 5.1: OWS around the value is no part of it";
    private const string Chunked = "RFC 9112 7.1: a recipient must be able to parse and decode the chunked transfer coding";

    // "0" and an empty line end a chunked body after 5 bytes: what a reader by Content-Length would take for more, or for less.
    private const string Body = "0\r\n\r\n";

    [TestCase("Content-Length: 5\r\nTransfer-Encoding: chunked")]
    [TestCase("Transfer-Encoding: chunked\r\nContent-Length: 5")]
    [TestCase("Content-Length: 6\r\nTransfer-Encoding: chunked")]
    [TestCase("Transfer-Encoding: chunked\r\nContent-Length: 0")]
    [TestCase("Content-Length: 5\r\nTransfer-Encoding: identity")]
    [TestCase("Content-Length: 5\r\nTransfer-Encoding: xchunked")]
    [TestCase("Content-Length: 5\r\nTransfer-Encoding:")]
    [TestCase("Content-Length: x\r\nTransfer-Encoding: x")]
    [TestCase("Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive")]
    [TestCase("Content-Length: 5\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity")]
    [TestCase("Content-Length: 5\r\ntRANSFER-eNCODING: CHUNKED")]
    public async Task Both_lengths_end_the_connection(string lines)
    {
        await Conversation.RefusesAsync(Both, $"POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n{Body}", 400);
        await Conversation.RefusesAsync(Both, $"GET / HTTP/1.1\r\n{lines}\r\nHost: a\r\n\r\n{Body}", 400);
    }

    [TestCase("Transfer-Encoding: chunked")]
    [TestCase("Transfer-Encoding: chunked\r\nConnection: keep-alive")]
    [TestCase("Transfer-Encoding: identity")]
    [TestCase("Transfer-Encoding: chunked\r\nContent-Length: 5")]
    public Task Transfer_encoding_in_http_1_0_ends_the_connection(string lines) =>
        Conversation.RefusesAsync(Http10, $"POST / HTTP/1.0\r\nHost: a\r\n{lines}\r\n\r\n{Body}", 400);

    [TestCase(NotFinal, "Transfer-Encoding: gzip", 400)]
    [TestCase(NotFinal, "Transfer-Encoding: identity", 400)]
    [TestCase(NotFinal, "Transfer-Encoding: xchunked", 400)]
    [TestCase(NotFinal, "Transfer-Encoding: chunkedx", 400)]
    [TestCase(NotFinal, "Transfer-Encoding: chunke", 400)]
    [TestCase(NotFinal, "Transfer-Encoding: chunked, identity", 400)]
    [TestCase(NotFinal, "Transfer-Encoding: chunked, gzip", 400)]
    [TestCase(NotFinal, "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip", 400)]
    [TestCase(NotFinal, "Transfer-Encoding: chunked\r\nTransfer-Encoding: x", 400)]
    [TestCase(Unknown, "Transfer-Encoding: gzip, chunked", 501)]
    [TestCase(Unknown, "Transfer-Encoding: identity, chunked", 501)]
    [TestCase(Unknown, "Transfer-Encoding: x\r\nTransfer-Encoding: chunked", 501)]
    [TestCase(Twice, "Transfer-Encoding: chunked, chunked", 400)]
    [TestCase(Twice, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400)]
    [TestCase(Twice, "Transfer-Encoding: chunked, gzip, chunked", 400)]
    [TestCase(Parameters, "Transfer-Encoding: chunked;a=b", 400)]
    [TestCase(Parameters, "Transfer-Encoding: chunked;", 400)]
    [TestCase(Parameters, "Transfer-Encoding: chunked; q=0", 400)]
    [TestCase(Token, "Transfer-Encoding:", 400)]
    [TestCase(Token, "Transfer-Encoding: ,", 400)]
    [TestCase(Token, "Transfer-Encoding: ,chunked", 400)]
    [TestCase(Token, "Transfer-Encoding: , chunked", 400)]
    [TestCase(Token, "Transfer-Encoding: chunked,", 400)]
    [TestCase(Token, "Transfer-Encoding: \"chunked\"", 400)]
    [TestCase(Token, "Transfer-Encoding: 'chunked'", 400)]
    [TestCase(Token, "Transfer-Encoding: chun ked", 400)]
    [TestCase(Token, "Transfer-Encoding: chunked x", 400)]
    [TestCase(Token, "Transfer-Encoding: x chunked", 400)]
    [TestCase(Token, "Transfer-Encoding: [chunked]", 400)]
    [TestCase(Token, "Transfer-Encoding: chunked:", 400)]
    [TestCase(Token, "Transfer-Encoding: \vchunked", 400)]
    [TestCase(Token, "Transfer-Encoding: \fchunked", 400)]
    [TestCase(Token, "Transfer-Encoding: chunked\v", 400)]
    [TestCase(Token, "Transfer-Encoding: chunked\0", 400)]
    [TestCase(Token, "Transfer-Encoding: chunked\x7F", 400)]
    [TestCase(Token, "Transfer-Encoding: \xA0" + "chunked", 400)]
    [TestCase(Token, "Transfer-Encoding: chunked\x85", 400)]
    [TestCase(Token, "Transfer-Encoding: \xEF\xBB\xBF" + "chunked", 400)]
    [TestCase(Lookalike, "Transfer_Encoding: chunked", 400)]
    [TestCase(Lookalike, "Content-Length: 5\r\nTransfer_Encoding: chunked", 400)]
    [TestCase("RFC 9112 5.1", "Transfer-Encoding : chunked", 400)]
    [TestCase("RFC 9112 5.1", " Transfer-Encoding: chunked", 400)]
    [TestCase("RFC 9112 2.2", "X: y\rTransfer-Encoding: chunked", 400)]
    [TestCase("RFC 9112 2.2", "X: y\nTransfer-Encoding: chunked", 400)]
    [TestCase("RFC 9112 5.2", "Transfer-Encoding\r\n : chunked", 400)]
    public async Task Coding_that_breaks_a_rule_ends_the_connection(string rule, string lines, int status)
    {
        await Conversation.RefusesAsync(rule, $"POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n{Body}", status);
        await Conversation.RefusesAsync(rule, $"GET / HTTP/1.1\r\n{lines}\r\nHost: a\r\n\r\n{Body}", status);
    }

    [TestCase(Chunked, "Transfer-Encoding: chunked")]
    [TestCase(Cases, "transfer-encoding: CHUNKED")]
    [TestCase(Cases, "TRANSFER-ENCODING: Chunked")]
    [TestCase(White, "Transfer-Encoding:chunked")]
    [TestCase(White, "Transfer-Encoding: \t chunked\t ")]
    [TestCase(Chunked, "Transfer-Encoding: chunked\r\nTE: trailers\r\nTrailer: X")]
    [TestCase("RFC 9110 5.1", "X-Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\nTransferEncoding: x\r\nContentLength: 1")]
    public Task Chunked_is_the_one_coding(string rule, string lines) =>
        Conversation.ServesAsync(rule, $"POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello");

    // The request inside the chunks is data, and the one after them is a request.
    [TestCase("POST", "1b\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n\r\n0\r\n\r\n", "GET / HTTP/1.1\r\nHost: b\r\n\r\n")]
    [TestCase("GET", "1b\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n\r\n0\r\n\r\n", "OK\n")]
    public Task Request_within_a_body_is_no_request(string method, string chunks, string answer) =>
        Conversation.ServesAsync(Chunked, $"{method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}", answer);
}
