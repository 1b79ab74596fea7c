namespace SseServer.Tests.Conformance;

/// <summary>RFC 9112 section 3.2: the forms of the request target, over a connection.</summary>
public sealed class TargetTests
{
    private const string Forms = "RFC 9112 3.2: request-target = origin-form / absolute-form / authority-form / asterisk-form";
    private const string Asterisk = "RFC 9112 3.2.4: the asterisk-form is only used for a server-wide OPTIONS request";
    private const string Authority = "RFC 9112 3.2.3: the authority-form is only used for CONNECT requests";
    private const string Connect = "RFC 9110 9.3.6: an empty or invalid port must be rejected; an origin server need not implement CONNECT";
    private const string Absolute = "RFC 9112 3.2.2: a server must accept the absolute-form in requests";
    private const string UserInfo = "RFC 9110 4.2.4: a recipient should treat userinfo in an http URI as an error";
    private const string EmptyHost = "RFC 9110 4.2.1: a recipient must reject an http URI with an empty host identifier as invalid";
    private const string Bytes = "RFC 9112 3.2: no whitespace is allowed in the request-target; RFC 3986 2: its bytes are visible ASCII";
    private const string Fragment = "RFC 9110 7.1: the target URI excludes the reference's fragment component";
    private const string Path = "RFC 3986 3.3: pchar = unreserved / pct-encoded / sub-delims / \":\" / \"@\"";
    private const string Mismatch = "RFC 9112 3.2.2: the target's host replaces the Host field; where they differ, readers may disagree";

    [TestCase(Asterisk, "GET *", 400)]
    [TestCase(Asterisk, "POST *", 400)]
    [TestCase(Asterisk, "OPTIONS **", 400)]
    [TestCase(Asterisk, "OPTIONS *?a", 400)]
    [TestCase(Forms, "GET a", 400)]
    [TestCase(Forms, "GET ?a", 400)]
    [TestCase(Forms, "GET .", 400)]
    [TestCase(Forms, "GET ../a", 400)]
    [TestCase(Forms, "GET \\a", 400)]
    [TestCase(Forms, "GET !", 400)]
    [TestCase(Authority, "GET a:80", 400)]
    [TestCase(Authority, "OPTIONS a:80", 400)]
    [TestCase(Connect, "CONNECT a:80", 501)]
    [TestCase(Connect, "CONNECT a", 400)]
    [TestCase(Connect, "CONNECT a:", 400)]
    [TestCase(Connect, "CONNECT a:99999", 400)]
    [TestCase(Connect, "CONNECT a:-1", 400)]
    [TestCase(Connect, "CONNECT /", 400)]
    [TestCase(Connect, "CONNECT *", 400)]
    [TestCase(Absolute, "GET ftp://a/", 400)]
    [TestCase(Absolute, "GET //a/ /", 400)]
    [TestCase(Absolute, "GET http:/a", 400)]
    [TestCase(Absolute, "GET http:a", 400)]
    [TestCase(Absolute, "GET httpx://a/", 400)]
    [TestCase(Absolute, "GET ws://a/", 400)]
    [TestCase(Absolute, "GET file:///etc/passwd", 400)]
    [TestCase(Absolute, "GET http://a:b/", 400)]
    [TestCase(Absolute, "GET http://a:99999/", 400)]
    [TestCase(Absolute, "GET http://[::1/", 400)]
    [TestCase(Absolute, "GET http://a\\b/", 400)]
    [TestCase(UserInfo, "GET http://me@a/", 400)]
    [TestCase(UserInfo, "GET http://me:secret@a/", 400)]
    [TestCase(UserInfo, "GET http://a@b@a/", 400)]
    [TestCase(EmptyHost, "GET http://", 400)]
    [TestCase(EmptyHost, "GET http:///a", 400)]
    [TestCase(EmptyHost, "GET http://:80/", 400)]
    [TestCase(EmptyHost, "GET http://?a", 400)]
    [TestCase(Mismatch, "GET http://b/", 400)]
    [TestCase(Mismatch, "GET http://a:81/", 400)]
    [TestCase(Mismatch, "GET https://a:80/", 400)]
    [TestCase(Mismatch, "GET http://a.b/", 400)]
    [TestCase(Fragment, "GET /a#b", 400)]
    [TestCase(Fragment, "GET /#", 400)]
    [TestCase(Fragment, "GET http://a/#b", 400)]
    [TestCase(Bytes, "GET /a\0b", 400)]
    [TestCase(Bytes, "GET /a\x01" + "b", 400)]
    [TestCase(Bytes, "GET /a\x7F", 400)]
    [TestCase(Bytes, "GET /a\tb", 400)]
    [TestCase(Bytes, "GET /a\vb", 400)]
    [TestCase(Bytes, "GET /a\x1B[31m", 400)]
    [TestCase(Bytes, "GET /\xC3\xA9", 400)]
    [TestCase(Bytes, "GET /\xC0\xAF", 400)]
    [TestCase(Bytes, "GET /a?\xFF", 400)]
    [TestCase(Bytes, "GET /a b", 400)]
    [TestCase(Path, "GET /a\\b", 400)]
    [TestCase(Path, "GET /..\\..\\a", 400)]
    [TestCase(Path, "GET /a%", 400)]
    [TestCase(Path, "GET /a%2", 400)]
    [TestCase(Path, "GET /a%zz", 400)]
    [TestCase(Path, "GET /a%u0041", 400)]
    [TestCase(Path, "GET /a%00.html", 400)]
    [TestCase(Path, "GET /a%0d%0aX:%20b", 400)]
    [TestCase(Path, "GET /a%0a", 400)]
    public Task Target_that_breaks_a_rule_ends_the_connection(string rule, string start, int status) =>
        Conversation.RefusesAsync(rule, $"{start} HTTP/1.1\r\nHost: a\r\n\r\n", status);

