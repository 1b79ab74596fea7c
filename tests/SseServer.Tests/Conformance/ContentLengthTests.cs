namespace SseServer.Tests.Conformance;

/// <summary>RFC 9112 section 6.2 and RFC 9110 section 8.6: Content-Length, over a connection.</summary>
public sealed class ContentLengthTests
{
    private const string Digits = "RFC 9110 8.6: Content-Length = 1*DIGIT";
    private const string Invalid = "RFC 9112 6.3: invalid Content-Length is an unrecoverable error: 400, then close";
    private const string List = "RFC 9110 8.6: a list of the same value may be rejected, or taken for one; differing ones are invalid";
    private const string Overflow = "RFC 9110 8.6: a recipient must anticipate large numerals and prevent overflow";
    private const string Octal = "RFC 9112 11.2: what one reader takes for decimal and another for octal desynchronises them";
    private const string Lookalike = "RFC 9112 11.2: what gateways fold into Content-Length desynchronises them";
    private const string Framing = "RFC 9112 6.3: a valid Content-Length defines the expected body length in octets";
    private const string NoBody = "RFC 9112 6.3: with neither field the body length of a request is zero";
    private const string AnyMethod = "RFC 9110 9.3.1: content of a GET has no meaning, but its framing is independent of the method";
    private const string White = "RFC 9112 5.1: OWS around the value is no part of it";

    [TestCase(Digits, "+5")]
    [TestCase(Digits, "-5")]
    [TestCase(Digits, "-0")]
    [TestCase(Digits, "5 5")]
    [TestCase(Digits, "5\t5")]
    [TestCase(Digits, "0x5")]
    [TestCase(Digits, "0o5")]
    [TestCase(Digits, "5h")]
    [TestCase(Digits, "5;a")]
    [TestCase(Digits, "5.0")]
    [TestCase(Digits, "5e0")]
    [TestCase(Digits, "5_0")]
    [TestCase(Digits, "\"5\"")]
    [TestCase(Digits, "five")]
    [TestCase(Digits, "chunked")]
    [TestCase(Digits, "\xB2")]
    [TestCase(Digits, "\xD9\xA5")]
    [TestCase(Digits, "5\xA0")]
    [TestCase(Digits, "5\0")]
    [TestCase(Digits, "\v5")]
    [TestCase(Invalid, "")]
    [TestCase(Invalid, " \t ")]
    [TestCase(List, "5, 5")]
    [TestCase(List, "5,5")]
    [TestCase(List, "5, 6")]
    [TestCase(List, "5, 5, 5")]
    [TestCase(List, ",5")]
    [TestCase(List, "5,")]
    [TestCase(Overflow, "9223372036854775808")]
    [TestCase(Overflow, "18446744073709551616")]
    [TestCase(Overflow, "18446744073709551621")]
    [TestCase(Overflow, "4294967301000000000000000000000000000000")]
    [TestCase(Octal, "005")]
    [TestCase(Octal, "00")]
    [TestCase(Octal, "0200")]
    public Task Value_that_breaks_a_rule_ends_the_connection(string rule, string value) =>
        Conversation.RefusesAsync(rule, $"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {value}\r\n\r\nhello", 400);

    [TestCase(List, "Content-Length: 5\r\nContent-Length: 5")]
    [TestCase(List, "Content-Length: 5\r\nContent-Length: 6")]
    [TestCase(List, "Content-Length: 5\r\nX: y\r\ncontent-length: 0")]
    [TestCase(List, "Content-Length: 5\r\nContent-Length:")]
    [TestCase(Lookalike, "Content_Length: 5")]
    [TestCase(Lookalike, "Content-Length: 5\r\nContent_Length: 99")]
    public Task Fields_that_break_a_rule_end_the_connection(string rule, string lines) =>
        Conversation.RefusesAsync(rule, $"POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\nhello", 400);

    [TestCase(Framing, "5", "hello")]
    [TestCase(Framing, "0", "")]
    [TestCase(Framing, "18", "GET / HTTP/1.1\r\n\r\n")]
    [TestCase(White, "5 ", "hello")]
    [TestCase(White, "  5", "hello")]
    [TestCase(White, "\t5\t ", "hello")]
    public Task Body_has_the_announced_length(string rule, string value, string body) =>
        Conversation.ServesAsync(rule, $"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {value}\r\n\r\n{body}", body);

    [Test]
    public Task Post_without_length_has_no_body() => Conversation.ServesAsync(NoBody, "POST / HTTP/1.1\r\nHost: a\r\n\r\n", "");

    // A server that forgets to read a body takes it for the next request.
    [TestCase("GET")]
    [TestCase("OPTIONS")]
    [TestCase("DELETE")]
    [TestCase("TRACE")]
    [TestCase("BREW")]
    public Task Body_of_any_method_is_read_to_its_end(string method)
    {
        const string Inner = "GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: inner=1\r\n\r\n";
        return Conversation.ServesAsync(AnyMethod, $"{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: {Inner.Length}\r\n\r\n{Inner}",
            "OK\n");
    }

    [Test]
    public async Task Body_of_head_is_read_to_its_end()
    {
        const string Inner = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        var replies = await Conversation.AskAsync(
            $"HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: {Inner.Length}\r\n\r\n{Inner}"
            + "POST /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nb",
            isHead: true);
        Assert.That(replies.Select(reply => reply.Body), Is.EqualTo(new[] { "", "b" }));
    }

    [Test]
    public Task Length_above_the_bound_is_413_without_a_byte_of_the_body() =>
        Conversation.RefusesAsync(Overflow, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n", 413);
}
