using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

/// <summary>RFC 9112 sections 2.2 and 3: the request line. Each rule stands before its inputs.</summary>
public class RequestLineTests
{
    private const string Shape = "RFC 9112 3: request-line = method SP request-target SP HTTP-version";
    private const string MethodToken = "RFC 9112 3.1: method = token";
    private const string Version = "RFC 9112 2.3: HTTP-version = HTTP-name \"/\" DIGIT \".\" DIGIT; HTTP-name is case-sensitive";
    private const string Major = "RFC 9110 15.6.6: 505 where the major version is not supported";
    private const string BareCr = "RFC 9112 2.2: a recipient of a bare CR must consider that element to be invalid";
    private const string BareLf = "RFC 9112 2.2: an LF alone may be taken for a line end; this parser does not";
    private const string Target = "RFC 9112 3.2: origin-form / absolute-form / authority-form / asterisk-form";
    private const string TargetByte = "RFC 3986 2: a URI is written in visible ASCII, and a fragment is not sent (RFC 9112 3.2)";
    private const string Backslash = "RFC 3986 3.3: no segment of a path holds a backslash";
    private const string Escape = "RFC 3986 2.1: pct-encoded = \"%\" HEXDIG HEXDIG";
    private const string EscapedControl = "RFC 9110 5.5: CR, LF and NUL are dangerous, however they come";
    private const string Tunnel = "RFC 9110 9.3.6: CONNECT is for proxies; an empty or invalid port must be refused";
    private const string UserInfo = "RFC 9110 4.2.4: user information in an http URI is to be treated as an error";
    private const string EmptyHost = "RFC 9110 4.2.1: a URI with an empty host must be rejected as invalid";

