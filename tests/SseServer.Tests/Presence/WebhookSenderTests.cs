using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using SseServer.Presence;
using SseServer.Tests.Presence.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Presence;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class WebhookSenderTests : IAsyncDisposable
{
    private const string Key = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly FakeTimeProvider _time = new();
    private readonly WebhookReceiver _receiver = new();
    private readonly RecordingLogger _log = new();
    private readonly WebhookMetrics _metrics = new(() => 0);
    private readonly WebhookClient _client;
    private readonly WebhookSender _sender;

    public WebhookSenderTests()
    {
        _client = new WebhookClient(_time);
        _sender = Sender(_receiver.Url);
    }

    public async ValueTask DisposeAsync()
    {
        _sender.Dispose();
        _client.Dispose();
        _metrics.Dispose();
        await _receiver.DisposeAsync();
    }

    [Test]
    public async Task Delivery_is_signed_json()
    {
        Enqueue("chat/7", 3);
        await EndedAsync(WebhookResult.Delivered, 1);
        var delivery = _receiver.Deliveries.Single();
        Assert.That(delivery.Head, Does.StartWith("POST /hook?token=not-for-the-log HTTP/1.1\r\n"));
        Assert.That(delivery.Field("Content-Type"), Is.EqualTo("application/json"));
        Assert.That(delivery.Body,
            Is.EqualTo("""{"type":"topic.occupied","timestamp":"2025-11-22T06:48:43.123Z","data":{"topic":"chat/7","subscribers":3}}"""));
        Assert.That(delivery.Timestamp, Is.EqualTo(_time.GetUtcNow().ToUnixTimeSeconds()));
        Assert.That(delivery.Signature, Is.EqualTo(SignatureOf(delivery)));
        Assert.That(_sender.Pending, Is.Zero);
    }

    [TestCase("503 Service Unavailable")]
    [TestCase("429 Too Many Requests")]
    [TestCase("408 Request Timeout")]
    [TestCase("")]
    public async Task Failed_delivery_is_tried_again_with_its_id_and_a_signature_of_its_time(string answer)
    {
        _receiver.Answer = number => number == 0 ? answer : "200 OK";
        Enqueue("a", 1);
        await RetriedAsync(1);
        _time.Advance(TimeSpan.FromMinutes(5));
        // The end of the failed attempt may start it, too.
        _sender.Pump();
        await EndedAsync(WebhookResult.Delivered, 1);
        var deliveries = _receiver.Deliveries;
        Assert.That((deliveries[1].Id, deliveries[1].Body), Is.EqualTo((deliveries[0].Id, deliveries[0].Body)));
        Assert.That(deliveries[1].Timestamp - deliveries[0].Timestamp, Is.EqualTo(300));
        foreach (var delivery in deliveries) Assert.That(delivery.Signature, Is.EqualTo(SignatureOf(delivery)));
        Assert.That(_log.Entries, Is.Empty);
    }

    [TestCase("503 Service Unavailable\r\nRetry-After: 200")]
    [TestCase("429 Too Many Requests\r\nRetry-After: Sat, 22 Nov 2025 06:52:04 GMT")]
    public async Task Receivers_Retry_After_is_waited_for(string answer)
    {
        _receiver.Answer = _ => answer;
        Enqueue("a", 1);
        await RetriedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(199));
        Assert.That(_sender.Pump(), Is.Zero);
        _time.Advance(TimeSpan.FromSeconds(2));
        _sender.Pump();
        await RetriedAsync(2);
    }

    [Test]
    public async Task Delivery_is_given_up_after_its_last_attempt_and_that_is_logged_once()
    {
        _receiver.Answer = number => number < 16 ? "500 Internal Server Error" : "200 OK";
        for (var topic = 0; topic < 2; topic++)
        {
            Enqueue($"{topic}", 1);
            for (var attempt = 1; attempt < 8; attempt++)
            {
                await RetriedAsync(topic * 7 + attempt);
                _time.Advance(TimeSpan.FromMinutes(5));
                _sender.Pump();
            }

            await EndedAsync(WebhookResult.GivenUp, topic + 1);
        }

        Assert.That(_log.Entries.Select(entry => entry.Id), Is.EqualTo(new[] { 7001 }));
        Enqueue("3", 1);
        await EndedAsync(WebhookResult.Delivered, 1);
        await Eventually.HoldsAsync(() => _log.Entries.Count == 2, "a line that it delivers again");
        Assert.That(_log.Entries.Last().Text, Is.EqualTo("Webhook 0 (here) delivers again; 2 deliveries were lost"));
        Assert.That(_receiver.Deliveries, Has.Length.EqualTo(17));
    }

    [TestCase("400 Bad Request")]
    [TestCase("410 Gone")]
    [TestCase("307 Temporary Redirect\r\nLocation: /elsewhere")]
    public async Task Permanent_refusal_ends_the_delivery(string answer)
    {
        _receiver.Answer = _ => answer;
        Enqueue("a", 1);
        await EndedAsync(WebhookResult.Refused, 1);
        Assert.That((_sender.Pending, _metrics.Retries, _receiver.Deliveries.Length), Is.EqualTo((0, 0, 1)));
        Assert.That(_log.Entries.Single().Text, Does.Contain("answers " + answer[..3]));
    }

    [Test]
    public async Task Receiver_that_does_not_answer_is_asked_again_after_ten_seconds()
    {
        _receiver.Hold();
        Enqueue("a", 1);
        await _receiver.HasAsync(1);
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.That(_metrics.Retries, Is.Zero);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await RetriedAsync(1);
    }

    [Test]
    public async Task Receiver_that_is_not_there_is_asked_again()
    {
        // A bound socket that does not listen refuses connections, and keeps its port from others.
        using var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var sender = Sender(new Uri($"http://{receiver.LocalEndPoint}/"));
        sender.Enqueue(new("a"u8.ToArray(), 1));
        sender.Pump();
        await RetriedAsync(1);

        receiver.Listen();
        Assert.That(receiver.Poll(0, SelectMode.SelectRead), Is.False, "asked before its time");
        _time.Advance(TimeSpan.FromMinutes(5));
        sender.Pump();
        using var asked = await receiver.AcceptAsync().Soon();
        Assert.That(asked.Connected, Is.True);
    }

    [Test]
    public async Task Vacated_waits_until_occupied_has_arrived()
    {
        _receiver.Answer = number => number == 0 ? "503 Service Unavailable" : "200 OK";
        Enqueue("a", 1);
        await RetriedAsync(1);
        Enqueue("a", 0);
        _time.Advance(TimeSpan.FromMinutes(5));
        _sender.Pump();
        await EndedAsync(WebhookResult.Delivered, 2);
        Assert.That(_receiver.Deliveries.Select(delivery => delivery.Change),
            Is.EqualTo(new[] { "occupied a", "occupied a", "vacated a" }));
        Assert.That(_receiver.Deliveries.Select(delivery => delivery.Id).Distinct().Count(), Is.EqualTo(2));
    }

    [Test]
    public async Task Topics_do_not_wait_for_each_other_and_four_are_delivered_at_once()
    {
        _receiver.Hold();
        for (var i = 0; i < 6; i++) Enqueue($"{i}", 1);
        await _receiver.HasAsync(4);
        Assert.That(_sender.Pump(), Is.Zero);
        _receiver.Release();
        await EndedAsync(WebhookResult.Delivered, 6);
    }

    [Test]
    public void Topics_beyond_the_bound_are_dropped_and_counted()
    {
        for (var i = 0; i < WebhookQueue.MaxTopics + 3; i++) _sender.Enqueue(new(Encoding.ASCII.GetBytes($"{i}"), 1));
        Assert.That((_sender.Pending, _metrics[WebhookResult.Dropped]), Is.EqualTo((WebhookQueue.MaxTopics, 3)));
        Assert.That(_log.Entries, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Webhook_receives_its_own_topics_only()
    {
        var options = Options(_receiver.Url) with { Topics = [SseServer.Tests.Hub.Support.TestHub.Select("chat/*")] };
        using var sender = new WebhookSender(options, 8, _client, _metrics, _time, _log);
        sender.Enqueue(new("news"u8.ToArray(), 1));
        Assert.That((sender.Pending, sender.Pump()), Is.EqualTo((0, 0)));
        sender.Enqueue(new("chat/7"u8.ToArray(), 1));
        sender.Pump();
        await EndedAsync(WebhookResult.Delivered, 1);
    }

    [Test]
    public async Task Drain_tries_what_waits_once_more()
    {
        _receiver.Answer = number => number == 0 ? "503 Service Unavailable" : "200 OK";
        Enqueue("a", 1);
        await RetriedAsync(1);
        await _sender.DrainAsync(TimeSpan.FromSeconds(5)).Soon();
        Assert.That((_metrics[WebhookResult.Delivered], _receiver.Deliveries.Length), Is.EqualTo((1, 2)));
        Assert.That(_log.Entries, Is.Empty);
    }

    [Test]
    public async Task Drain_drops_what_fails_again()
    {
        _receiver.Answer = _ => "503 Service Unavailable";
        Enqueue("a", 1);
        Enqueue("b", 1);
        await RetriedAsync(2);
        await _sender.DrainAsync(TimeSpan.FromSeconds(5)).Soon();
        Assert.That((_metrics[WebhookResult.Dropped], _sender.Pending), Is.EqualTo((2, 0)));
        Assert.That(_log.Entries.Single(),
            Is.EqualTo((Microsoft.Extensions.Logging.LogLevel.Warning, 7003, "Webhook 0 (here): 2 deliveries were dropped at shutdown")));
    }

    [Test]
    public async Task Drain_ends_in_time_though_the_receiver_does_not_answer()
    {
        _receiver.Hold();
        for (var i = 0; i < 20; i++) Enqueue($"{i}", 1);
        await _receiver.HasAsync(4);
        var drain = _sender.DrainAsync(TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.That(drain.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await drain.Soon();
        Assert.That(_metrics[WebhookResult.Dropped], Is.EqualTo(20));
    }

    [Test]
    public void Drain_of_nothing_is_over_at_once()
        => Assert.That(_sender.DrainAsync(TimeSpan.FromSeconds(5)).IsCompletedSuccessfully, Is.True);

    [Test]
    public async Task Log_has_neither_the_secret_nor_the_urls_path()
    {
        _receiver.Answer = _ => "400 Bad Request";
        Enqueue("a", 1);
        await EndedAsync(WebhookResult.Refused, 1);
        var text = string.Join('\n', _log.Entries.Select(entry => entry.Text));
        Assert.That(text, Is.Not.Empty.And.Not.Contain(Key).And.Not.Contain("hook?").And.Not.Contain("not-for-the-log"));
    }

    private static WebhookOptions Options(Uri url)
    {
        WebhookSecret.TryCreate("whsec_" + Key, out var secret);
        return new("0 (here)", url, secret!, [SseServer.Tests.Hub.Support.TestHub.Select("**")]);
    }

    private static string SignatureOf(WebhookDelivery delivery)
        => "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Key),
            Encoding.UTF8.GetBytes($"{delivery.Id}.{delivery.Timestamp}.{delivery.Body}")));

    private WebhookSender Sender(Uri url) => new(Options(url), 8, _client, _metrics, _time, _log);

    private void Enqueue(string topic, int readers)
    {
        _sender.Enqueue(new(Encoding.UTF8.GetBytes(topic), readers));
        _sender.Pump();
    }

    private Task RetriedAsync(long count) => Eventually.HoldsAsync(() => _metrics.Retries == count, $"{count} failed attempts");

    private Task EndedAsync(WebhookResult result, long count)
        => Eventually.HoldsAsync(() => _metrics[result] == count && _sender.Pending == 0, $"{count} deliveries {result}");
}
