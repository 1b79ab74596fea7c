using System.Net;
using SseServer.Transport.Limits;

namespace SseServer.Tests.Transport.Limits;

public sealed class ClientNetworkTests
{
    [TestCase("1.2.3.4", "1.2.3.4", true)]
    [TestCase("1.2.3.4", "1.2.3.5", false)]
    [TestCase("2001:db8::1", "2001:db8::ffff:1:2:3", true)]
    [TestCase("2001:db8::1", "2001:db8:0:1::1", false)]
    [TestCase("0.0.0.0", "::", false)]
    [TestCase("0.0.0.1", "::1", false)]
    public void One_client_is_an_IPv4_address_or_a_64_of_IPv6(string left, string right, bool isSame) =>
        Assert.That(new ClientNetwork(IPAddress.Parse(left)) == new ClientNetwork(IPAddress.Parse(right)), Is.EqualTo(isSame));
}
