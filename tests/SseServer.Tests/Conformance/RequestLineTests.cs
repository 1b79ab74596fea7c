namespace SseServer.Tests.Conformance;

/// <summary>RFC 9112 sections 2.2, 2.3 and 3: the request line, over a connection.</summary>
public sealed class RequestLineTests
{
    private const string Shape = "RFC 9112 3: request-line = method SP request-target SP HTTP-version";
    private const string NoRepair = "RFC 9112 3: recipients of an invalid request-line should answer 400 and not autocorrect it";
    private const string Method = "RFC 9112 3.1: method = token";
    private const string Version = "RFC 9112 2.3: HTTP-version = HTTP-name \"/\" DIGIT \".\" DIGIT; HTTP-name is case-sensitive";
    private const string Major = "RFC 9110 15.6.6: 505 where the major version of the request is not supported";
    private const string Minor = "RFC 9110 6.2: a later minor version is processed as the highest known of the same major version";
    private const string OldLine = "RFC 9112 Appendix A: a line without a version is HTTP/0.9, which this server does not speak";
    private const string BareCr = "RFC 9112 2.2: a recipient of a bare CR must consider that element invalid or replace it";
    private const string BareLf = "RFC 9112 2.2: an LF alone may be taken for a line's end; strict servers do not";
    private const string Garbage = "RFC 9112 2.2: to octets that match no HTTP-message a server should answer 400 and close";
    private const string EmptyLine = "RFC 9112 2.2: a server should ignore at least one empty line received before the request-line";
    private const string TooLong = "RFC 9112 3: 414 to a target longer than the server wishes to parse; 8000 octets should be supported";
    private const string LongMethod = "RFC 9112 3: 501 to a method that is not implemented; what is longer than any is none: 400";
    private const string Preface = "RFC 9113 3.4: PRI * HTTP/2.0 makes a server without HTTP/2 fail the connection";

    [TestCase(Shape, "GET /\r\n", 400)]
    [TestCase(Shape, "GET\r\n", 400)]
    [TestCase(Shape, "GET HTTP/1.1\r\n", 400)]
    [TestCase(Shape, "GET  HTTP/1.1\r\n", 400)]
    [TestCase(Shape, "/ HTTP/1.1\r\n", 400)]
    [TestCase(Shape, "HTTP/1.1\r\n", 400)]
    [TestCase(NoRepair, "GET  / HTTP/1.1\r\n", 400)]
    [TestCase(NoRepair, "GET /  HTTP/1.1\r\n", 400)]
    [TestCase(NoRepair, "GET / HTTP/1.1 \r\n", 400)]
    [TestCase(NoRepair, "GET / HTTP/1.1\t\r\n", 400)]
    [TestCase(NoRepair, " GET / HTTP/1.1\r\n", 400)]
    [TestCase(NoRepair, "\tGET / HTTP/1.1\r\n", 400)]
    [TestCase(NoRepair, "GET\t/ HTTP/1.1\r\n", 400)]
    [TestCase(NoRepair, "GET /\tHTTP/1.1\r\n", 400)]
    [TestCase(NoRepair, "GET\v/ HTTP/1.1\r\n", 400)]
    [TestCase(NoRepair, "GET /\fHTTP/1.1\r\n", 400)]
    [TestCase(NoRepair, "GET / a HTTP/1.1\r\n", 400)]
    [TestCase(NoRepair, "GET / HTTP/1.1 HTTP/1.1\r\n", 400)]
    [TestCase(Method, "G@T / HTTP/1.1\r\n", 400)]
    [TestCase(Method, "G=\":<>(e),[T];?\" / HTTP/1.1\r\n", 400)]
    [TestCase(Method, "\"GET\" / HTTP/1.1\r\n", 400)]
    [TestCase(Method, "G\0ET / HTTP/1.1\r\n", 400)]
    [TestCase(Method, "G\xE9T / HTTP/1.1\r\n", 400)]
    [TestCase(Method, "GET: / HTTP/1.1\r\n", 400)]
    [TestCase(Version, "GET / http/1.1\r\n", 400)]
    [TestCase(Version, "GET / Http/1.1\r\n", 400)]
    [TestCase(Version, "GET / HTTP/1\r\n", 400)]
    [TestCase(Version, "GET / HTTP/1.\r\n", 400)]
    [TestCase(Version, "GET / HTTP/.1\r\n", 400)]
    [TestCase(Version, "GET / HTTP/1.1.1\r\n", 400)]
    [TestCase(Version, "GET / HTTP/01.1\r\n", 400)]
    [TestCase(Version, "GET / HTTP/1.01\r\n", 400)]
    [TestCase(Version, "GET / HTTP/1.10\r\n", 400)]
    [TestCase(Version, "GET / HTTP/ 1.1\r\n", 400)]
    [TestCase(Version, "GET / HTTP /1.1\r\n", 400)]
    [TestCase(Version, "GET / HTTP/1 .1\r\n", 400)]
    [TestCase(Version, "GET / HTTP/+1.1\r\n", 400)]
    [TestCase(Version, "GET / HTTP/1,1\r\n", 400)]
    [TestCase(Version, "GET / HTTP-1.1\r\n", 400)]
    [TestCase(Version, "GET / HTTP\\1.1\r\n", 400)]
    [TestCase(Version, "GET / HTTPS/1.1\r\n", 400)]
    [TestCase(Version, "GET / HTTP/A.B\r\n", 400)]
    [TestCase(Version, "GET / ICY/1.1\r\n", 400)]
    [TestCase(Major, "GET / HTTP/2.0\r\n", 505)]
    [TestCase(Major, "GET / HTTP/3.0\r\n", 505)]
    [TestCase(Major, "GET / HTTP/9.9\r\n", 505)]
    [TestCase(Major, "GET / HTTP/0.9\r\n", 505)]
    [TestCase(Major, "GET / HTTP/0.0\r\n", 505)]
    [TestCase(OldLine, "GET /\r\n\r\n", 400)]
    [TestCase(BareCr, "GET / HTTP/1.1\r", 400)]
    [TestCase(BareCr, "GET / HTTP/1.1\r\r\n", 400)]
    [TestCase(BareCr, "GET /\r HTTP/1.1\r\n", 400)]
    [TestCase(BareCr, "\rGET / HTTP/1.1\r\n", 400)]
    [TestCase(BareLf, "GET / HTTP/1.1\n", 400)]
    [TestCase(BareLf, "GET /\nHTTP/1.1\r\n", 400)]
    [TestCase(BareLf, "\nGET / HTTP/1.1\r\n", 400)]
    [TestCase(BareLf, "\n\r\nGET / HTTP/1.1\r\n", 400)]
    [TestCase(Garbage, "\0\r\n", 400)]
    [TestCase(Garbage, "\x80\xFF\x01\x02\r\n", 400)]
    [TestCase(Garbage, "   \r\n", 400)]
    [TestCase(Garbage, "\x16\x03\x01\x02\0\x01\0\x01\xFC\x03\x03", 400)]
    [TestCase(Garbage, "{\"jsonrpc\":\"2.0\"}\r\n", 400)]
    [TestCase(Garbage, "HTTP/1.1 200 OK\r\n", 400)]
    [TestCase(Garbage, "*1\r\n$4\r\nPING\r\n", 400)]
    [TestCase(Preface, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)]
    public Task Line_that_breaks_a_rule_ends_the_connection(string rule, string line, int status) =>
        Conversation.RefusesAsync(rule, line + "Host: a\r\n\r\n", status);