    [TestCase(Shape, "GET /", RequestRejection.MalformedRequestLine)]
    [TestCase(Shape, "GET", RequestRejection.MalformedRequestLine)]
    [TestCase(Shape, "GET  / HTTP/1.1", RequestRejection.MalformedRequestLine)]
    [TestCase(Shape, "GET /  HTTP/1.1", RequestRejection.MalformedRequestLine)]
    [TestCase(Shape, "GET / a HTTP/1.1", RequestRejection.MalformedRequestLine)]
    [TestCase(Shape, "GET / HTTP/1.1 ", RequestRejection.MalformedRequestLine)]
    [TestCase(Shape, "GET  HTTP/1.1", RequestRejection.MalformedRequestLine)]
    [TestCase(Shape, "GET\t/ HTTP/1.1", RequestRejection.InvalidMethod)]
    [TestCase(Shape, "GET /\tHTTP/1.1", RequestRejection.MalformedRequestLine)]
    [TestCase(MethodToken, "G@T / HTTP/1.1", RequestRejection.InvalidMethod)]
    [TestCase(MethodToken, "G\0T / HTTP/1.1", RequestRejection.InvalidMethod)]
    [TestCase(MethodToken, "(GET) / HTTP/1.1", RequestRejection.InvalidMethod)]
    [TestCase(MethodToken, " GET / HTTP/1.1", RequestRejection.InvalidMethod)]
    [TestCase(MethodToken, "\xFFGET / HTTP/1.1", RequestRejection.InvalidMethod)]
    [TestCase(Version, "GET / http/1.1", RequestRejection.MalformedRequestLine)]
    [TestCase(Version, "GET / HTTP/1", RequestRejection.MalformedRequestLine)]
    [TestCase(Version, "GET / HTTP/1.10", RequestRejection.MalformedRequestLine)]
    [TestCase(Version, "GET / HTTP/1,1", RequestRejection.MalformedRequestLine)]
    [TestCase(Version, "GET / HTTP/a.1", RequestRejection.MalformedRequestLine)]
    [TestCase(Version, "GET / HTTP/1.x", RequestRejection.MalformedRequestLine)]
    [TestCase(Version, "GET / HTTPS/1.1", RequestRejection.MalformedRequestLine)]
    [TestCase(Major, "GET / HTTP/2.0", RequestRejection.UnsupportedVersion)]
    [TestCase(Major, "GET / HTTP/0.9", RequestRejection.UnsupportedVersion)]
    [TestCase(Major, "PRI * HTTP/2.0", RequestRejection.Http2Preface)]
    [TestCase(BareCr, "GET / HTTP/1.1\rHost: a", RequestRejection.BareCarriageReturn)]
    [TestCase(BareCr, "\rGET / HTTP/1.1", RequestRejection.BareCarriageReturn)]
    [TestCase(BareLf, "GET / HTTP/1.1\nHost: a", RequestRejection.BareLineFeed)]
    [TestCase(BareLf, "\nGET / HTTP/1.1", RequestRejection.BareLineFeed)]
    [TestCase(Target, "GET * HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(Target, "OPTIONS ** HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(Target, "GET a HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(Target, "GET ?a HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(Target, "GET example.com:80 HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(Target, "CONNECT /a HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(Target, "GET ftp://example.com/ HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(Target, "GET http:/example.com HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(TargetByte, "GET /größe HTTP/1.1", RequestRejection.InvalidTargetByte)]
    [TestCase(TargetByte, "GET /a#b HTTP/1.1", RequestRejection.InvalidTargetByte)]
    [TestCase(TargetByte, "GET /a\0b HTTP/1.1", RequestRejection.InvalidTargetByte)]
    [TestCase(TargetByte, "GET /a\tb HTTP/1.1", RequestRejection.InvalidTargetByte)]
    [TestCase(TargetByte, "GET /a\x7F HTTP/1.1", RequestRejection.InvalidTargetByte)]
    [TestCase(Backslash, "GET /a\\b HTTP/1.1", RequestRejection.InvalidTargetByte)]
    [TestCase(Backslash, "GET http://b/a\\b HTTP/1.1", RequestRejection.InvalidTargetByte)]
    [TestCase(Escape, "GET /% HTTP/1.1", RequestRejection.InvalidPathEscape)]
    [TestCase(Escape, "GET /%4 HTTP/1.1", RequestRejection.InvalidPathEscape)]
    [TestCase(Escape, "GET /a%zz?b HTTP/1.1", RequestRejection.InvalidPathEscape)]
    [TestCase(Escape, "GET /%41%4?1 HTTP/1.1", RequestRejection.InvalidPathEscape)]
    [TestCase(EscapedControl, "GET /a%00 HTTP/1.1", RequestRejection.InvalidPathEscape)]
    [TestCase(EscapedControl, "GET /a%0d%0ab HTTP/1.1", RequestRejection.InvalidPathEscape)]
    [TestCase(EscapedControl, "GET /a%7F HTTP/1.1", RequestRejection.InvalidPathEscape)]
    [TestCase(Tunnel, "CONNECT b:443 HTTP/1.1", RequestRejection.TunnelRequested)]
    [TestCase(Tunnel, "CONNECT [::1]:443 HTTP/1.1", RequestRejection.TunnelRequested)]
    [TestCase(Tunnel, "CONNECT b HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(Tunnel, "CONNECT b: HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(Tunnel, "CONNECT b:65536 HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(Tunnel, "CONNECT * HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(Tunnel, "CONNECT http://b:80/ HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(UserInfo, "GET http://me@example.com/ HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(EmptyHost, "GET http:///a HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(EmptyHost, "GET http://:80/a HTTP/1.1", RequestRejection.InvalidTarget)]
    [TestCase(EmptyHost, "GET http:// HTTP/1.1", RequestRejection.InvalidTarget)]
    public void A_line_that_breaks_a_rule_is_refused(string rule, string line, RequestRejection expected)
    {
        ParsedHead parsed = ParsedHead.Of($"{line}\r\nHost: a\r\n\r\n");

        Assert.That(parsed.Rejection, Is.EqualTo(expected), rule);
        Assert.That(parsed.Status, Is.EqualTo(ParseStatus.Rejected));
        Assert.That(parsed.Consumed, Is.Zero);
    }

    [TestCase("GET / HTTP/1.1", RequestTargetForm.Origin, "/", "")]
    [TestCase("GET /events?topic=a&topic=b HTTP/1.1", RequestTargetForm.Origin, "/events", "topic=a&topic=b")]
    [TestCase("GET /a?b?c HTTP/1.1", RequestTargetForm.Origin, "/a", "b?c")]
    [TestCase("GET /a? HTTP/1.1", RequestTargetForm.Origin, "/a", "")]
    [TestCase("GET //a/../%2e%2F%20%80?b%zz\\ HTTP/1.1", RequestTargetForm.Origin, "//a/../%2e%2F%20%80", "b%zz\\")]
    [TestCase("GET /a|{b}^`\"<> HTTP/1.1", RequestTargetForm.Origin, "/a|{b}^`\"<>", "")]
    [TestCase("GET http://a HTTP/1.1", RequestTargetForm.Absolute, "/", "")]
    [TestCase("GET http://a?c HTTP/1.1", RequestTargetForm.Absolute, "/", "c")]
    [TestCase("GET http://a/c?d HTTP/1.1", RequestTargetForm.Absolute, "/c", "d")]
    [TestCase("GET HTTPS://a:443/c://d HTTP/1.1", RequestTargetForm.Absolute, "/c://d", "")]
    [TestCase("OPTIONS * HTTP/1.1", RequestTargetForm.Asterisk, "*", "")]
    public void A_target_is_split_into_path_and_query(string line, RequestTargetForm form, string path, string query)
    {
        using RequestHead head = ParsedHead.Complete($"{line}\r\nHost: a\r\n\r\n");

        Assert.That(head.TargetForm, Is.EqualTo(form));
        Assert.That(Text.Latin1(head.Target), Is.EqualTo(line.Split(' ')[1]));
        Assert.That(Text.Latin1(head.Path), Is.EqualTo(path));
        Assert.That(Text.Latin1(head.Query), Is.EqualTo(query));
    }

    [TestCase("GET", RequestMethod.Get)]
    [TestCase("HEAD", RequestMethod.Head)]
    [TestCase("POST", RequestMethod.Post)]
    [TestCase("PUT", RequestMethod.Put)]
    [TestCase("DELETE", RequestMethod.Delete)]
    [TestCase("OPTIONS", RequestMethod.Options)]
    [TestCase("PATCH", RequestMethod.Patch)]
    [TestCase("TRACE", RequestMethod.Trace)]
    [TestCase("get", RequestMethod.Other)]
    [TestCase("PROPFIND", RequestMethod.Other)]
    [TestCase("M-SEARCH", RequestMethod.Other)]
    [TestCase("FOO", RequestMethod.Other)]
    public void Methods_are_known_by_their_exact_name(string name, RequestMethod expected)
    {
        using RequestHead head = ParsedHead.Complete($"{name} / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.That(head.Method, Is.EqualTo(expected));
        Assert.That(Text.Latin1(head.MethodName), Is.EqualTo(name));
    }

    [TestCase("HTTP/1.0", false)]
    [TestCase("HTTP/1.1", true)]
    [TestCase("HTTP/1.2", true)]
    [TestCase("HTTP/1.9", true)]
    public void A_later_minor_version_is_read_as_HTTP_1_1(string version, bool isHttp11)
    {
        using RequestHead head = ParsedHead.Complete($"GET / {version}\r\nHost: a\r\n\r\n");

        Assert.That(head.IsHttp11, Is.EqualTo(isHttp11));
    }

    // RFC 9112 2.2: a server should ignore at least one empty line received before the request line.
    [TestCase(1, RequestRejection.None)]
    [TestCase(4, RequestRejection.None)]
    [TestCase(5, RequestRejection.MalformedRequestLine)]
    public void A_few_empty_lines_before_the_request_are_skipped(int count, RequestRejection expected)
    {
        string request = string.Concat(Enumerable.Repeat("\r\n", count)) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

        ParsedHead parsed = ParsedHead.Of(request + "rest");

        Assert.That(parsed.Rejection, Is.EqualTo(expected));
        Assert.That(parsed.Consumed, Is.EqualTo(expected == RequestRejection.None ? request.Length : 0));
    }

    [Test]
    public void A_TLS_handshake_is_known_by_its_first_byte() =>
        Assert.That(ParsedHead.Of("\x16").Rejection, Is.EqualTo(RequestRejection.TlsHandshake));

    [Test]
    public void Another_protocol_is_refused_at_its_first_byte() =>
        Assert.That(ParsedHead.Of("\x05").Rejection, Is.EqualTo(RequestRejection.InvalidMethod));
}
