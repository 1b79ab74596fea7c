using System.Text;
using Microsoft.Extensions.Configuration;
using SseServer.Hosting.Settings;
using SseServer.Relay;

namespace SseServer.Tests.Hosting.Settings;

public sealed class RelaySettingsTests
{
    [Test]
    public void There_are_none_by_default() => Assert.That(Read(out _), Is.Empty);

    [Test]
    public void Relay_takes_what_it_is_told()
    {
        var relays = Read(
            out var errors, ("Relay:0:Url", "https://events.example/events/news"), ("Relay:0:Topic", "news/all"),
            ("Relay:0:Authorization", "Bearer abc"),
            ("Relay:0:Event", "a, b"), ("Relay:0:MaxRetry", "2m"), ("Relay:0:IdleTimeout", "20s"),
            ("Relay:1:Url", "http://10.0.0.1:8080/x"), ("Relay:1:Topic", "x"),
            ("Limits:MaxEventBytes", "4096"));

        Assert.That(errors, Is.Empty);
        Assert.That(relays.Select(relay => Encoding.UTF8.GetString(relay.Topic)), Is.EqualTo(new[] { "news/all", "x" }));
        Assert.That(relays[0].Url, Is.EqualTo(new Uri("https://events.example/events/news")));
        Assert.That(relays[0].Events.Select(Encoding.UTF8.GetString), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(
            (relays[0].Authorization, relays[0].MaxRetry, relays[0].IdleTimeout, relays[0].MaxEventBytes),
                Is.EqualTo(("Bearer abc", TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(20), 4096)));
        Assert.That((relays[1].Authorization, relays[1].Retry, relays[1].MaxRetry),
            Is.EqualTo(((string?)null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30))));
    }

    [TestCase(null, "a", null, "Relay:0:Url is missing")]
    [TestCase("events/news", "a", null, "Relay:0:Url: '...' is not a URL to relay from")]
    [TestCase("ftp://a/b", "a", null, "is not a URL to relay from")]
    [TestCase("http://name:hunter2@a/b", "a", null, "is not a URL to relay from")]
    [TestCase("http://a/b?access_token=hunter2", "a", null, "put credentials in Authorization")]
    [TestCase("http://a/b", null, null, "Relay:0:Topic is missing")]
    [TestCase("http://a/b", "a/*", null, "Relay:0:Topic: 'a/*' is not a topic")]
    [TestCase("http://a/b", "$sys", null, "begins with '$'")]
    [TestCase("http://a/b", "a", "Bearer hunter2\r\nX: y", "Relay:0:Authorization has a character")]
    [TestCase("http://127.0.0.1:8080/events/a", "a", null, "is a stream of the topic that it feeds")]
    [TestCase("http://localhost:8080/events?topic=b&topic=a", "a", null, "is a stream of the topic that it feeds")]
    [TestCase("http://localhost:8080/events", "default", null, "is a stream of the topic that it feeds")]
    [TestCase("http://127.0.0.1:8080/events/a/*", "a/b", null, "is a stream of the topic that it feeds")]
    [TestCase("http://127.0.0.1:8080/events?topic=**", "a", null, "is a stream of the topic that it feeds")]
    [TestCase("http://xn--\u00fc.example/", "a", null, "is not a URL to relay from")]
    public void What_cannot_be_relayed_is_rejected_with_what_to_do(string? url, string? topic, string? authorization, string problem)
    {
        Read(out var errors, ("Relay:0:Url", url), ("Relay:0:Topic", topic), ("Relay:0:Authorization", authorization));

        Assert.That(errors, Has.One.Contains(problem));
        Assert.That(errors, Has.None.Contains("hunter2"));
    }

    [Test]
    public void Topic_has_one_relay()
    {
        Read(out var errors, ("Relay:0:Url", "http://a/b"), ("Relay:0:Topic", "a"), ("Relay:1:Url", "http://c/d"), ("Relay:1:Topic", "a"));

        Assert.That(errors, Has.One.Contains("Relay:1:Topic: 'a' is already fed by another relay"));
    }

    [TestCase(249, 0)]
    [TestCase(250, 1)]
    public void Topic_leaves_room_for_the_name_of_its_position(int length, int problems)
    {
        Read(out var errors, ("Relay:0:Url", "http://a/b"), ("Relay:0:Topic", new string('a', length)));

        Assert.That(errors, Has.Count.EqualTo(problems));
    }

    [Test]
    public void Another_topic_of_the_same_server_may_be_relayed()
    {
        Read(out var errors, ("Relay:0:Url", "http://127.0.0.1:8080/events/b"), ("Relay:0:Topic", "a"));

        Assert.That(errors, Is.Empty);
    }

    private static IReadOnlyList<RelayOptions> Read(out IReadOnlyList<string> errors, params (string Key, string? Value)[] values)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values.ToDictionary(pair => pair.Key, pair => pair.Value));
        var reader = new SettingsReader(configuration.Build());
        var settings = ServerSettings.Read(reader);
        errors = reader.Errors;
        return settings.Relays;
    }
}
