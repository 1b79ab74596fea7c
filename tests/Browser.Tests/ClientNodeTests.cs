namespace SseServer.Browser.Tests;

/// <summary>The server's own client outside browsers.</summary>
public sealed class ClientNodeTests
{
    [TestCase("node")]
    [TestCase("deno")]
    [TestCase("bun")]
    public async Task It_resumes_and_ends_with_its_topic_and_the_process_ends_with_it(string runtime)
    {
        await using var server = Servers.Start();
        await using var client = await NodeClient.StartAsync(runtime, server.UrlOf("/events/job/17?since=all"));
        await server.HasStreamsAsync(1);
        await server.PublishAsync("/events/job/17", "1");
        Assert.That((await client.NextAsync()).Data, Is.EqualTo("1"));
        server.CutConnections();
        var id = await server.PublishAsync("/events/job/17?event=price", "2 ❤");
        Assert.That(await client.NextAsync(), Is.EqualTo(new SeenEvent("price", "2 ❤", id)));
        await server.PublishAsync("/events/job/17?final=1", "3");
        Assert.That((await client.NextAsync()).Data, Is.EqualTo("3"));
        Assert.That((await client.NextAsync()).Type, Is.EqualTo("end"));
        await client.Exit;
    }
}
