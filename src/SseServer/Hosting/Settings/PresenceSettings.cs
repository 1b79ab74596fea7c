using System.Text;
using SseServer.Catalog;
using SseServer.Presence;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for presence: which topics report their subscribers, and to which webhooks.</summary>
internal static class PresenceSettings
{
    private const string TopicForm = "a topic or a pattern that does not begin with $, such as chat/**";

    /// <summary>Declares and reads them.</summary>
    public static PresenceOptions Read(SettingsReader reader)
    {
        var defaults = PresenceOptions.Default;
        var topics = ReadTopics(reader, "Presence:Topics",
            "Topics and patterns (chat/**) whose number of subscribers is published to $presence/TOPIC; none by default.");
        return defaults with
        {
            Topics = topics,
            Interval = reader.Duration("Presence:Interval", defaults.Interval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1),
                "How often changed numbers of subscribers are published."),
            Debounce = reader.Duration("Presence:Debounce", defaults.Debounce, TimeSpan.Zero, TimeSpan.FromHours(1),
                "How long a topic must have no subscriber before webhooks are told that it is vacated."),
            WebhookAttempts = reader.Integer("Presence:WebhookAttempts", defaults.WebhookAttempts, 1, 20,
                "Attempts to deliver to a webhook; eight take about five minutes."),
            Webhooks = reader.Each("Presence:Webhooks", "0", (name, key) => ReadWebhook(reader, name, key, topics)),
        };
    }

    /// <summary>
    /// The hub's options with what presence needs: the topics to watch and, after the user's rules, one for the presence topics.
    /// </summary>
    public static HubOptions Complete(HubOptions hub, PresenceOptions presence)
    {
        if (!presence.IsOn) return hub;
        Selector.TryCreate("$presence/**"u8, out var topics, out _);
        var rule = new TopicRule(topics, PresenceOptions.Retention, hub.Durability);
        return hub with { Watched = presence.Watched, Rules = [.. hub.Rules, rule] };
    }

    private static WebhookOptions? ReadWebhook(SettingsReader reader, string name, string key, IReadOnlyList<Selector> defaultTopics)
    {
        var url = ReadUrl(reader, $"{key}:Url");
        var secret = ReadSecret(reader, $"{key}:Secret");
        IReadOnlyList<Selector> topics = ReadTopics(reader, $"{key}:Topics",
            "Topics and patterns that the webhook is told about; if empty, those of Presence:Topics.");
        if (topics.Count == 0) topics = defaultTopics;
        if (topics.Count == 0) reader.Reject($"{key}:Topics and Presence:Topics are both empty; name {TopicForm}.");
        return url is null || secret is null || topics.Count == 0 ? null : new($"{name} ({url.Host})", url, secret, topics);
    }

    private static Uri? ReadUrl(SettingsReader reader, string key)
    {
        const string form = "http://HOST/PATH or https://HOST/PATH, without a user name";
        var text = reader.Text(key, null,
            "URL (http or https) to POST to when a topic gets its first subscriber or loses its last. Webhooks are numbered from 0.");
        var isUrl = Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0;
        if (isUrl && (url!.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)) return url;
        // The text may hold a password, so it is not repeated.
        if (text is null) reader.Reject($"{key} is missing; set it to {form}.");
        else reader.Reject(key, "...", $"is not a URL to post to; use {form}.");
        return null;
    }

    private static WebhookSecret? ReadSecret(SettingsReader reader, string key)
    {
        var text = reader.Text(key, null,
            "Secret that signs deliveries, as in Standard Webhooks: whsec_ and base64, or any text; 24 bytes or more.", secret: true);
        if (text is not null && WebhookSecret.TryCreate(text, out var secret)) return secret;
        var problem = text is null ? "is missing" : "is too short, or is not base64 after whsec_";
        reader.Reject(
            $"{key} {problem}; use {WebhookSecret.MinBytes} bytes or more, such as whsec_ and the output of openssl rand -base64 32.");
        return null;
    }

    private static List<Selector> ReadTopics(SettingsReader reader, string key, string help)
    {
        var selectors = new List<Selector>();
        foreach (var text in reader.List(key, [], help))
        {
            if (!Selector.TryCreate(Encoding.UTF8.GetBytes(text), out var selector, out var problem))
                reader.Reject(key, text, $"is not {TopicForm}: {problem}");
            else if (text[0] == '$') reader.Reject(key, text, $"is the server's own; use {TopicForm}.");
            else selectors.Add(selector);
        }

        return selectors;
    }
}
