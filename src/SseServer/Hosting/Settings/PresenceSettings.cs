using System.Text;
using SseServer.Catalog;
using SseServer.Presence;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of who is told of topics' readers.</summary>
internal static class PresenceSettings
{
    private const string TopicForm = "a topic or a pattern that does not begin with $, such as chat/**";

    /// <summary>Declares and reads them.</summary>
    public static PresenceOptions Read(SettingsReader reader)
    {
        var defaults = PresenceOptions.Default;
        var topics = ReadTopics(reader, "Presence:Topics", "Topics and patterns (chat/**) whose number of subscribers is told in $presence/TOPIC; none by default.");
        return defaults with
        {
            Topics = topics,
            Interval = reader.Duration("Presence:Interval", defaults.Interval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1), "How often changed numbers of subscribers are told."),
            Debounce = reader.Duration("Presence:Debounce", defaults.Debounce, TimeSpan.Zero, TimeSpan.FromHours(1), "How long a topic has been without subscribers before webhooks are told that it is vacated."),
            WebhookAttempts = reader.Integer("Presence:WebhookAttempts", defaults.WebhookAttempts, 1, 20, "Attempts to deliver to a webhook; eight take about five minutes."),
            Webhooks = reader.Each("Presence:Webhooks", "0", (name, key) => ReadWebhook(reader, name, key, topics)),
        };
    }

    /// <summary>The hub's options with what presence needs of it: the topics to watch, and after the user's rules one for what is kept of presence topics.</summary>
    public static HubOptions Complete(HubOptions hub, PresenceOptions presence)
    {
        if (!presence.IsOn) return hub;
        Selector.TryCreate("$presence/**"u8, out var topics, out _);
        return hub with { Watched = presence.Watched, Rules = [.. hub.Rules, new TopicRule(topics, PresenceOptions.Retention, hub.Durability)] };
    }

    private static WebhookOptions? ReadWebhook(SettingsReader reader, string name, string key, IReadOnlyList<Selector> defaultTopics)
    {
        var url = ReadUrl(reader, $"{key}:Url");
        var secret = ReadSecret(reader, $"{key}:Secret");
        IReadOnlyList<Selector> topics = ReadTopics(reader, $"{key}:Topics", "The topics and patterns that the webhook is told of; those of Presence:Topics where none are named.");
        if (topics.Count == 0) topics = defaultTopics;
        if (topics.Count == 0) reader.Reject($"{key}:Topics", "", "names no topic, and neither does Presence:Topics", TopicForm);
        return url is null || secret is null || topics.Count == 0 ? null : new($"{name} ({url.Host})", url, secret, topics);
    }

    private static Uri? ReadUrl(SettingsReader reader, string key)
    {
        var text = reader.Text(key, null, "Where to POST that a topic got its first subscriber or lost its last: an http or https URL. Numbered from 0.");
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0 && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)) return url;
        // It may hold what is nobody's business, so it is not repeated.
        reader.Reject(key, text is null ? "" : "...", text is null ? "is missing" : "is no URL to post to", "http://HOST/PATH or https://HOST/PATH, without a user's name");
        return null;
    }

    private static WebhookSecret? ReadSecret(SettingsReader reader, string key)
    {
        var text = reader.Text(key, null, "What deliveries are signed with, as Standard Webhooks has it: whsec_ and base64, or any text; 24 bytes or more.", secret: true);
        if (text is not null && WebhookSecret.TryCreate(text, out var secret)) return secret;
        reader.Reject(key, "", text is null ? "is missing" : "is too short, or not base64 after whsec_", $"{WebhookSecret.MinBytes} bytes or more, such as whsec_ and what openssl rand -base64 32 prints");
        return null;
    }

    private static List<Selector> ReadTopics(SettingsReader reader, string key, string help)
    {
        var selectors = new List<Selector>();
        foreach (var text in reader.List(key, [], help))
        {
            if (!Selector.TryCreate(Encoding.UTF8.GetBytes(text), out var selector, out var problem)) reader.Reject(key, text, $"names no topic ({problem!.TrimEnd('.')})", TopicForm);
            else if (text[0] == '$') reader.Reject(key, text, "is the server's", TopicForm);
            else selectors.Add(selector);
        }

        return selectors;
    }
}
