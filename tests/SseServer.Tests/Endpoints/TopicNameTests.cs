namespace SseServer.Tests.Endpoints;

/// <summary>One normal form of topic names: percent-decoded once, compared byte by byte.</summary>
public sealed class TopicNameTests
{
    // What a URL says, and the topic it means.
    [TestCase("/events/a/b", "a/b")]
    [TestCase("/events/a%2Fb", "a/b")]
    [TestCase("/events/a%2fb", "a/b")]
    [TestCase("/events?topic=a/b", "a/b")]
    [TestCase("/events?topic=a%2Fb", "a/b")]
    [TestCase("/events?%74opic=a", "a")]
    [TestCase("/events/%61", "a")]
    [TestCase("/events/a%20b", "a b")]
    [TestCase("/events?topic=a+b", "a b")]
    [TestCase("/events/a+b", "a+b")]
    [TestCase("/events/%2561", "%61")]
    [TestCase("/events/A", "A")]
    [TestCase("/events/...", "...")]
    [TestCase("/events/.a/b.", ".a/b.")]
    [TestCase("/events/h%C3%A4user", "häuser")]
    [TestCase("/events/a%CC%88", "a\u0308")]
    [TestCase("/events/%F0%9F%98%80", "😀")]
    [TestCase("/events/%D9%85%DB%8C%E2%80%8C%D8%AE%D9%88%D8%A7%D9%87%D9%85", "می\u200Cخواهم")]
    [TestCase("/events/PDF%E2%80%8C%D9%87%D8%A7", "PDF\u200Cها")]
    [TestCase("/events/%E0%A4%95%E0%A5%8D%E2%80%8D%E0%A4%B7", "क्\u200Dष")]
    [TestCase("/events/x/%F0%9F%91%A9%E2%80%8D%F0%9F%91%A9%E2%80%8D%F0%9F%91%A7", "x/👩\u200D👩\u200D👧")]
    [TestCase("/events/%F0%9F%8F%B3%EF%B8%8F%E2%80%8D%F0%9F%8C%88", "🏳\uFE0F\u200D🌈")]
    [TestCase("/events/a$", "a$")]
    [TestCase("/events/a/$b", "a/$b")]
    [TestCase("/events/healthz", "healthz")]
    public async Task Topic_of_a_url_is_this(string target, string topic)
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events?topic=" + Uri.EscapeDataString(topic));
        var reply = await server.SendAsync("POST", target, "x");
        Assert.That(reply.Status, Is.EqualTo(201), reply.Body);
        Assert.That(reply.Json.GetProperty("topic").GetString(), Is.EqualTo(topic));
        Assert.That((await client.ReadBlockAsync())!.Data, Is.EqualTo("x"));
    }

    [TestCase("/events/", "empty")]
    [TestCase("/events?topic=", "empty")]
    [TestCase("/events//a", "empty segment")]
    [TestCase("/events/a/", "empty segment")]
    [TestCase("/events/a//b", "empty segment")]
    [TestCase("/events/a%2F", "empty segment")]
    [TestCase("/events/a%2F%2Fb", "empty segment")]
    [TestCase("/events/.", "'..'")]
    [TestCase("/events/..", "'..'")]
    [TestCase("/events/a/../b", "'..'")]
    [TestCase("/events/../healthz", "'..'")]
    [TestCase("/events/%2e%2e", "'..'")]
    [TestCase("/events/a%2f%2e%2E%2fb", "'..'")]
    [TestCase("/events/a/./b", "'..'")]
    [TestCase("/events/%00", "control")]
    [TestCase("/events/a%0Ab", "control")]
    [TestCase("/events/a%7F", "control")]
    [TestCase("/events/%C2%85", "control")]
    [TestCase("/events/%E2%80%8B", "invisible")]
    [TestCase("/events/%E2%80%AE", "invisible")]
    [TestCase("/events/a%E2%80%8Db", "invisible")]
    [TestCase("/events/a%E2%80%8C", "invisible")]
    [TestCase("/events/%E2%80%8D%E0%A4%B7", "invisible")]
    [TestCase("/events/%E0%A4%B7%E2%80%8D", "invisible")]
    [TestCase("/events/%E0%A4%B7%E2%80%8D/a", "invisible")]
    [TestCase("/events/a/%E2%80%8D%E0%A4%B7", "invisible")]
    [TestCase("/events/%E0%A4%B7%E2%80%8D%E2%80%8D%E0%A4%B7", "invisible")]
    [TestCase("/events/%E0%A4%B7%E2%80%8D%20%E0%A4%B7", "invisible")]
    [TestCase("/events/%C2%A0", "space-like")]
    [TestCase("/events/%EF%BB%BF", "invisible")]
    [TestCase("/events/%C0%AE%C0%AE", "not valid UTF-8")]
    [TestCase("/events/%C0%AF", "not valid UTF-8")]
    [TestCase("/events/%ED%A0%80", "not valid UTF-8")]
    [TestCase("/events/%FF", "not valid UTF-8")]
    [TestCase("/events/%F5%80%80%80", "not valid UTF-8")]
    [TestCase("/events/%", "two hex digits")]
    [TestCase("/events/%4", "two hex digits")]
    [TestCase("/events/%GG", "two hex digits")]
    public async Task Invalid_name_is_refused_to_publishers_and_subscribers(string target, string sentence)
    {
        await using var server = new ServerUnderTest();
        foreach (var method in new[] { "POST", "GET" })
        {
            var reply = await server.SendAsync(method, target);
            Assert.That(reply.Status, Is.EqualTo(400), method);
            Assert.That(reply.Problem, Does.Contain(sentence), method);
        }
    }

    [TestCase("/events/*")]
    [TestCase("/events/a/**")]
    [TestCase("/events/%2A")]
    [TestCase("/events?topic=a*b")]
    public async Task Pattern_cannot_be_published_to(string target)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", target, "x");
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.Contain("patterns are for subscribing"));
    }

    [TestCase("/events/$server")]
    [TestCase("/events/%24server/x")]
    [TestCase("/events?topic=$")]
    public async Task Topic_of_the_server_can_be_read_and_not_published_to(string target)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", target, "x");
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.Contain("'$'"));
        await server.SubscribeAsync(target);
    }

    [TestCase(256, 201)]
    [TestCase(257, 400)]
    public async Task Name_has_so_many_bytes_once_decoded(int bytes, int status)
    {
        await using var server = new ServerUnderTest();
        // Two bytes of UTF-8 per character, six in a URL.
        var name = string.Concat(Enumerable.Repeat("%C3%A4", bytes / 2)) + new string('a', bytes % 2);
        Assert.That((await server.SendAsync("POST", "/events/" + name, "x")).Status, Is.EqualTo(status));
        Assert.That((await server.SendAsync("HEAD", "/events?topic=" + name)).Status, Is.EqualTo(status == 201 ? 200 : 400));
    }

    [Test]
    public async Task Names_that_only_look_alike_are_different()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events/%C3%A4");
        foreach (var other in new[] { "a%CC%88", "%C3%84", "A", "a" }) await server.PublishAsync("/events/" + other, "another");
        await server.PublishAsync("/events/%C3%A4", "this");
        Assert.That((await client.ReadBlockAsync())!.Data, Is.EqualTo("this"));
    }
}
