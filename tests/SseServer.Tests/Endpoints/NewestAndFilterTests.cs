using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;
using SseServer.Tests.Support;

namespace SseServer.Tests.Endpoints;

/// <summary>since=latest and event= over a socket.</summary>
public sealed class NewestAndFilterTests
{
    [Test]
    public async Task Since_latest_begins_with_the_newest_of_each_key_and_leaves_the_client_at_the_head()
    {
        await using var server = new ServerUnderTest();
        Publish(server, ("a", "1"), ("b", "2"), ("a", "3"), ("", "4"));
        var client = await server.SubscribeAsync("/events/prices?since=latest");

        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("2"));
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("3"));
        Assert.That(await client.ReadBlockAsync(), Has.Property("Data").Null.And.Property("Id").EqualTo(server.Hub.Head.ToString()));
        Publish(server, ("a", "5"));
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("5"));
    }

    [Test]
    public async Task A_stream_has_only_the_types_of_events_that_it_names()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events?event=price&event=message");

        await server.PublishAsync("/events?event=news", "no");
        await server.PublishAsync("/events?event=price", "yes");
        await server.PublishAsync("/events", "too");

        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("yes"));
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("too"));
    }

    [TestCase("event=", "is empty")]
    [TestCase("event=a%0Ab", "control")]
    [TestCase("event=1&event=2&event=3&event=4&event=5&event=6&event=7&event=8&event=9"
        + "&event=10&event=11&event=12&event=13&event=14&event=15&event=16&event=17", "at most 16")]
    public async Task A_bad_filter_is_refused_with_what_to_mend(string query, string detail)
    {
        await using var server = new ServerUnderTest();

        var reply = await server.SendAsync("GET", "/events?" + query);

        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Json.GetProperty("detail").GetString(), Does.Contain(detail));
    }

    private static void Publish(ServerUnderTest server, params (string Key, string Data)[] events)
    {
        var batch = new PublishBatch();
        foreach (var (key, data) in events)
        {
            TopicName.TryCreate("prices"u8, out var topic, out _);
            batch.Add(topic, new ServerSentEvent { Data = System.Text.Encoding.UTF8.GetBytes(data), RetryMilliseconds = -1 },
                System.Text.Encoding.UTF8.GetBytes(key));
        }

        server.Hub.PublishNow(batch);
    }
}