    // Paths are compared as they are: nothing is decoded or removed to make them match.
    [TestCase(Forms, "/echo")]
    [TestCase(Forms, "/echo?")]
    [TestCase(Forms, "/echo?a=b&c")]
    [TestCase(Forms, "/echo?a?b/c\\d%zz")]
    [TestCase(Absolute, "http://a/echo")]
    [TestCase(Absolute, "HTTP://A/echo?b")]
    [TestCase(Absolute, "http://a:80/echo")]
    [TestCase(Absolute, "http://a:/echo")]
    public Task Echo_is_found_by_its_path(string rule, string target) =>
        Conversation.ServesAsync(rule, $"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n", "Host: a\n");

    [TestCase(Forms, "/")]
    [TestCase(Forms, "//")]
    [TestCase(Forms, "//echo")]
    [TestCase(Forms, "/./echo")]
    [TestCase(Forms, "/a/../echo")]
    [TestCase(Forms, "/%65cho")]
    [TestCase(Forms, "/echo/")]
    [TestCase(Forms, "/ECHO")]
    [TestCase(Forms, "/echo;a")]
    [TestCase(Forms, "/a%2fb%20%E9%252e")]
    [TestCase(Forms, "/a:b@c!$&'()*+,;=-._~")]
    [TestCase(Absolute, "http://a")]
    [TestCase(Absolute, "http://a?b")]
    public Task Other_paths_are_other_resources(string rule, string target) =>
        Conversation.ServesAsync(rule, $"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n", "OK\n");

    [TestCase("*")]
    [TestCase("/")]
    public async Task Options_lists_the_methods(string target)
    {
        var reply = await Conversation.ServesAsync(Asterisk, $"OPTIONS {target} HTTP/1.1\r\nHost: a\r\n\r\n", "OK\n");
        Assert.That(reply.Fields["Allow"], Does.Contain("OPTIONS"));
    }
}
