namespace SseServer.Tests.Endpoints;

/// <summary>The names of query parameters: slips are refused by name, what is not ours is ignored.</summary>
public sealed class ReadingParameterTests
{
    [TestCase("topics=a", "topic")]
    [TestCase("Topic=a", "topic")]
    [TestCase("TOPIC=a", "topic")]
    [TestCase("topci=a", "topic")]
    [TestCase("topic%5B%5D=a&topic_=a", "topic")]
    [TestCase("sinse=all", "since")]
    [TestCase("snce=all", "since")]
    [TestCase("Since=all", "since")]
    [TestCase("since.=all", "since")]
    [TestCase("lastEventID=1-0", "lastEventId")]
    [TestCase("Last-Event-ID=1-0", "lastEventId")]
    [TestCase("last-event-id=1-0", "lastEventId")]
    [TestCase("last_event_id=1-0", "lastEventId")]
    [TestCase("lasteventid=1-0", "lastEventId")]
    [TestCase("lastEventsId=1-0", "lastEventId")]
    [TestCase("events=a", "event")]
    [TestCase("heartbeats=event", "heartbeat")]
    [TestCase("heart-beat=event", "heartbeat")]
    [TestCase("greetings=none", "greeting")]
    [TestCase("accessToken=x", "access_token")]
    [TestCase("access-token=x", "access_token")]
    [TestCase("topics=", "topic")]
    public async Task Slip_in_a_name_is_refused_with_the_right_name(string query, string right)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("HEAD", "/events?" + query);
        Assert.That(reply.Status, Is.EqualTo(400));
        reply = await server.SendAsync("GET", "/events?" + query);
        Assert.That(reply.Problem, Is.EqualTo($"A query parameter looks like a misspelling of {right}=; write {right}=."));
    }

    [TestCase("_=1763794123123")]
    [TestCase("t=1")]
    [TestCase("ts=1")]
    [TestCase("timestamp=1")]
    [TestCase("nocache=1")]
    [TestCase("evs_preamble=1")]
    [TestCase("utm_source=a&utm_medium=b")]
    [TestCase("id=1&key=2&retry=3&final=1")]
    [TestCase("token=x")]
    [TestCase("x")]
    [TestCase("=")]
    [TestCase("%C3%A9v%C3%A9nement=1")]
    [TestCase("lastEventId=&evs_preamble=1")]
    [TestCase("access_token=&since=&lastEventId=&heartbeat=&greeting=")]
    [TestCase("since=&since=all")]
    [TestCase("topic=a&topic=b&event=x&event=y")]
    public async Task Other_parameters_and_empty_ones_are_ignored(string query)
    {
        await using var server = new ServerUnderTest();
        await server.SubscribeAsync("/events?" + query);
    }

    [TestCase("since=all&since=10m", "since")]
    [TestCase("since=all&since=all", "since")]
    [TestCase("lastEventId=1-0&lastEventId=2-0", "lastEventId")]
    [TestCase("heartbeat=event&heartbeat=comment", "heartbeat")]
    [TestCase("greeting=none&a=b&greeting=none", "greeting")]
    public async Task Parameter_with_one_value_is_refused_if_it_is_given_twice(string query, string name)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/events?" + query);
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Is.EqualTo($"The parameter {name}= is given twice; give it once."));
    }

    [TestCase("text/plain", "evnt=a", "event")]
    [TestCase("text/plain", "Retry=1000", "retry")]
    [TestCase("text/plain", "keys=a", "key")]
    [TestCase("text/plain", "topics=a", "topic")]
    [TestCase("text/plain", "accessToken=a", "access_token")]
    [TestCase("text/event-stream", "finale=1", "final")]
    [TestCase("application/x-ndjson", "topik=a", "topic")]
    public async Task Slip_of_a_publisher_is_refused_with_the_right_name(string type, string query, string right)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events?" + query, "data: x\n\n", "Content-Type: " + type);
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Is.EqualTo($"A query parameter looks like a misspelling of {right}=; write {right}=."));
    }

    [Test]
    public async Task Publisher_with_an_empty_token_has_none()
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events?access_token=", "x");
        await using var guarded = Guarded.Start();
        var reply = await guarded.SendAsync("GET", "/events/secret/alice/a?access_token=");
        Assert.That(reply.Problem, Does.Not.Contain("not accepted"));
        await guarded.SubscribeAsync("/events/secret/alice/a?access_token=", Guarded.Bearer(guarded.Token()));
    }
}
