using System.Net;
using SseServer.Relay;

namespace SseServer.Tests.Relay;

/// <summary>Where a source on the Internet may redirect a relay: to other hosts there, and not into the relay's own networks.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class PublicAddressesTests
{
    [TestCase("1.1.1.1", true)]
    [TestCase("9.255.255.255", true)]
    [TestCase("11.0.0.0", true)]
    [TestCase("172.15.255.255", true)]
    [TestCase("172.32.0.0", true)]
    [TestCase("192.169.0.1", true)]
    [TestCase("2606:4700::1111", true)]
    [TestCase("::ffff:1.1.1.1", true)]
    [TestCase("64:ff9b::1.1.1.1", true)]
    [TestCase("0.0.0.0", false)]
    [TestCase("10.0.0.1", false)]
    [TestCase("100.64.0.1", false)]
    [TestCase("127.0.0.1", false)]
    [TestCase("127.255.255.254", false)]
    [TestCase("169.254.169.254", false)]
    [TestCase("172.16.0.1", false)]
    [TestCase("172.31.255.255", false)]
    [TestCase("192.168.1.1", false)]
    [TestCase("198.18.0.1", false)]
    [TestCase("224.0.0.1", false)]
    [TestCase("255.255.255.255", false)]
    [TestCase("::", false)]
    [TestCase("::1", false)]
    [TestCase("fe80::1", false)]
    [TestCase("fec0::1", false)]
    [TestCase("fc00::1", false)]
    [TestCase("fd12:3456::1", false)]
    [TestCase("ff02::1", false)]
    [TestCase("::ffff:10.0.0.1", false)]
    [TestCase("::ffff:127.0.0.1", false)]
    [TestCase("64:ff9b::10.0.0.1", false)]
    [TestCase("2002:7f00:1::1", false)]
    [TestCase("2002:a00:1::1", false)]
    public void Address_is_one_that_anybody_may_be_at(string address, bool isPublic)
    {
        Assert.That(PublicAddresses.Contains(IPAddress.Parse(address)), Is.EqualTo(isPublic));
    }

    // The configured source may be anywhere; only its redirects are restricted.
    [TestCase("", "10.0.0.1", false)]
    [TestCase("", "1.1.1.1", false)]
    [TestCase("10.0.0.1", "127.0.0.1", false)]
    [TestCase("10.0.0.1", "1.1.1.1", false)]
    [TestCase("1.1.1.1", "9.9.9.9", false)]
    [TestCase("1.1.1.1", "10.0.0.1", true)]
    [TestCase("1.1.1.1", "::1", true)]
    [TestCase("1.1.1.1", "9.9.9.9 169.254.169.254", true)]
    [TestCase("10.0.0.1 1.1.1.1", "10.0.0.1", true)]
    [TestCase("1.1.1.1 9.9.9.9", "192.168.0.1", true)]
    public void Redirect_is_refused_from_a_public_address_into_a_private_network(string passed, string next, bool isRefused)
    {
        var route = new SourceConnector.Route();
        foreach (var address in passed.Split(' ', StringSplitOptions.RemoveEmptyEntries)) route.Pass(IPAddress.Parse(address));
        Assert.That(route.Refuses([.. next.Split(' ').Select(IPAddress.Parse)]), Is.EqualTo(isRefused));
    }
}
