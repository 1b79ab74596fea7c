using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport;

public sealed class AcceptTests
{
    // accept(2), "Errors" and "Error handling".
    [TestCase(SocketError.TooManyOpenSockets, AcceptErrorTier.ResourcePressure)] // EMFILE, ENFILE
    [TestCase(SocketError.NoBufferSpaceAvailable, AcceptErrorTier.ResourcePressure)] // ENOBUFS, ENOMEM
    [TestCase(SocketError.SocketError, AcceptErrorTier.ResourcePressure)]
    [TestCase(SocketError.ConnectionAborted, AcceptErrorTier.ClientFault)]
    [TestCase(SocketError.ConnectionReset, AcceptErrorTier.ClientFault)]
    [TestCase(SocketError.Interrupted, AcceptErrorTier.ClientFault)]
    [TestCase(SocketError.NetworkDown, AcceptErrorTier.ClientFault)]
    [TestCase(SocketError.HostUnreachable, AcceptErrorTier.ClientFault)]
    [TestCase(SocketError.AccessDenied, AcceptErrorTier.ClientFault)] // EPERM
    [TestCase(SocketError.NotSocket, AcceptErrorTier.Fatal)]
    [TestCase(SocketError.InvalidArgument, AcceptErrorTier.Fatal)]
    [TestCase(SocketError.OperationAborted, AcceptErrorTier.Fatal)]
    public void Errors_of_accept_have_tiers(SocketError error, object tier) =>
        Assert.That(AcceptErrorPolicy.Grade(error), Is.EqualTo(tier));

    [Test]
    public void Pauses_under_pressure_double_up_to_a_bound()
    {
        var pauses = new List<double>();
        var pause = TimeSpan.Zero;
        for (var i = 0; i < 9; i++)
        {
            pause = AcceptErrorPolicy.NextPause(pause);
            pauses.Add(pause.TotalMilliseconds);
        }

        Assert.That(pauses, Is.EqualTo(new double[] { 10, 20, 40, 80, 160, 320, 640, 1000, 1000 }));
    }

    [Test]
    public async Task Address_in_use_fails_the_start_and_leaves_nothing_listening()
    {
        await using var holder = new TestServer();
        await using var server = new TransportServer(
            new TransportOptions(), new TestApplication(), new FakeTimeProvider(), NullLogger<TransportServer>.Instance);
        var free = new IPEndPoint(IPAddress.Loopback, 0);
        Assert.That(
            () => server.Start([free, holder.EndPoint]),
            Throws.InstanceOf<ListenException>().With.Property("Endpoint").EqualTo(holder.EndPoint));
        Assert.That(server.Endpoints, Is.Empty);
    }

    [Test]
    public async Task Several_addresses_are_served()
    {
        await using var server = new TransportServer(
            new TransportOptions(), new TestApplication(), new FakeTimeProvider(), NullLogger<TransportServer>.Instance);
        server.Start([new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(IPAddress.Loopback, 0)]);
        Assert.That(server.Endpoints, Has.Count.EqualTo(2));
        foreach (var endpoint in server.Endpoints)
        {
            using var client = await TestClient.ConnectAsync(endpoint, 0);
            await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/a:"));
        }
    }

    public static IEnumerable<Exception> PassingFaults =>
    [
        new SocketException((int)SocketError.TooManyOpenSockets), new InsufficientMemoryException(), new NotSupportedException(),
        new FormatException(), new IOException(),
    ];

    [TestCaseSource(nameof(PassingFaults))]
    public async Task Accepting_goes_on_after_a_pause_whatever_is_thrown(Exception fault)
    {
        await using var accepting = new Accepting(() => throw fault);
        using var client = await TestClient.ConnectAsync(accepting.Loop.EndPoint, 0);
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");

        await Eventually.HoldsAsync(
            () =>
            {
                accepting.Time.Advance(AcceptErrorPolicy.FirstPause);
                return accepting.Transport.ConnectionCount == 1;
            },
            "a connection");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/a:"));
        Assert.That(accepting.Log.Entries.Count(entry => entry.Level >= LogLevel.Warning), Is.EqualTo(1));
        Assert.That(accepting.Failed.IsCompleted, Is.False);
    }

    [Test]
    public async Task Connection_that_cannot_be_taken_costs_no_other_one()
    {
        var broken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        broken.Dispose();
        await using var accepting = new Accepting(() => new(broken));
        using var client = await TestClient.ConnectAsync(accepting.Loop.EndPoint, 0);
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");

        await Eventually.HoldsAsync(
            () =>
            {
                accepting.Time.Advance(AcceptErrorPolicy.FirstPause);
                return accepting.Transport.ConnectionCount == 1;
            },
            "a connection");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/a:"));
        Assert.That(accepting.Log.Entries.Count(entry => entry.Level == LogLevel.Error), Is.EqualTo(1));
        Assert.That(accepting.Transport.Counters.Closed(CloseReason.TransportFault), Is.EqualTo(1));
    }

    public static IEnumerable<Exception> FatalFaults =>
    [
        new SocketException((int)SocketError.NotSocket), new ObjectDisposedException("listener"),
        new InvalidOperationException("Not listening."),
    ];

    [TestCaseSource(nameof(FatalFaults))]
    public async Task Listener_that_cannot_go_on_says_so(Exception fault)
    {
        await using var accepting = new Accepting(() => throw fault);
        var failure = await accepting.Failed.Soon();
        Assert.That(failure.Message, Does.Contain($"{accepting.Loop.EndPoint}"));
        Assert.That(failure.InnerException, Is.SameAs(fault));
        Assert.That(accepting.Log.Entries.Count(entry => entry.Level == LogLevel.Critical), Is.EqualTo(1));
    }

    /// <summary>A loop whose first accept is the test's, and the others the system's.</summary>
    private sealed class Accepting : IAsyncDisposable
    {
        private readonly TaskCompletionSource<IOException> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _accepts;

        public Accepting(Func<ValueTask<Socket>> first)
        {
            Transport = new TransportServer(new TransportOptions(), new TestApplication(), Time, Log);
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            Loop = new AcceptLoop(
                listener, Transport.CreateOpener().Open, Time, Log, _failed,
                stop => _accepts++ == 0 ? first() : listener.AcceptSocketAsync(stop));
            Loop.Start();
        }

        public FakeTimeProvider Time { get; } = new();

        public RecordingLogger Log { get; } = new();

        public TransportServer Transport { get; }

        public AcceptLoop Loop { get; }

        public Task<IOException> Failed => _failed.Task;

        public async ValueTask DisposeAsync()
        {
            Loop.Dispose();
            await Transport.DisposeAsync().AsTask().Soon();
            Assert.That(Transport.ConnectionCount, Is.Zero);
        }
    }
}
