namespace SseServer.Tests.Conformance;

/// <summary>
/// RFC 9112 section 3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host
/// header field and to any request message that contains more than one Host header field line or a Host header field with an invalid
/// field value."
/// </summary>
public sealed class HostTests
{
    private const string Missing = "RFC 9112 3.2: 400 to a request that lacks a Host header field";
    private const string Twice = "RFC 9112 3.2: 400 to a request with more than one Host header field line";
    private const string Invalid = "RFC 9112 3.2: 400 to a Host header field with an invalid field value";
    private const string Valid = "RFC 9110 7.2: Host = uri-host [ \":\" port ]";

    [TestCase(Missing, "")]
    [TestCase(Missing, "Hosts: a\r\n")]
    [TestCase(Missing, "X-Host: a\r\n")]
    [TestCase(Twice, "Host: a\r\nHost: a\r\n")]
    [TestCase(Twice, "Host: a\r\nX: y\r\nhost: a\r\n")]
    [TestCase(Twice, "HOST: a\r\nHost: b\r\n")]
    [TestCase(Twice, "Host: a\r\nHost:\r\n")]
    [TestCase(Invalid, "Host:\r\n")]
    [TestCase(Invalid, "Host: \t \r\n")]
    [TestCase(Invalid, "Host: :80\r\n")]
    [TestCase(Invalid, "Host: a/b\r\n")]
    [TestCase(Invalid, "Host: a?b\r\n")]
    [TestCase(Invalid, "Host: a#b\r\n")]
    [TestCase(Invalid, "Host: me@a\r\n")]
    [TestCase(Invalid, "Host: me:secret@a\r\n")]
    [TestCase(Invalid, "Host: http://a\r\n")]
    [TestCase(Invalid, "Host: a, b\r\n")]
    [TestCase(Invalid, "Host: a,b\r\n")]
    [TestCase(Invalid, "Host: a;b\r\n")]
    [TestCase(Invalid, "Host: a b\r\n")]
    [TestCase(Invalid, "Host: a\tb\r\n")]
    [TestCase(Invalid, "Host: a:80:80\r\n")]
    [TestCase(Invalid, "Host: a:8o\r\n")]
    [TestCase(Invalid, "Host: a: 80\r\n")]
    [TestCase(Invalid, "Host: a:+80\r\n")]
    [TestCase(Invalid, "Host: a:-1\r\n")]
    [TestCase(Invalid, "Host: a:65536\r\n")]
    [TestCase(Invalid, "Host: a:18446744073709551616\r\n")]
    [TestCase(Invalid, "Host: a\\b\r\n")]
    [TestCase(Invalid, "Host: \"a\"\r\n")]
    [TestCase(Invalid, "Host: <a>\r\n")]
    [TestCase(Invalid, "Host: a%00\r\n")]
    [TestCase(Invalid, "Host: a%zz\r\n")]
    [TestCase(Invalid, "Host: \xE9\r\n")]
    [TestCase(Invalid, "Host: ::1\r\n")]
    [TestCase(Invalid, "Host: [::1\r\n")]
    [TestCase(Invalid, "Host: [::1]a\r\n")]
    [TestCase(Invalid, "Host: [::1]:a\r\n")]
    [TestCase(Invalid, "Host: [:::]\r\n")]
    [TestCase(Invalid, "Host: [::1%25eth0]\r\n")]
    [TestCase(Invalid, "Host: [127.0.0.1]\r\n")]
    public async Task Host_that_breaks_a_rule_ends_the_connection(string rule, string fields)
    {
        await Conversation.RefusesAsync(rule, $"GET / HTTP/1.1\r\n{fields}\r\n", 400);

        // HTTP/1.0 may leave it out; the other rules hold.
        if (rule != Missing) await Conversation.RefusesAsync(rule, $"GET / HTTP/1.0\r\nConnection: keep-alive\r\n{fields}\r\n", 400);
    }

    [TestCase("a")]
    [TestCase("A")]
    [TestCase("localhost:8080")]
    [TestCase("example.com.")]
    [TestCase("a:")]
    [TestCase("a:0")]
    [TestCase("a:65535")]
    [TestCase("a:0080")]
    [TestCase("127.0.0.1:80")]
    [TestCase("[::1]:80")]
    [TestCase("[2001:db8::1]")]
    [TestCase("[::ffff:127.0.0.1]")]
    [TestCase("xn--bcher-kva.example")]
    [TestCase("my_service-1")]
    public Task Host_is_a_name_or_address_with_an_optional_port(string host) =>
        Conversation.ServesAsync(Valid, $"GET /echo HTTP/1.1\r\nhOST:\t{host} \r\n\r\n", $"hOST: {host}\n");

    [Test]
    public Task Request_of_http_1_0_needs_no_host() => Conversation.ServesLastAsync(Missing, "GET /echo HTTP/1.0\r\n\r\n", "");
}
