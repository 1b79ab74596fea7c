using System.Net;
using System.Text;
using SseServer.Protocol.Proxy;

namespace SseServer.Protocol.Tests.Proxy;

public sealed class AddressTextTests
{
    [TestCase("1.2.3.4", "1.2.3.4")]
    [TestCase("0.0.0.0", "0.0.0.0")]
    [TestCase("255.255.255.255", "255.255.255.255")]
    [TestCase("::", "::")]
    [TestCase("2001:DB8::1", "2001:db8::1")]
    [TestCase("::ffff:1.2.3.4", "1.2.3.4")]
    [TestCase("", null)]
    [TestCase("1.2.3", null)]
    [TestCase("127.1", null)]
    [TestCase("1.2.3.4.5", null)]
    [TestCase("1.2.3.256", null)]
    [TestCase("01.2.3.4", null)]
    [TestCase("0x7f.0.0.1", null)]
    [TestCase("1.2.3.+4", null)]
    [TestCase(" 1.2.3.4", null)]
    [TestCase("2130706433", null)]
    [TestCase("[::1]", null)]
    [TestCase("fe80::1%eth0", null)]
    [TestCase("1:2:3", null)]
    [TestCase(":::", null)]
    [TestCase("unknown", null)]
    public void Only_usual_forms_are_addresses(string text, string? address)
    {
        Assert.That(AddressText.TryParse(Encoding.Latin1.GetBytes(text), out var parsed), Is.EqualTo(address is not null));
        Assert.That(parsed, Is.EqualTo(address is null ? null : IPAddress.Parse(address)));
    }

    [TestCase("1.2.3.4:5", "1.2.3.4")]
    [TestCase("1.2.3.4", "1.2.3.4")]
    [TestCase("[::1]:65535", "::1")]
    [TestCase("[::1]", "::1")]
    [TestCase("::1", "::1")]
    [TestCase("1.2.3.4:", null)]
    [TestCase("1.2.3.4:65536", null)]
    [TestCase("1.2.3.4:_x", null)]
    [TestCase("[1.2.3.4]", null)]
    [TestCase("[::1", null)]
    [TestCase("[::1]x", null)]
    [TestCase("[]", null)]
    [TestCase(":80", null)]
    public void Port_may_follow(string text, string? address)
    {
        Assert.That(AddressText.TryParseWithPort(Encoding.Latin1.GetBytes(text), out var parsed), Is.EqualTo(address is not null));
        Assert.That(parsed, Is.EqualTo(address is null ? null : IPAddress.Parse(address)));
    }
}
