using System.Net;
using SseServer.Endpoints;

namespace SseServer.Tests.Limits;

public sealed class SubjectTests
{
    [TestCase("192.0.2.1", "192.0.2.1", true)]
    [TestCase("192.0.2.1", "192.0.2.2", false)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [TestCase("::192.0.2.1", "192.0.2.1", false)]
    public void Client_is_its_network(string one, string other, bool same)
        => Assert.That(Subject.Of(null, IPAddress.Parse(one)) == Subject.Of(null, IPAddress.Parse(other)), Is.EqualTo(same));

    [Test]
    public void Name_that_was_proved_counts_wherever_it_comes_from()
    {
        var address = IPAddress.Parse("192.0.2.1");
        Assert.That(Subject.Of("ann", address), Is.EqualTo(Subject.Of("ann", IPAddress.IPv6Loopback)));
        Assert.That(Subject.Of("ann", address), Is.Not.EqualTo(Subject.Of("bob", address)));
        Assert.That(Subject.Of("ann", address), Is.Not.EqualTo(Subject.Of(null, address)));
    }
}
