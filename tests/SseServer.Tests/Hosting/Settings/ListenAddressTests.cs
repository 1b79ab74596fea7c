using System.Net;
using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class ListenAddressTests
{
    [TestCase("127.0.0.1:8080", true, "127.0.0.1:8080")]
    [TestCase("127.1.2.3:0", true, "127.1.2.3:0")]
    [TestCase("[::1]:8080", true, "[::1]:8080")]
    [TestCase("localhost:80", true, "127.0.0.1:80", "[::1]:80")]
    [TestCase("LOCALHOST:80", true, "127.0.0.1:80", "[::1]:80")]
    [TestCase("0.0.0.0:65535", false, "0.0.0.0:65535")]
    [TestCase("[::]:8080", false, "[::]:8080")]
    [TestCase("192.168.1.10:8080", false, "192.168.1.10:8080")]
    [TestCase("*:8080", false, "0.0.0.0:8080", "[::]:8080")]
    public void Address_names_its_endpoints(string text, bool isLoopback, params string[] endPoints)
    {
        Assert.That(ListenAddress.TryParse(text, out var address, out _), Is.True);
        Assert.That(address!.IsLoopback, Is.EqualTo(isLoopback));
        Assert.That(address.GetEndPoints(ipv6: true), Is.EqualTo(endPoints.Select(IPEndPoint.Parse)));
        Assert.That(address.ToString(), Is.EqualTo(text));
    }

    [TestCase("https://*:8443", true, "https://*:8443")]
    [TestCase("HTTPS://[::1]:8443", true, "https://[::1]:8443")]
    [TestCase("http://127.0.0.1:8080", false, "127.0.0.1:8080")]
    public void Scheme_says_whether_TLS_is_spoken(string text, bool isTls, string written)
    {
        Assert.That(ListenAddress.TryParse(text, out var address, out _), Is.True);
        Assert.That((address!.IsTls, address.ToString()), Is.EqualTo((isTls, written)));
    }

    [TestCase("localhost:80", "127.0.0.1:80")]
    [TestCase("*:80", "0.0.0.0:80")]
    [TestCase("[::1]:80", "[::1]:80")]
    public void Machine_without_IPv6_binds_only_what_was_asked_for_by_name(string text, string endPoint)
    {
        Assert.That(ListenAddress.TryParse(text, out var address, out _), Is.True);
        Assert.That(address!.GetEndPoints(ipv6: false), Is.EqualTo(new[] { IPEndPoint.Parse(endPoint) }));
    }

    [TestCase("", "has no port")]
    [TestCase("8080", "has no host")]
    [TestCase(":8080", "has no host")]
    [TestCase("127.0.0.1", "has no port")]
    [TestCase("[::1]", "has no port")]
    [TestCase("127.0.0.1:", "has no valid port")]
    [TestCase("127.0.0.1:65536", "has no valid port")]
    [TestCase("127.0.0.1:-1", "has no valid port")]
    [TestCase("127.0.0.1: 80", "has no valid port")]
    [TestCase("::1:8080", "has an IPv6 address without brackets")]
    [TestCase("[127.0.0.1]:8080", "has a host that is not an IP address")]
    [TestCase("127.1:8080", "has a host that is not an IP address")]
    [TestCase("example.org:8080", "has a host that is not an IP address")]
    [TestCase("ws://127.0.0.1:8080", "has a scheme other than https or http")]
    [TestCase("https://https://127.0.0.1:8080", "has a scheme other than https or http")]
    [TestCase("https://127.0.0.1:8080/", "has a path")]
    [TestCase("https://127.0.0.1", "has no port")]
    public void Text_that_is_not_an_address_is_rejected_with_the_reason(string text, string reason)
    {
        Assert.That(ListenAddress.TryParse(text, out _, out var problem), Is.False);
        Assert.That(problem, Does.Match($"^{reason}; write .*:.*\\.$"));
    }
}
