namespace SseServer.Tests.Endpoints;

/// <summary><c>DELETE /events/topic</c>: the topic's events are gone, its streams end for good, and a publish starts it anew.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class DeleteTests
{
    [TestCase("/events/job/17")]
    [TestCase("/events?topic=job/17")]
    [TestCase("/events/job%2F17")]
    public async Task A_deleted_topic_has_no_events_and_its_streams_end(string target)
    {
        await using var server = new ServerUnderTest();
        var first = (await server.SendAsync("POST", "/events/job/17", "one")).Json.GetProperty("id").GetString();
        var stream = await server.SubscribeAsync("/events/job/17");

        var reply = await server.SendAsync("DELETE", target);

        Assert.That(reply.Status, Is.EqualTo(200), reply.Body);
        var id = reply.Json.GetProperty("id").GetString();
        Assert.That(reply.Json.GetProperty("topic").GetString(), Is.EqualTo("job/17"));
        Assert.That(reply.Json.GetProperty("deleted").GetBoolean(), Is.True);
        while (await stream.ReadEventAsync() is not null)
        {
        }

        Assert.That(stream.LastEventId, Is.EqualTo(id));
        foreach (var position in new[] { first, id })
            Assert.That((await server.SendAsync("GET", $"/events/job/17?lastEventId={position}")).Status, Is.EqualTo(204));
    }

    [Test]
    public async Task A_publish_starts_a_deleted_topic_anew_and_old_positions_get_a_gap()
    {
        await using var server = new ServerUnderTest();
        var first = (await server.SendAsync("POST", "/events/a", "one")).Json.GetProperty("id").GetString();
        await server.SendAsync("POST", "/events/a", "two");
        await server.SendAsync("DELETE", "/events/a");

        var fresh = await server.SubscribeAsync("/events/a?since=all");
        Assert.That((await server.SendAsync("POST", "/events/a", "anew")).Status, Is.EqualTo(201));

        Assert.That((await fresh.ReadEventAsync())!.Data, Is.EqualTo("anew"));
        var old = await server.SubscribeAsync($"/events/a?lastEventId={first}");
        Assert.That((await old.ReadEventAsync())!.Name, Is.EqualTo("gap"));
        Assert.That((await old.ReadEventAsync())!.Data, Is.EqualTo("anew"));
    }

    [Test]
    public async Task A_topic_that_does_not_exist_or_is_deleted_already_is_404()
    {
        await using var server = new ServerUnderTest();
        await server.SubscribeAsync("/events/read");
        await server.SendAsync("POST", "/events/a", "one");

        Assert.That((await server.SendAsync("DELETE", "/events/none")).Status, Is.EqualTo(404));
        Assert.That((await server.SendAsync("DELETE", "/events/read")).Status, Is.EqualTo(404));
        Assert.That((await server.SendAsync("DELETE", "/events/a")).Status, Is.EqualTo(200));
        var second = await server.SendAsync("DELETE", "/events/a");
        Assert.That((second.Status, second["Content-Type"]), Is.EqualTo((404, "application/problem+json")));
    }

    [TestCase("/events", "The request names no topic to delete; name it in the path or in topic=.")]
    [TestCase("/events/a?topic=b", "The request names more than one topic; name one topic, in the path or in topic=.")]
    [TestCase("/events/a?final=1", "DELETE accepts only topic= in the query; leave out the other parameters.")]
    [TestCase("/events/job/*", "")]
    [TestCase("/events/$sys", "Topic names that begin with '$'")]
    public async Task An_unclear_deletion_deletes_nothing(string target, string sentence)
    {
        await using var server = new ServerUnderTest();
        await server.SendAsync("POST", "/events/a", "one");
        await server.SendAsync("POST", "/events", "one");

        var reply = await server.SendAsync("DELETE", target);

        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Json.GetProperty("detail").GetString(), Does.StartWith(sentence));
        Assert.That(server.Hub.Catalog.Budget.Total.Events, Is.EqualTo(2));
    }

    [TestCase("/events/orders/42", 200)]
    [TestCase("/events/billing", 403)]
    public async Task Deleting_needs_the_right_to_publish(string target, int status)
    {
        await using var server = Guarded.Start();
        foreach (var topic in new[] { "/events/orders/42", "/events/billing" })
            Assert.That((await server.SendAsync("POST", topic, "x", Guarded.Bearer(Guarded.KeyOfOps))).Status, Is.EqualTo(201));

        Assert.That((await server.SendAsync("DELETE", target)).Status, Is.EqualTo(401));
        Assert.That((await server.SendAsync("DELETE", target, null, Guarded.Bearer(server.Token()))).Status, Is.EqualTo(status));
        Assert.That(server.Hub.Catalog.Budget.Total.Events, Is.EqualTo(status == 200 ? 1 : 2));
    }

    [TestCase("Origin: https://evil.example", 403)]
    [TestCase("Origin: null", 403)]
    [TestCase("Host: rebound.example", 421)]
    [TestCase("X-Forwarded-For: 192.0.2.1", 403)]
    [TestCase("Origin: http://localhost:3000", 200)]
    public async Task Deleting_is_guarded_as_publishing_is(string field, int status)
    {
        await using var server = new ServerUnderTest();
        await server.SendAsync("POST", "/events/a", "x");

        Assert.That((await server.SendAsync("DELETE", "/events/a", null, field)).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task A_server_that_drains_deletes_nothing()
    {
        await using var server = new ServerUnderTest();
        await server.SendAsync("POST", "/events/a", "x");
        server.Application.BeginDrain();

        Assert.That((await server.SendAsync("DELETE", "/events/a")).Status, Is.EqualTo(503));
        Assert.That(server.Hub.Catalog.Budget.Total.Events, Is.EqualTo(1));
    }
}
