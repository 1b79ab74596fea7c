using System.Net;
using Microsoft.Extensions.Logging;
using SseServer.Auth;
using SseServer.Catalog;
using SseServer.Endpoints;
using SseServer.History;
using SseServer.Hosting;
using SseServer.Hub;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Endpoints;

/// <summary>
/// The whole server without its host, on a loopback port that the system chooses, in fake time unless a test gives another clock. Disposing
/// it checks that no connection, subscription or buffer is left, and that nothing was logged that needs an operator.
/// </summary>
internal sealed class ServerUnderTest : IAsyncDisposable
{
    private readonly List<WireClient> _clients = [];
    private readonly bool _tls;
    private readonly string[] _adminFields;

    public ServerUnderTest(
        EndpointOptions? endpoints = null, HubOptions? hub = null, TransportOptions? transport = null, TimeProvider? time = null,
        IPEndPoint? listen = null,
        AuthOptions? auth = null, IEventStore? store = null, bool tls = false, bool truncates = false)
    {
        // The last chunk shows a client that nothing before it is missing, so tests have it unless they are about its absence.
        endpoints = (endpoints ?? EndpointOptions.Default) with { TruncatesTemporaryEnd = truncates };
        _tls = tls;
        transport ??= new TransportOptions();
        if (tls) transport = transport with { Tls = TestCertificates.Options };
        time ??= Time;
        Hub = new EventHub(hub ?? HubOptions.Default with { Shards = 2 }, time, store);
        auth ??= AuthOptions.Default;
        _adminFields = [.. auth.Keys.Where(key => key.IsAdmin).Take(1).Select(key => Guarded.Bearer(key.Secret))];
        Authenticator = new Authenticator(auth, time, Logs.CreateLogger<Authenticator>());
        Application = new HttpApplication(Hub, endpoints, auth, Authenticator, Logs);
        Transport = new TransportServer(transport, Application, time, Logs.CreateLogger<TransportServer>());
        Application.Expose(Transport.Meter);
        IPEndPoint[] endPoints = [listen ?? new IPEndPoint(IPAddress.Loopback, 0)];
        if (tls) Transport.Start([], endPoints);
        else Transport.Start(endPoints);
    }

    public FakeTimeProvider Time { get; } = new();

    public RecordingLoggers Logs { get; } = new();

    public EventHub Hub { get; }

    public Authenticator Authenticator { get; }

    public HttpApplication Application { get; }

    public TransportServer Transport { get; }

    public IPEndPoint EndPoint => Transport.Endpoints[0];

    public async Task<WireClient> ConnectAsync(int receiveBuffer = 0, IPAddress? from = null)
    {
        var client = await WireClient.ConnectAsync(EndPoint, receiveBuffer, from, _tls);
        lock (_clients) _clients.Add(client);
        return client;
    }

    /// <summary>
    /// Sends one request on a connection of its own and reads the reply. Without TLS the connection is memory: everything above the socket
    /// takes part.
    /// </summary>
    public async Task<WireReply> SendAsync(string method, string target, string? body = null, params string[] fields)
    {
        using var client = _tls ? await WireClient.ConnectAsync(EndPoint, tls: true) : ConnectInMemory();
        await client.RequestAsync(method, target, body, fields);
        return await client.ReadReplyAsync(isHead: method == "HEAD");
    }

    private WireClient ConnectInMemory()
    {
        var channel = new MemoryChannel(Transport.Buffers, new IPEndPoint(EndPoint.Address, IPEndPoint.MaxPort));
        Transport.CreateOpener().Open(channel);
        return new WireClient(channel.Client, EndPoint.ToString());
    }

    /// <summary>The value of a sample of <c>/metrics</c>, which is named with its labels.</summary>
    public async Task<double> MetricAsync(string sample)
    {
        var reply = await SendAsync("GET", "/metrics", null, _adminFields);
        var line = reply.Body.Split('\n').SingleOrDefault(line => line.StartsWith(sample + " ", StringComparison.Ordinal));
        Assert.That(line, Is.Not.Null, $"{sample} is not among:\n{reply.Body}");
        return double.Parse(line.AsSpan(sample.Length + 1));
    }

    /// <summary>The number of refusals at a limit.</summary>
    public Task<double> RefusalsAsync(string limit) => MetricAsync($"sse_limit_refusals_total{{limit=\"{limit}\"}}");

    /// <summary>Publishes an event and returns its id.</summary>
    public async Task<string> PublishAsync(string target, string data, params string[] fields)
    {
        var reply = await SendAsync("POST", target, data, fields);
        Assert.That(reply.Status, Is.AnyOf(200, 201), reply.Body);
        return reply.Json.GetProperty("id").GetString()!;
    }

    /// <summary>Opens a stream and reads its head and its greeting.</summary>
    public async Task<WireClient> SubscribeAsync(string target, params string[] fields)
    {
        var client = await ConnectAsync();
        await client.RequestAsync("GET", target, body: (string?)null, fields);
        var head = await client.ReadHeadAsync();
        Assert.That((head.Status, head["Content-Type"]), Is.EqualTo((200, "text/event-stream; charset=utf-8")));
        Assert.That((await client.ReadBlockAsync())!.Name, Is.EqualTo("connected"));
        return client;
    }

    /// <summary>Stops like a node whose clients continue elsewhere.</summary>
    /// <param name="drainPeriod">The time after which the remaining streams are cut off.</param>
    /// <param name="spread">The time over which streams end; the default for all at once.</param>
    public async Task StopAsync(TimeSpan drainPeriod, TimeSpan spread = default)
    {
        Transport.StopAccepting();
        Hub.Shedder.BeginDrain(spread);
        Application.BeginDrain();
        await Transport.DrainAsync(drainPeriod).Soon();
    }

    /// <summary>Stops the server as the host does.</summary>
    public Task StopAsync(DrainOptions options) => ServerDrain.RunAsync(options, Hub, Application, Transport);

    public Task HasConnectionsAsync(int count) => Eventually.HoldsAsync(() => Transport.ConnectionCount == count, $"{count} connections");

    public Task HasStreamsAsync(int count) => Eventually.HoldsAsync(() => Hub.Streams == count, $"{count} streams");

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        // A failed test left things unfinished; its own failure is the one to show.
        var hasFailed = TestContext.CurrentContext.Result.Assertions.Any();
        if (!hasFailed) await HasConnectionsAsync(0);
        if (!hasFailed) await HasStreamsAsync(0);
        await Transport.DisposeAsync().AsTask().Soon();
        Application.Dispose();
        Hub.Dispose();
        Authenticator.Dispose();
        if (hasFailed) return;
        await Eventually.HoldsAsync(() => Transport.Buffers.Outstanding == 0, "buffers given back");
        Assert.That(Logs.Complaints, Is.Empty);
    }
}
