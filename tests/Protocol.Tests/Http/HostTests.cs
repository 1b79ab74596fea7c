using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

/// <summary>
/// RFC 9112 section 3.2: a server must answer 400 to an HTTP/1.1 request without a Host field, and to any request with more than one
/// or with an invalid one.
/// </summary>
public class HostTests
{
    [TestCase("GET / HTTP/1.1\r\n\r\n", RequestRejection.MissingHost)]
    [TestCase("GET http://a/ HTTP/1.1\r\n\r\n", RequestRejection.MissingHost)]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", RequestRejection.DuplicateHost)]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", RequestRejection.DuplicateHost)]
    [TestCase("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", RequestRejection.DuplicateHost)]
    public void A_missing_or_repeated_host_is_refused(string request, RequestRejection expected) =>
        Assert.That(ParsedHead.Of(request).Rejection, Is.EqualTo(expected));

    [TestCase("")]
    [TestCase(":80")]
    [TestCase("a b")]
    [TestCase("a, b")]
    [TestCase("a,b")]
    [TestCase("a%2eb")]
    [TestCase("a!")]
    [TestCase("a/b")]
    [TestCase("me@a")]
    [TestCase("http://a")]
    [TestCase("a:b")]
    [TestCase("a:80:80")]
    [TestCase("a:-1")]
    [TestCase("a:65536")]
    [TestCase("a:99999999999999999999")]
    [TestCase("größe")]
    [TestCase("[")]
    [TestCase("[]")]
    [TestCase("[1.2.3.4]")]
    [TestCase("[::1")]
    [TestCase("[::1]80")]
    [TestCase("[::g]")]
    [TestCase("[:::]")]
    [TestCase("[1::2::3]")]
    [TestCase("[1:2:3:4:5:6:7:8:9]")]
    [TestCase("[::1%25eth0]")]
    [TestCase("::1")]
    public void An_invalid_host_is_refused(string host)
    {
        Assert.That(ParsedHead.Of($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").Rejection, Is.EqualTo(RequestRejection.InvalidHost));
        Assert.That(ParsedHead.Of($"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n").Rejection, Is.EqualTo(RequestRejection.InvalidHost));
    }

    [TestCase("localhost")]
    [TestCase("example.com:8080")]
    [TestCase("example.com:")]
    [TestCase("a:65535")]
    [TestCase("127.0.0.1:1")]
    [TestCase("[::1]")]
    [TestCase("[fe80::1:ABCD]:8080")]
    [TestCase("[::ffff:1.2.3.4]")]
    [TestCase("xn--grn-2xa.example")]
    [TestCase("my_service")]
    public void A_name_or_address_with_an_optional_port_is_a_host(string host)
    {
        using RequestHead head = ParsedHead.Complete($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");

        Assert.That(Text.Latin1(head.Host), Is.EqualTo(host));
    }

    // RFC 9112 3.2.2: the server must ignore the Host field and use the host of the absolute target; so both must say the same.
    [TestCase("http://b:81/c", "b:81")]
    [TestCase("http://B:81/c", "b:81")]
    [TestCase("http://b/c", "b:80")]
    [TestCase("http://b:80/c", "b")]
    [TestCase("http://b:/c", "b")]
    [TestCase("http://b?c", "b")]
    [TestCase("HTTPS://b/c", "b:443")]
    [TestCase("http://[::1]:81", "[::1]:81")]
    public void The_host_of_an_absolute_target_agrees_with_the_field(string target, string field)
    {
        using RequestHead head = ParsedHead.Complete($"GET {target} HTTP/1.1\r\nHost: {field}\r\n\r\n");

        Assert.That(Text.Latin1(head.Host), Is.EqualTo(target.Split("://")[1].Split('/', '?')[0]));
    }

    [TestCase("http://b/", "a")]
    [TestCase("http://b/", "b.")]
    [TestCase("http://b/", "b:81")]
    [TestCase("http://b:81/", "b")]
    [TestCase("https://b/", "b:80")]
    [TestCase("http://b:443/", "b")]
    public void A_host_that_differs_from_that_of_an_absolute_target_is_refused(string target, string field) =>
        Assert.That(
            ParsedHead.Of($"GET {target} HTTP/1.1\r\nHost: {field}\r\n\r\n").Rejection, Is.EqualTo(RequestRejection.HostMismatch));

    [Test]
    public void An_absolute_target_of_HTTP_1_0_needs_no_field()
    {
        using RequestHead head = ParsedHead.Complete("GET http://b/ HTTP/1.0\r\n\r\n");

        Assert.That(Text.Latin1(head.Host), Is.EqualTo("b"));
    }

    [Test]
    public void HTTP_1_0_needs_no_host()
    {
        using RequestHead head = ParsedHead.Complete("GET / HTTP/1.0\r\n\r\n");

        Assert.That(head.Host.IsEmpty, Is.True);
    }
}
