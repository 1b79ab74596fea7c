using System.Net;
using SseServer.Protocol.Http;
using SseServer.Protocol.Proxy;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Proxy;

public sealed class ProxyHeaderTests
{
    private const string Signature = "\r\n\r\n\0\r\nQUIT\n";

    private static readonly string V4 = Signature + "\x21\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x12\x34\x00\x50";

    private static readonly string V6 = Signature + "\x21\x21\x00\x24" + "\x20\x01\x0d\xb8" + new string('\0', 11) + "\x01"
        + new string('\0', 15) + "\x01" + "\x12\x34\x00\x50";

    // In tables of their own: control characters in a test's name lose the test.
    private static readonly (string Header, string? Source)[] Whole =
    [
        // The examples of section 2.1.
        ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535"),
        ("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"),
        ("PROXY UNKNOWN\r\n", null),
        ("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", null),
        ("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "192.168.0.1:56324"),
        ("PROXY TCP4 1.2.3.4 5.6.7.8 0 0\r\n", "1.2.3.4:0"),
        ("PROXY TCP6 ::ffff:1.2.3.4 ::1 1 2\r\n", "1.2.3.4:1"),
        (V4, "1.2.3.4:4660"),
        (V6, "[2001:db8::1]:4660"),
        // Extensions, section 2.2.
        (Signature + "\x21\x11\x00\x13\x01\x02\x03\x04\x05\x06\x07\x08\x12\x34\x00\x50\x04\x00\x04" + "wxyz", "1.2.3.4:4660"),
        // LOCAL, UNSPEC, UNIX and UDP.
        (Signature + "\x20\x00\x00\x00", null),
        (Signature + "\x20\x11\x00\x03xyz", null),
        (Signature + "\x21\x00\x00\x02xy", null),
        (Signature + "\x21\x31\x00\xd8" + new string('x', 216), null),
        (Signature + "\x21\x12\x00\x0c" + new string('x', 12), null),
    ];

    private static readonly string[] Broken =
    [
        "GET / HTTP/1.1\r\n",
        "PROXX TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3.04 5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3.4 256.6.7.8 1 2\r\n",
        "PROXY \r\n",
        "PROXY\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n" + new string('x', 100),
        "PROXY UNKNOWN " + new string('x', 92) + "\r\n",
        "\r\n\r\n\0\r\nQUIT\r",
        Signature + "\x11\x11\x00\x0c",
        Signature + "\x22\x11\x00\x0c",
        Signature + "\x21\x41\x00\x0c",
        Signature + "\x21\x13\x00\x0c",
        Signature + "\x21\x11\x00\x0b",
        Signature + "\x21\x21\x00\x23",
        Signature + "\x21\x11\x0f\xf1",
        "\x16\x03\x01",
    ];

    [Test]
    public void Header_tells_whose_the_connection_is([Range(0, 14)] int index)
    {
        var (header, source) = Whole[index];
        var bytes = (header + "GET").ToLatin1();
        Assert.That(ProxyHeader.Parse(bytes, out var length, out var parsed), Is.EqualTo(ParseStatus.Complete));
        Assert.That(length, Is.EqualTo(header.Length), "what follows is the client's");
        Assert.That(parsed, Is.EqualTo(source is null ? null : IPEndPoint.Parse(source)));
    }

    [Test]
    public void Truncated_header_is_incomplete_wherever_it_is_cut([Range(0, 14)] int index)
    {
        var bytes = Whole[index].Header.ToLatin1();
        for (var end = 0; end < bytes.Length; end++)
            Assert.That(ProxyHeader.Parse(bytes.AsSpan(0, end), out _, out _), Is.EqualTo(ParseStatus.Incomplete), $"after {end} bytes");
    }

    [Test]
    public void What_is_no_header_is_refused_and_stays_refused([Range(0, 28)] int index)
    {
        var bytes = Broken[index].ToLatin1();
        var refused = false;
        for (var end = 0; end <= bytes.Length; end++)
        {
            var status = ProxyHeader.Parse(bytes.AsSpan(0, end), out _, out var source);
            Assert.That(status, Is.EqualTo(refused ? ParseStatus.Rejected : status).And.Not.EqualTo(ParseStatus.Complete),
                $"after {end} bytes");
            Assert.That(source, Is.Null);
            refused = status == ParseStatus.Rejected;
        }

        Assert.That(refused, Is.True);
    }

    [Test]
    public void All_of_the_tables_are_tried() => Assert.That((Whole.Length, Broken.Length), Is.EqualTo((15, 29)));

    [Test]
    public void Longest_header_is_taken_and_a_longer_one_refused_by_its_length()
    {
        var longest = (Signature + "\x21\x11\x0f\xf0" + new string('\x01', 4080)).ToLatin1();
        Assert.That(longest, Has.Length.EqualTo(ProxyHeader.MaxBytes));
        Assert.That(ProxyHeader.Parse(longest, out _, out _), Is.EqualTo(ParseStatus.Complete));
    }

    [Test]
    public void Damaged_header_never_throws_and_never_takes_more_than_there_is([Range(0, 9)] int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = Whole[random.Next(Whole.Length)].Header.ToLatin1();
            for (var damages = random.Next(4); damages > 0; damages--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var status = ProxyHeader.Parse(bytes, out var length, out var source);
            Assert.That(length, Is.InRange(0, bytes.Length));
            Assert.That(source is null || status == ParseStatus.Complete, Is.True);
        }
    }
}
