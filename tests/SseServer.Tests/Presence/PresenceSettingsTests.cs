using System.Text;
using Microsoft.Extensions.Configuration;
using SseServer.Catalog;
using SseServer.Hosting.Settings;
using SseServer.Log;
using SseServer.Presence;

namespace SseServer.Tests.Presence;

internal sealed class PresenceSettingsTests
{
    private const string Secret = "a secret of many characters";

    [Test]
    public void Nothing_is_reported_by_default()
    {
        var options = Read([], out var errors);
        Assert.That((options.IsOn, errors.Count), Is.EqualTo((false, 0)));
        var hub = HubOptions.Default;
        Assert.That(PresenceSettings.Complete(hub, options), Is.SameAs(hub));
    }

    [Test]
    public void Topics_are_watched_and_their_presence_topics_kept_short_after_the_users_rules()
    {
        var options = Read(new() { ["Presence:Topics"] = "chat/**, news" }, out var errors);
        Assert.That(errors, Is.Empty);
        var hub = PresenceSettings.Complete(HubOptions.Default, options);
        Assert.That((hub.Watches("chat/7"u8), hub.Watches("news"u8), hub.Watches("other"u8), hub.Watches("$presence/chat/7"u8)),
            Is.EqualTo((true, true, false, false)));
        Assert.That(hub.RuleOf("$presence/chat/7"u8).Retention, Is.EqualTo(PresenceOptions.Retention));
        Assert.That(hub.RuleOf("chat/7"u8).Retention, Is.EqualTo(HubOptions.Default.Retention));

        var rule = new TopicRule(Hub.Support.TestHub.Select("$presence/chat/**"), new TopicRetention { MaxEvents = 5 }, Durability.Async);
        Assert.That(PresenceSettings.Complete(HubOptions.Default with { Rules = [rule] }, options).RuleOf("$presence/chat/7"u8),
            Is.EqualTo((rule.Retention, rule.Durability)));
    }

    [Test]
    public void Webhook_covers_its_own_topics_or_else_all()
    {
        var options = Read(
            new()
            {
                ["Presence:Topics"] = "chat/**",
                ["Presence:Webhooks:0:Url"] = "https://hooks.example/a?key=x",
                ["Presence:Webhooks:0:Secret"] = Secret,
                ["Presence:Webhooks:1:Url"] = "http://127.0.0.1:9000/b",
                ["Presence:Webhooks:1:Secret"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                ["Presence:Webhooks:1:Topics"] = "job/*",
                ["Presence:Debounce"] = "30s",
                ["Presence:WebhookAttempts"] = "3",
            },
            out var errors);
        Assert.That(errors, Is.Empty);
        Assert.That(options.Webhooks.Select(webhook => (webhook.Name, Encoding.UTF8.GetString(webhook.Topics.Single().Text))),
            Is.EqualTo(new[] { ("0 (hooks.example)", "chat/**"), ("1 (127.0.0.1)", "job/*") }));
        Assert.That((options.Debounce, options.WebhookAttempts), Is.EqualTo((TimeSpan.FromSeconds(30), 3)));
        Assert.That(PresenceSettings.Complete(HubOptions.Default, options).Watches("job/1"u8), Is.True);
    }

    [TestCase("Presence:Topics", "$presence/**", "Presence:Topics: '$presence/**' is the server's own;")]
    [TestCase("Presence:Topics", "a//b",
        "Presence:Topics: 'a//b' is not a topic or a pattern that does not begin with $, such as chat/**: A topic name")]
    [TestCase("Presence:Interval", "1ms", "Presence:Interval: '1ms' is out of range;")]
    [TestCase("Presence:Webhooks:0:Url", "", "Presence:Webhooks:0:Url is missing;")]
    [TestCase("Presence:Webhooks:0:Url", "ftp://hooks.example", "Presence:Webhooks:0:Url: '...' is not a URL to post to;")]
    [TestCase("Presence:Webhooks:0:Url", "hooks.example/a", "Presence:Webhooks:0:Url: '...' is not a URL to post to;")]
    [TestCase("Presence:Webhooks:0:Url", "https://user:hunter2@hooks.example", "Presence:Webhooks:0:Url: '...' is not a URL to post to;")]
    [TestCase("Presence:Webhooks:0:Secret", "", "Presence:Webhooks:0:Secret is missing;")]
    [TestCase("Presence:Webhooks:0:Secret", "hunter2", "Presence:Webhooks:0:Secret is too short, or is not base64 after whsec_;")]
    [TestCase("Presence:Webhooks:0:Topics", "", "Presence:Webhooks:0:Topics and Presence:Topics are both empty;")]
    [TestCase("Presence:Webhooks:0:Topic", "a", "Presence:Webhooks:0:Topic is not a setting; did you mean Presence:Webhooks:0:Topics?")]
    public void What_is_wrong_is_named_without_its_secret(string key, string value, string sentence)
    {
        Read(
            new()
            {
                ["Presence:Webhooks:0:Url"] = "https://hooks.example/a",
                ["Presence:Webhooks:0:Secret"] = Secret,
                ["Presence:Webhooks:0:Topics"] = "chat/**",
                [key] = value,
            },
            out var errors);
        Assert.That(errors, Has.Some.StartsWith(sentence));
        Assert.That(string.Join('\n', errors), Does.Not.Contain("hunter2"));
    }

    private static PresenceOptions Read(Dictionary<string, string?> values, out IReadOnlyList<string> errors)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        var options = PresenceSettings.Read(reader);
        errors = [.. reader.Errors, .. reader.UnknownKeys()];
        return options;
    }
}
