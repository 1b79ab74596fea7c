using System.Net;
using System.Net.Security;
using SseServer.Tests.Support;
using SseServer.Transport;
using SseServer.Transport.Channels;
using SseServer.Transport.Tls;

namespace SseServer.Tests.Transport.Tls;

/// <summary>The step alone, over memory.</summary>
public sealed class TlsHandshakeTests
{
    private readonly TransportBuffers _buffers = new();

    [TestCase("GET / HTTP/1.1", true)]
    [TestCase("\u0016\u0003\u0001", false)]
    [TestCase("get /", false)]
    [TestCase("", false)]
    public async Task Plain_request_begins_with_a_capital(string bytes, bool expected)
    {
        var raw = Open();
        await raw.Client.WriteAsync(System.Text.Encoding.Latin1.GetBytes(bytes));
        Assert.That(TlsHandshake.IsPlainRequest(raw), Is.EqualTo(expected));
        Assert.That(raw.AvailableBytes, Is.EqualTo(bytes.Length), "it stays to be read");
    }

    [Test]
    public async Task Channel_carries_bytes_both_ways_and_ends_with_close_notify()
    {
        var raw = Open();
        using var certificates = new CertificateWatcher(TestCertificates.Options, new FakeTimeProvider(), new RecordingLogger());
        var negotiating = Handshake(certificates).NegotiateAsync(raw, 1);
        await using var client = new SslStream(raw.Client);
        await AuthenticateAsync(client);
        using var channel = await negotiating.Soon();

        await client.WriteAsync("ping"u8.ToArray());
        var buffer = new byte[16];
        Assert.That(await channel!.ReadAsync(buffer).AsTask().Soon(), Is.EqualTo(4));
        Assert.That(channel.Output.TrySend("pong"u8), Is.EqualTo(4));
        Assert.That(await client.ReadAsync(buffer).AsTask().Soon(), Is.EqualTo(4));
        Assert.That(buffer.AsSpan(0, 4).SequenceEqual("pong"u8), Is.True);

        await channel.CloseAsync().Soon();
        Assert.That(await client.ReadAsync(buffer).AsTask().Soon(), Is.Zero);
        Assert.That(raw.CloseReason, Is.EqualTo(CloseReason.None));
        channel.Output.Complete();
        Assert.That(_buffers.Outstanding, Is.Zero);
    }

    [Test]
    public async Task Bytes_that_are_no_handshake_are_refused()
    {
        var raw = Open();
        using var certificates = new CertificateWatcher(TestCertificates.Options, new FakeTimeProvider(), new RecordingLogger());
        await raw.Client.WriteAsync(Convert.FromHexString("160301000568656c6c6f"));
        Assert.That(await Handshake(certificates).NegotiateAsync(raw, 1).Soon(), Is.Null);
        Assert.That(raw.CloseReason, Is.EqualTo(CloseReason.TlsRefused));
    }

    private static Task AuthenticateAsync(SslStream client) => client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
    }).Soon();

    private TlsHandshake Handshake(CertificateWatcher certificates)
        => new(TestCertificates.Options, certificates, _buffers, new RecordingLogger());

    private MemoryChannel Open() => new(_buffers, IPEndPoint.Parse("127.0.0.1:4711"));
}
