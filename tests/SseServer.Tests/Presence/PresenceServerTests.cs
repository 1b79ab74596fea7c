using SseServer.Auth;
using SseServer.Catalog;
using SseServer.Hosting;
using SseServer.Hosting.Settings;
using SseServer.Presence;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Presence.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Presence;

/// <summary>Presence of a server over sockets, and as the host starts and stops it.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class PresenceServerTests
{
    private static readonly PresenceOptions Options = new() { Topics = [TestHub.Select("chat/**")] };

    [Test]
    public async Task Streams_that_open_and_close_are_reported()
    {
        await using var server = Start(Options);
        using var presence = new PresenceWatcher(server.Hub, Options, server.Logs.CreateLogger("presence"));
        var watcher = await server.SubscribeAsync("/events/$presence/chat/7");
        var reader = await server.SubscribeAsync("/events/chat/7");
        await presence.PollAsync();
        Assert.That((await watcher.ReadEventAsync())!.Data, Is.EqualTo("""{"topic":"chat/7","subscribers":1}"""));
        reader.Dispose();
        await IsLeftAsync(server);
        await presence.PollAsync();
        Assert.That((await watcher.ReadEventAsync())!.Data, Is.EqualTo("""{"topic":"chat/7","subscribers":0}"""));
    }

    [Test]
    public async Task Running_server_polls_by_itself()
    {
        await using var server = Start(Options);
        using var service = await StartServiceAsync(server, Options);
        var watcher = await server.SubscribeAsync("/events/$presence/chat/7");
        await server.SubscribeAsync("/events/chat/7");
        var told = watcher.ReadEventAsync();
        await Eventually.HoldsAsync(
            () =>
            {
                server.Time.Advance(TimeSpan.FromSeconds(1));
                return told.IsCompleted;
            },
            "a number told");
        Assert.That((await told)!.Data, Is.EqualTo("""{"topic":"chat/7","subscribers":1}"""));
        await StopAsync(service);
    }

    [Test]
    public async Task Without_presence_its_topics_are_empty_and_not_to_be_published_to()
    {
        await using var server = new ServerUnderTest();
        await server.SubscribeAsync("/events/chat/7");
        var watcher = await server.SubscribeAsync("/events?topic=$presence/chat/7&topic=end");
        Assert.That((await server.SendAsync("POST", "/events/$presence/chat/7", "x")).Status, Is.EqualTo(400));
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await server.PublishAsync("/events/end", "nothing before this");
        Assert.That((await watcher.ReadEventAsync())!.Data, Is.EqualTo("nothing before this"));
    }

    [Test]
    public async Task Subscribers_that_leave_because_of_a_stop_vacate_nothing()
    {
        await using var receiver = new WebhookReceiver();
        var options = Hooked(receiver);
        await using var server = Start(options);
        var reader = await server.SubscribeAsync("/events/chat/7");
        using var service = await StartServiceAsync(server, options);
        await receiver.HasAsync(1);

        await service.StoppingAsync(default).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.That(service.ExecuteTask!.IsCompletedSuccessfully, Is.True, "it has looked for the last time");
        var drain = server.StopAsync(TimeSpan.FromSeconds(5));
        await server.HasStreamsAsync(0);
        reader.Dispose();
        await drain;
        await service.StopAsync(default);
        await service.StoppedAsync(default).WaitAsync(TimeSpan.FromSeconds(20));
        server.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(receiver.Deliveries.Select(delivery => delivery.Change), Is.EqualTo(new[] { "occupied chat/7" }));
    }

    [Test]
    public async Task First_and_last_subscriber_are_delivered_to_a_webhook_and_counted()
    {
        await using var receiver = new WebhookReceiver();
        var options = Hooked(receiver);
        await using var server = Start(options);
        using var presence = new PresenceWatcher(server.Hub, options, server.Logs.CreateLogger("presence"));
        server.Application.Expose(presence.Meter);
        var reader = await server.SubscribeAsync("/events/chat/7");
        await presence.PollAsync();
        await Eventually.HoldsAsync(() => presence.Metrics[WebhookResult.Delivered] == 1, "occupied told");
        reader.Dispose();
        await IsLeftAsync(server);
        await presence.PollAsync();
        server.Time.Advance(TimeSpan.FromSeconds(4.9));
        await presence.PollAsync();
        Assert.That(await server.MetricAsync("sse_webhook_pending"), Is.Zero, "it may come back");
        server.Time.Advance(TimeSpan.FromSeconds(0.1));
        await presence.PollAsync();
        await Eventually.HoldsAsync(() => presence.Metrics[WebhookResult.Delivered] == 2, "vacated told");
        Assert.That(await server.MetricAsync("sse_webhook_deliveries_total{result=\"delivered\"}"), Is.EqualTo(2));
        Assert.That(await server.MetricAsync("sse_webhook_deliveries_total{result=\"given_up\"}"), Is.Zero);
        Assert.That(receiver.Deliveries.Select(delivery => delivery.Change), Is.EqualTo(new[] { "occupied chat/7", "vacated chat/7" }));
        Assert.That(server.Hub.TopicCount, Is.Zero, "no presence topics were asked for");
    }

    // alice may read secret/alice/**, the shop's key secret/shop/**, that of ops everything; secret/** and $sys/** are protected.
    [TestCase("/events/$presence/secret/alice/inbox", 401, 200, 403)]
    [TestCase("/events/$presence/secret/alice/**", 401, 200, 403)]
    [TestCase("/events/$presence/secret/shop/1", 401, 403, 200)]
    [TestCase("/events/$presence/secret/*", 401, 403, 403)]
    [TestCase("/events/$presence/**", 401, 403, 403)]
    [TestCase("/events/$presence/*/alice/inbox", 401, 403, 403)]
    [TestCase("/events/$presence/$presence/secret/shop/1", 401, 403, 200)]
    [TestCase("/events?topic=open&topic=$presence/secret/alice/inbox", 401, 200, 403)]
    [TestCase("/events/%24presence%2Fsecret/alice/inbox", 401, 200, 403)]
    [TestCase("/events/$presence/open", 200, 200, 200)]
    [TestCase("/events/$presence/open/**", 200, 200, 200)]
    [TestCase("/events/$presence", 200, 200, 200)]
    public async Task Presence_of_a_topic_needs_a_grant_for_the_topic(string target, int anonymous, int alice, int shop)
    {
        await using var server = Guarded.Start();
        foreach (var (credential, status) in new[] { (null, anonymous), (server.Token(), alice), (Guarded.KeyOfShop, shop),
            (Guarded.KeyOfOps, 200) })
        {
            var reply = await server.SendAsync("HEAD", target, null, credential is null ? [] : [Guarded.Bearer(credential)]);
            Assert.That(reply.Status, Is.EqualTo(status), credential);
        }
    }

    [Test]
    public void Grant_of_presence_topics_alone_is_good_for_those()
    {
        var policy = new AccessPolicy(TopicPatterns.Parse("secret/**"));
        var dashboard = Identity.OfKey(new StaticKey
        {
            Name = "dashboard",
            Secret = "x",
            Publish = TopicPatterns.None,
            Subscribe = TopicPatterns.Parse("$presence/secret/**")
        });
        Assert.That(policy.MaySubscribe(dashboard, "$presence/secret/**"u8), Is.True);
        Assert.That(policy.MaySubscribe(dashboard, "secret/a"u8), Is.False);
    }

    private static ServerUnderTest Start(PresenceOptions options)
        => new(hub: PresenceSettings.Complete(HubOptions.Default with { Shards = 2 }, options));

    private static async Task<PresenceService> StartServiceAsync(ServerUnderTest server, PresenceOptions options)
    {
        var reader = new SettingsReader(new Microsoft.Extensions.Configuration.ConfigurationManager());
        var settings = ServerSettings.Read(reader) with { Presence = options };
        var service = new PresenceService(settings, server.Hub, server.Application,
            new Microsoft.Extensions.Logging.Logger<PresenceService>(server.Logs));
        await service.StartAsync(default);
        return service;
    }

    private static async Task StopAsync(PresenceService service)
    {
        await service.StoppingAsync(default);
        await service.StopAsync(default);
        await service.StoppedAsync(default);
    }

    private static PresenceOptions Hooked(WebhookReceiver receiver)
    {
        WebhookSecret.TryCreate("24 characters will do...", out var secret);
        return new() { Webhooks = [new("0 (here)", receiver.Url, secret!, Options.Topics)] };
    }

    // It has no events, so it is removed with its last subscriber.
    private static Task IsLeftAsync(ServerUnderTest server)
        => Eventually.HoldsAsync(() => server.Hub.Catalog.Topics.Find("chat/7"u8) is null, "the reader gone");
}
