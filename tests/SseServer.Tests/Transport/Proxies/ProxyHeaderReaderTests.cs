using System.Net;
using System.Text;
using SseServer.Tests.Support;
using SseServer.Transport;
using SseServer.Transport.Channels;
using SseServer.Transport.Proxies;

namespace SseServer.Tests.Transport.Proxies;

/// <summary>The step alone, over memory.</summary>
public sealed class ProxyHeaderReaderTests
{
    private const string Header = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n";

    private readonly TransportBuffers _buffers = new();

    [TearDown]
    public void Buffers_are_returned() => Assert.That(_buffers.Outstanding, Is.Zero);

    [Test]
    public async Task Header_is_read_and_not_one_byte_beyond([Range(0, 44)] int split)
    {
        var raw = Open();
        await raw.Client.WriteAsync(Encoding.ASCII.GetBytes(Header[..split]));
        var reading = ProxyHeaderReader.ReadAsync(raw, _buffers).AsTask();
        await raw.Client.WriteAsync(Encoding.ASCII.GetBytes(Header[split..] + "GET"));
        var result = await reading.Soon();
        Assert.That((result.IsRead, result.Client), Is.EqualTo((true, IPEndPoint.Parse("192.0.2.7:4711"))));
        Assert.That(raw.AvailableBytes, Is.EqualTo(3));
        Assert.That(raw.CloseReason, Is.EqualTo(CloseReason.None));
    }

    [Test]
    public async Task Proxy_may_speak_for_itself()
    {
        var raw = Open();
        await raw.Client.WriteAsync("PROXY UNKNOWN\r\n"u8.ToArray());
        var result = await ProxyHeaderReader.ReadAsync(raw, _buffers).AsTask().Soon();
        Assert.That((result.IsRead, result.Client), Is.EqualTo((true, (IPEndPoint?)null)));
    }

    [Test]
    public async Task Anything_else_is_refused()
    {
        var raw = Open();
        await raw.Client.WriteAsync("GET / HTTP/1.1\r\n"u8.ToArray());
        Assert.That((await ProxyHeaderReader.ReadAsync(raw, _buffers).AsTask().Soon()).IsRead, Is.False);
        Assert.That(raw.CloseReason, Is.EqualTo(CloseReason.ProxyHeaderRefused));
    }

    [Test]
    public async Task End_within_the_header_is_the_peers()
    {
        var raw = Open();
        await raw.Client.WriteAsync("PROXY"u8.ToArray());
        raw.TryShutdownReceive();
        Assert.That((await ProxyHeaderReader.ReadAsync(raw, _buffers).AsTask().Soon()).IsRead, Is.False);
        Assert.That(raw.CloseReason, Is.EqualTo(CloseReason.PeerFinished));
    }

    [Test]
    public async Task Interrupt_ends_the_wait()
    {
        var raw = Open();
        var reading = ProxyHeaderReader.ReadAsync(raw, _buffers).AsTask();
        raw.Interrupt();
        Assert.That((await reading.Soon()).IsRead, Is.False);
    }

    private MemoryChannel Open() => new(_buffers, IPEndPoint.Parse("127.0.0.1:4711"));
}
