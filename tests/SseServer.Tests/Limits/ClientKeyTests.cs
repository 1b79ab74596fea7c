using System.Net;
using SseServer.Endpoints;

namespace SseServer.Tests.Limits;

public sealed class ClientKeyTests
{
    [TestCase("192.0.2.1", "192.0.2.1", true)]
    [TestCase("192.0.2.1", "192.0.2.2", false)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [TestCase("::192.0.2.1", "192.0.2.1", false)]
    public void Client_is_its_network(string one, string other, bool same)
        => Assert.That(ClientKey.Of(null, IPAddress.Parse(one)) == ClientKey.Of(null, IPAddress.Parse(other)), Is.EqualTo(same));

    [Test]
    public void Authenticated_name_counts_from_any_address()
    {
        var address = IPAddress.Parse("192.0.2.1");
        Assert.That(ClientKey.Of("ann", address), Is.EqualTo(ClientKey.Of("ann", IPAddress.IPv6Loopback)));
        Assert.That(ClientKey.Of("ann", address), Is.Not.EqualTo(ClientKey.Of("bob", address)));
        Assert.That(ClientKey.Of("ann", address), Is.Not.EqualTo(ClientKey.Of(null, address)));
    }
}
