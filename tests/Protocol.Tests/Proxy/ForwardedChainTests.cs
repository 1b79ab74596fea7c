using SseServer.Protocol.Proxy;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Proxy;

public sealed class ForwardedChainTests
{
    [TestCase("", "")]
    [TestCase("  ", "")]
    [TestCase("1.2.3.4", "1.2.3.4")]
    [TestCase("1.2.3.4, 5.6.7.8 ,9.9.9.9", "9.9.9.9 5.6.7.8 1.2.3.4")]
    [TestCase("2001:db8::1, [2001:db8::2]:80, 1.2.3.4:80", "1.2.3.4 2001:db8::2 2001:db8::1")]
    [TestCase("unknown, 1.2.3.4", "1.2.3.4 -")]
    [TestCase("1.2.3.4,", "- 1.2.3.4")]
    [TestCase(",", "- -")]
    [TestCase("\"1.2.3.4\"", "-")]
    [TestCase("1.2.3.4 5.6.7.8", "-")]
    public void X_Forwarded_For_is_read_from_its_end(string value, string addresses) =>
        Assert.That(Read(ForwardedChain.OfXForwardedFor(value.ToLatin1())), Is.EqualTo(addresses));

    // The examples of RFC 7239 section 4 and 6, and what clients may try.
    [TestCase("for=\"_gazonk\"", "-")]
    [TestCase("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17")]
    [TestCase("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60")]
    [TestCase("for=192.0.2.43, for=198.51.100.17", "198.51.100.17 192.0.2.43")]
    [TestCase("for=unknown, for=_hidden;by=1.2.3.4", "- -")]
    [TestCase("by=1.2.3.4", "-")]
    [TestCase("host=\"a,b;for=6.6.6.6\";for=1.2.3.4", "1.2.3.4")]
    [TestCase("for=1.2.3.4;host=\"a;b\\\",for=6.6.6.6\"", "1.2.3.4")]
    [TestCase("for=\"6.6.6.6, for=1.2.3.4", "1.2.3.4 -")]
    [TestCase("for=\"6.6.6.6\\, for=\"[::1]\"", "::1 -")]
    [TestCase("for=", "-")]
    [TestCase("for=\"", "-")]
    [TestCase("for = 1.2.3.4", "-")]
    public void Forwarded_is_read_from_its_end(string value, string addresses) =>
        Assert.That(Read(ForwardedChain.OfForwarded(value.ToLatin1())), Is.EqualTo(addresses));

    [Test]
    public void Whatever_a_client_puts_in_front_the_proxys_own_entry_is_read_the_same([Range(0, 9)] int seed)
    {
        const string alphabet = "for=1.2;,\"\\ []:xa";
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var front = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            var quoted = ForwardedChain.OfForwarded((front + ", for=\"[2001:db8::1]:80\";by=\"a,b\"").ToLatin1());
            var plain = ForwardedChain.OfXForwardedFor((front + ", 2001:db8::1").ToLatin1());
            Assert.That(Read(quoted), Does.StartWith("2001:db8::1"), front);
            Assert.That(Read(plain), Does.StartWith("2001:db8::1"), front);
        }
    }

    private static string Read(ForwardedChain chain)
    {
        var addresses = new List<string>();
        while (chain.TryTakeLast(out var address)) addresses.Add(address?.ToString() ?? "-");
        return string.Join(' ', addresses);
    }
}
