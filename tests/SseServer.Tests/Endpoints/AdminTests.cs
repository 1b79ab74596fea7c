using SseServer.Endpoints;
using SseServer.History;
using SseServer.Tests.History;

namespace SseServer.Tests.Endpoints;

/// <summary><c>/admin/</c>: who may use it, and its forms.</summary>
public sealed class AdminTests
{
    [TestCase(true, null, 200)]
    [TestCase(true, "X-Forwarded-For: 192.0.2.1", 403)]
    [TestCase(true, "Via: 1.1 proxy", 403)]
    [TestCase(false, null, 401)]
    [TestCase(true, "Origin: https://elsewhere.example", 403)]
    [TestCase(true, "Origin: null", 403)]
    [TestCase(true, "Origin: http://localhost:3000", 200)]
    [TestCase(true, "Origin: http://localhost\r\nOrigin: https://elsewhere.example", 400)]
    [TestCase(true, "Host: rebound.example", 421)]
    public async Task Without_keys_it_is_for_the_servers_own_machine(bool isLoopbackOnly, string? field, int status)
    {
        // Open metrics make no difference here.
        await using var server = new ServerUnderTest(EndpointOptions.Default with
        {
            IsLoopbackOnly = isLoopbackOnly,
            HasOpenMetrics = true
        });
        string[] fields = field is null ? [] : [field];
        var topics = await server.SendAsync("GET", "/admin/topics", null, fields);
        var shed = await server.SendAsync("POST", "/admin/shed?percent=100", "", fields);
        Assert.That((topics.Status, shed.Status), Is.EqualTo((status, status == 200 ? 202 : status)));
        if (status >= 400) Assert.That(shed.Problem, Is.EqualTo(topics.Problem));
    }

    [TestCase(null, 401)]
    [TestCase(Guarded.KeyOfShop, 403)]
    [TestCase("not-a-key", 401)]
    [TestCase(Guarded.KeyOfOps, 200)]
    public async Task From_elsewhere_it_is_for_admins(string? key, int status)
    {
        await using var server = Guarded.Start(EndpointOptions.Default with { IsLoopbackOnly = false });
        string[] fields = key is null ? [] : [Guarded.Bearer(key)];
        var topics = await server.SendAsync("GET", "/admin/topics", null, fields);
        var shed = await server.SendAsync("POST", "/admin/shed?percent=100", "", fields);
        Assert.That((topics.Status, shed.Status), Is.EqualTo((status, status == 200 ? 202 : status)));
        if (status >= 400) Assert.That(shed.Problem, Is.Not.Empty);
    }