    [TestCase("GET")]
    [TestCase("DELETE")]
    [TestCase("get")]
    [TestCase("BREW")]
    [TestCase("M-SEARCH")]
    [TestCase("!#$%&'*+-.^_`|~09azAZ")]
    [TestCase("UPDATEREDIRECTREF")]
    [TestCase("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public Task Any_token_is_a_method(string method) =>
        Conversation.ServesAsync(Method, $"{method} /echo HTTP/1.1\r\nHost: a\r\n\r\n", "Host: a\n");

    [TestCase("HTTP/1.1")]
    [TestCase("HTTP/1.2")]
    [TestCase("HTTP/1.9")]
    public Task Later_minor_versions_are_served_as_http_1_1(string version) =>
        Conversation.ServesAsync(Minor, $"GET /echo {version}\r\nHost: a\r\n\r\n", "Host: a\n");

    // Older clients end a body with a CR LF that they do not count.
    [TestCase("\r\n")]
    [TestCase("\r\n\r\n")]
    public Task Empty_lines_before_a_request_are_skipped(string lines) =>
        Conversation.ServesAsync(EmptyLine, lines + "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", "Host: a\n");

    [Test]
    public Task Empty_lines_without_end_are_refused() =>
        Conversation.RefusesAsync(EmptyLine, string.Concat(Enumerable.Repeat("\r\n", 100)), 400);

    [Test]
    public Task Target_of_8000_bytes_is_served() =>
        Conversation.ServesAsync(TooLong, $"GET /echo?{new string('a', 7994)} HTTP/1.1\r\nHost: a\r\n\r\n", "Host: a\n");

    [TestCase(9_000)]
    [TestCase(100_000)]
    public Task Target_above_the_limit_is_414(int length) =>
        Conversation.RefusesAsync(TooLong, $"GET /{new string('a', length)} HTTP/1.1\r\nHost: a\r\n\r\n", 414);

    [TestCase(33)]
    [TestCase(9_000)]
    [TestCase(100_000)]
    public Task Method_longer_than_any_is_400(int length) =>
        Conversation.RefusesAsync(LongMethod, $"{new string('A', length)} / HTTP/1.1\r\nHost: a\r\n\r\n", 400);

    [Test]
    public Task Method_longer_than_any_is_refused_before_its_end() => Conversation.RefusesAsync(LongMethod, new string('A', 33), 400);
}
