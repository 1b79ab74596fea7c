using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using SseServer.Endpoints;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Limits;

/// <summary><c>GET /metrics</c>: who may read it, its format, and its counts.</summary>
public sealed partial class MetricsTests
{
    [Test]
    public async Task Page_is_in_the_text_format_with_help_and_type_for_every_metric()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/metrics");
        Assert.That((reply.Status, reply["Content-Type"]), Is.EqualTo((200, "text/plain; version=0.0.4; charset=utf-8")));
        Assert.That(reply.Body, Does.EndWith("\n"));
        string? name = null, type = null;
        var names = new List<string>();
        foreach (var line in reply.Body.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                name = line.Split(' ', 4)[2];
                names.Add(name);
                Assert.That(line.Split(' ', 4)[3], Does.EndWith("."));
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                type = line.Split(' ')[3];
                Assert.That(line.Split(' ')[2], Is.EqualTo(name));
                Assert.That(name!.EndsWith("_total", StringComparison.Ordinal), Is.EqualTo(type == "counter"), name);
            }
            else
            {
                Assert.That(line, Does.Match(Sample()));
                Assert.That(line, Does.StartWith(name + "{").Or.StartWith(name + " "));
            }
        }

        Assert.That(names, Is.Unique.And.Not.Empty);
        Assert.That(names, Has.All.Match("^sse_[a-z_]+$"));
    }

    [Test]
    public async Task What_happened_is_counted()
    {
        await using var server = new ServerUnderTest();
        var one = await server.SubscribeAsync("/events/a");
        var both = await server.SubscribeAsync("/events?topic=a&topic=b");
        await server.PublishAsync("/events/a?id=1", "x");
        await server.PublishAsync("/events/a?id=1", "x");
        await server.PublishAsync("/events/b", "y");
        Assert.That((await one.ReadEventAsync())!.Data, Is.EqualTo("x"));
        Assert.That((await both.ReadEventAsync())!.Data, Is.EqualTo("x"));
        Assert.That((await both.ReadEventAsync())!.Data, Is.EqualTo("y"));
        await server.SendAsync("GET", "/nowhere");

        // A delivery is counted a moment after the kernel has its bytes.
        await Eventually.HoldsAsync(() => server.Hub.FanOut.Count().Deliveries == 3, "three deliveries");
        Assert.That(await server.MetricAsync("sse_deliveries_total"), Is.EqualTo(3));
        Assert.That(await server.MetricAsync("sse_events_published_total"), Is.EqualTo(2));
        Assert.That(await server.MetricAsync("sse_events_repeated_total"), Is.EqualTo(1));
        var published = server.Hub.Publisher.Appender.Counters.Bytes;
        Assert.That(published, Is.GreaterThan(60));
        Assert.That(await server.MetricAsync("sse_published_bytes_total"), Is.EqualTo(published));
        Assert.That(await server.MetricAsync("sse_delivered_bytes_total"), Is.InRange(published + 1, published * 2));
        Assert.That(await server.MetricAsync("sse_history_events"), Is.EqualTo(2));
        Assert.That(await server.MetricAsync("sse_history_bytes"), Is.EqualTo(server.Hub.HistoryBytes));
        Assert.That(await server.MetricAsync("sse_topics"), Is.EqualTo(2));
        Assert.That(await server.MetricAsync("sse_streams_open"), Is.EqualTo(2));
        Assert.That(await server.MetricAsync("sse_streams_opened_total"), Is.EqualTo(2));
        Assert.That(await server.MetricAsync("""sse_http_replies_total{status="4xx"}"""), Is.EqualTo(1));

        server.Hub.Shedder.BeginDrain(TimeSpan.Zero);
        await server.HasStreamsAsync(0);
        Assert.That(await server.MetricAsync("""sse_streams_ended_total{reason="complete"}"""), Is.EqualTo(2));
    }

    [Test]
    public async Task Streams_refused_by_a_server_that_drains_are_counted()
    {
        await using var server = new ServerUnderTest();
        server.Application.BeginDrain();
        await server.SendAsync("GET", "/events", null, "Accept: text/event-stream");
        Assert.That(await server.MetricAsync("""sse_soft_refusals_total{reason="draining"}"""), Is.EqualTo(1));
    }

    [Test]
    public async Task Connections_are_counted_by_why_they_ended()
    {
        await using var server = new ServerUnderTest();
        (await server.ConnectAsync()).Dispose();
        var client = await server.ConnectAsync();
        await client.SendAsync("nonsense\r\n\r\n");
        await client.ReadReplyAsync();
        client.Dispose();
        await server.HasConnectionsAsync(0);
        Assert.That(await server.MetricAsync("sse_connections_accepted_total"), Is.EqualTo(3), "with the one that asks");
        await server.HasConnectionsAsync(0);
        Assert.That(await server.MetricAsync("sse_connections_open"), Is.EqualTo(1));
        Assert.That(await server.MetricAsync("""sse_connections_closed_total{reason="peer_finished"}"""), Is.GreaterThanOrEqualTo(1),
            "each question before is another");
        Assert.That(await server.MetricAsync("""sse_connections_closed_total{reason="request_refused"}"""), Is.EqualTo(1));
    }

    [TestCase(true, false, null, 200)]
    [TestCase(true, false, "X-Forwarded-For: 192.0.2.1", 403)]
    [TestCase(true, false, "Via: 1.1 proxy", 403)]
    [TestCase(true, true, "Via: 1.1 proxy", 200)]
    [TestCase(false, false, null, 401)]
    [TestCase(false, true, null, 200)]
    [TestCase(true, true, "Origin: https://elsewhere.example", 403)]
    [TestCase(true, false, "Origin: http://localhost:3000", 200)]
    [TestCase(true, true, "Origin: http://localhost\r\nOrigin: https://elsewhere.example", 400)]
    public async Task Page_is_for_the_servers_own_machine_unless_it_is_opened(bool isLoopbackOnly, bool hasOpenMetrics, string? field,
        int status)
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with
        {
            IsLoopbackOnly = isLoopbackOnly,
            HasOpenMetrics = hasOpenMetrics
        });
        var reply = await server.SendAsync("GET", "/metrics", null, field is null ? [] : [field]);
        Assert.That(reply.Status, Is.EqualTo(status));
        if (status is 401 or 403) Assert.That(reply.Problem, Does.Contain("Metrics:Open=true").Or.Contain("Cors:AllowedOrigins"));
    }

    [TestCase(null, 401)]
    [TestCase(Guarded.KeyOfShop, 403)]
    [TestCase("not-a-key", 401)]
    [TestCase(Guarded.KeyOfOps, 200)]
    public async Task Page_is_for_admins_from_elsewhere(string? key, int status)
    {
        await using var server = Guarded.Start(EndpointOptions.Default with { IsLoopbackOnly = false });
        var reply = await server.SendAsync("GET", "/metrics", null, key is null ? [] : [Guarded.Bearer(key)]);
        Assert.That(reply.Status, Is.EqualTo(status));
    }

    [Test]
    public async Task Head_and_other_methods_are_answered()
    {
        await using var server = new ServerUnderTest();
        Assert.That((await server.SendAsync("HEAD", "/metrics")).Status, Is.EqualTo(200));
        Assert.That((await server.SendAsync("POST", "/metrics", "x"))["Allow"], Is.EqualTo("GET, HEAD, OPTIONS"));
    }

    [Test]
    public void Help_and_labels_are_escaped_and_numbers_have_the_formats_form()
    {
        using var meter = new Meter("test");
        meter.CreateObservableGauge("one", () => new Measurement<double>(double.PositiveInfinity, new("a", "quote \" slash \\ line\nend"),
            new("b", "ü")), description: "A \\ and a\nline.");
        meter.CreateObservableCounter("two_total", () => 0.5);
        using var other = new Meter("test");
        other.CreateObservableGauge("three", () => 3);
        Assert.That(MetricsText.Read([meter]), Is.EqualTo("""
            # HELP one A \\ and a\nline.
            # TYPE one gauge
            one{a="quote \" slash \\ line\nend",b="ü"} +Inf
            # HELP two_total 
            # TYPE two_total counter
            two_total 0.5

            """.ReplaceLineEndings("\n")));
    }

    [Test]
    public void Limit_is_logged_at_once_and_then_once_a_minute_with_the_number_of_times()
    {
        var time = new FakeTimeProvider();
        var logs = new RecordingLoggers();
        using var metrics = new EndpointMetrics(time, logs.CreateLogger("test"));
        for (var i = 0; i < 5; i++) metrics.CountRefusal(LimitKind.Streams);
        metrics.CountRefusal(LimitKind.Topics);
        time.Advance(TimeSpan.FromSeconds(59));
        metrics.CountRefusal(LimitKind.Streams);
        time.Advance(TimeSpan.FromSeconds(1));
        metrics.CountRefusal(LimitKind.Streams);
        Assert.That(logs.Told, Is.EqualTo(new[]
        {
            "Limit streams reached; refusals since the last such message: 1. The setting is Limits:MaxStreams",
            "Limit topics reached; refusals since the last such message: 1. The setting is Topics:MaxTopics",
            "Limit streams reached; refusals since the last such message: 6. The setting is Limits:MaxStreams",
        }));
        Assert.That(metrics.RefusalsAt(LimitKind.Streams), Is.EqualTo(7));
    }

    [GeneratedRegex("""^[a-z_]+(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? [0-9.e+-]+$""")]
    private static partial Regex Sample();
}