    [TestCase("DELETE", "/admin/topics", 405, "GET, HEAD, OPTIONS")]
    [TestCase("POST", "/admin/topics", 405, "GET, HEAD, OPTIONS")]
    [TestCase("GET", "/admin/shed", 405, "POST, OPTIONS")]
    [TestCase("OPTIONS", "/admin/topics", 204, "GET, HEAD, OPTIONS")]
    [TestCase("OPTIONS", "/admin/shed", 204, "POST, OPTIONS")]
    [TestCase("HEAD", "/admin/topics", 200, null)]
    [TestCase("GET", "/admin/", 404, null)]
    [TestCase("POST", "/admin/nothing", 404, null)]
    [TestCase("GET", "/admin", 404, null)]
    public async Task Paths_and_methods_are_the_documented_ones(string method, string target, int status, string? allow)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync(method, target);
        Assert.That((reply.Status, reply["Allow"], reply["Cache-Control"]), Is.EqualTo((status, allow, "no-store")));
        if (status > 400) Assert.That(reply.Problem, Is.Not.Empty);
    }

    [TestCase("", "percent=")]
    [TestCase("?percent=0", "percent=")]
    [TestCase("?percent=101", "percent=")]
    [TestCase("?percent=1.5", "percent=")]
    [TestCase("?percent=-1", "percent=")]
    [TestCase("?percent=", "percent=")]
    [TestCase("?percent=99999999999", "percent=")]
    [TestCase("?percent=20&over=301s", "over= must be a time with a unit")]
    [TestCase("?percent=20&over=6m", "over=")]
    [TestCase("?percent=20&over=-1s", "over=")]
    [TestCase("?percent=20&over=10", "over=")]
    [TestCase("?percent=20&over=soon", "over=")]
    [TestCase("?percent=20&over=", "over=")]
    [TestCase("?percent=20&seconds=10", "seconds= is not a parameter; use over= with a unit, such as over=10s.")]
    [TestCase("?percent=20&nodes=some", "nodes= can only be all")]
    [TestCase("?percent=20&nodes=all", "nodes= is for servers that share a history")]
    [TestCase("?percent=20&Over=10s", "A query parameter is unknown; use only the parameters percent, over and nodes.")]
    public async Task Shed_that_makes_no_sense_is_refused_and_ends_nothing(string query, string parameter)
    {
        await using var server = new ServerUnderTest();
        await server.SubscribeAsync("/events");
        var reply = await server.SendAsync("POST", "/admin/shed" + query, "");
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.StartWith(parameter));
        Assert.That(await server.MetricAsync("sse_streams_shed_total"), Is.Zero);
    }

    [Test]
    public async Task Server_with_a_history_of_its_own_has_no_nodes_to_list()
    {
        await using var server = new ServerUnderTest();
        Assert.That((await server.SendAsync("GET", "/admin/nodes", "")).Body, Is.EqualTo("{\"nodes\":[]}\n"));
        Assert.That((await server.SendAsync("GET", "/admin/nodes?x=1", "")).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task Probes_tell_whether_the_process_works_and_whether_it_should_get_clients()
    {
        var store = new MemoryEventStore();
        await using var server = new ServerUnderTest(store: store);
        Assert.That((await server.SendAsync("GET", "/livez", "")).Body, Is.EqualTo("{\"status\":\"live\"}\n"));
        Assert.That((await server.SendAsync("GET", "/readyz", "")).Body, Is.EqualTo("{\"status\":\"ready\"}\n"));

        store.Failure = StoreFailure.Unavailable;
        Assert.That((await server.SendAsync("POST", "/events/t", "x")).Status, Is.EqualTo(503));
        var reply = await server.SendAsync("GET", "/readyz", "");
        Assert.That((reply.Status, reply.Body), Is.EqualTo((503, "{\"status\":\"history\"}\n")));
        Assert.That((await server.SendAsync("GET", "/livez", "")).Status, Is.EqualTo(200));

        store.Failure = null;
        Assert.That((await server.SendAsync("POST", "/events/t", "x")).Status, Is.EqualTo(201));
        Assert.That((await server.SendAsync("GET", "/readyz", "")).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Shed_of_half_ends_half_cleanly_and_closes_their_connections()
    {
        await using var server = new ServerUnderTest();
        var clients = new List<WireClient>();
        for (var i = 0; i < 10; i++) clients.Add(await server.SubscribeAsync("/events"));

        var reply = await server.SendAsync("POST", "/admin/shed?percent=50&over=0s", "");
        Assert.That((reply.Status, reply.Body), Is.EqualTo((202, """{"streams":5,"over":"0s"}""" + "\n")));
        await server.HasStreamsAsync(5);
        await server.PublishAsync("/events", "for those who stay");

        var ended = new List<WireClient>();
        foreach (var client in clients)
        {
            var block = await client.ReadBlockAsync();
            if (block!.Data == "for those who stay") continue;
            Assert.That(block.Text, Does.Match(@"^retry: \d+$"));
            Assert.That(await client.ReadBlockAsync(), Is.Null, "the chunked body is complete");
            ended.Add(client);
        }

        Assert.That(ended, Has.Count.EqualTo(5));
        Assert.That(await server.MetricAsync("sse_streams_shed_total"), Is.EqualTo(5));
        Assert.That(server.Logs.Told, Is.EqualTo(new[] { "anonymous from 127.0.0.1 sheds 50 % of the streams: 5 streams within 0 s" }));
        // So that they return through the load balancer, which chooses a server for new connections only.
        foreach (var client in ended) Assert.That(await client.EndsAsync(), Is.True);
    }

    [Test]
    public async Task Shed_takes_ten_seconds_by_default()
    {
        await using var server = new ServerUnderTest();
        for (var i = 0; i < 20; i++) await server.SubscribeAsync("/events");
        var reply = await server.SendAsync("POST", "/admin/shed?percent=100", "");
        Assert.That(reply.Body, Is.EqualTo("""{"streams":20,"over":"10s"}""" + "\n"));
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await server.HasStreamsAsync(8);
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await server.HasStreamsAsync(0);
    }

    [TestCase("?limit=0", "limit=")]
    [TestCase("?seconds=1", "A query parameter is unknown; use only the parameters prefix, after and limit.")]
    public async Task Listing_that_makes_no_sense_is_refused(string query, string sentence)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/admin/topics" + query);
        Assert.That((reply.Status, reply.Code), Is.EqualTo((400, "invalid_request")));
        Assert.That(reply.Problem, Does.StartWith(sentence));
    }

    [TestCase("1500ms", "1500ms")]
    [TestCase("2000ms", "2s")]
    [TestCase("1m", "60s")]
    public async Task Shed_takes_a_time_in_any_unit(string over, string answer)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", $"/admin/shed?percent=100&over={over}", "");
        Assert.That((reply.Status, reply.Json.GetProperty("over").GetString()), Is.EqualTo((202, answer)));
    }

    [Test]
    public async Task Server_that_drains_sheds_nothing_more()
    {
        await using var server = new ServerUnderTest();
        server.Hub.Shedder.BeginDrain(TimeSpan.FromSeconds(4));
        var reply = await server.SendAsync("POST", "/admin/shed?percent=20", "");
        Assert.That(reply.Status, Is.EqualTo(409));
        Assert.That(reply.Problem, Does.Contain("shutting down"));
    }
}
