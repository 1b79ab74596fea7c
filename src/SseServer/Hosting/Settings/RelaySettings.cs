using System.Text;
using SseServer.Catalog;
using SseServer.Endpoints;
using SseServer.Protocol.Topics;
using SseServer.Relay;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of topics that are fed from other servers.</summary>
internal static class RelaySettings
{
    private const string Key = "Relay";

    /// <summary>Declares and reads them.</summary>
    public static IReadOnlyList<RelayOptions> Read(SettingsReader reader, EndpointOptions endpoints, IReadOnlyList<ListenAddress> listen)
    {
        var topics = new HashSet<string>(StringComparer.Ordinal);
        return reader.Each(Key, "0", (_, key) => ReadRelay(reader, key, endpoints, listen, topics));
    }

    private static RelayOptions? ReadRelay(SettingsReader reader, string key, EndpointOptions endpoints, IReadOnlyList<ListenAddress> listen, HashSet<string> topics)
    {
        var url = reader.Text($"{key}:Url", null, "An event stream of another server, http or https, that feeds a topic of this one; several are numbered from 0.");
        var topic = reader.Text($"{key}:Topic", null, "The topic that it feeds; one relay each.");
        var authorization = reader.Text($"{key}:Authorization", null,
            "What the source is told in the Authorization field, such as Bearer TOKEN; never sent to another origin.", secret: true);
        var events = reader.List($"{key}:Event", [], "The types of event that are taken; message also stands for events without one. None takes all.");
        var options = new RelayOptions
        {
            Url = ReadUrl(reader, $"{key}:Url", url)!,
            Topic = ReadTopic(reader, $"{key}:Topic", topic, topics)!,
            Authorization = ReadAuthorization(reader, $"{key}:Authorization", authorization),
            Events = [.. events.Select(Encoding.UTF8.GetBytes)],
            Retry = Duration($"{key}:Retry", defaults => defaults.Retry, RelayBackoff.Least, "How long to wait before the source is asked again, unless it says so itself with retry:."),
            MaxRetry = Duration($"{key}:MaxRetry", defaults => defaults.MaxRetry, RelayBackoff.Least, "The longest such wait: after each failure it doubles, with jitter, up to this."),
            IdleTimeout = Duration($"{key}:IdleTimeout", defaults => defaults.IdleTimeout, TimeSpan.FromSeconds(1), "A source that sends nothing for so long, not even a comment, is asked again."),
            MaxEventBytes = endpoints.MaxEventBytes,
        };
        if (options.Url is null || options.Topic is null) return null;
        if (!IsOwn(options, listen)) return options;
        reader.Reject($"{key}:Url", url!, "is the topic's own stream, so that each event would come again for ever", "a stream of another server, or of another topic");
        return null;

        TimeSpan Duration(string name, Func<RelayOptions, TimeSpan> @default, TimeSpan min, string help)
            => reader.Duration(name, @default(Defaults), min, TimeSpan.FromHours(1), help);
    }

    private static RelayOptions Defaults { get; } = new() { Url = null!, Topic = [] };

    // Whatever it is, it is not printed: it may hold what should have been in Authorization.
    private static Uri? ReadUrl(SettingsReader reader, string key, string? text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) && EventSource.HasHost(url)
            && url.UserInfo.Length == 0 && !url.Query.Contains("access_token=", StringComparison.Ordinal)) return url;
        reader.Reject(key, text is null ? "" : "...", text is null ? "is missing" : "is no URL to relay from",
            "an http or https URL without a name, password or access_token in it, such as https://events.example/events/news; credentials go into Authorization");
        return null;
    }

    private static byte[]? ReadTopic(SettingsReader reader, string key, string? text, HashSet<string> topics)
    {
        var utf8 = Encoding.UTF8.GetBytes(text ?? "");
        string? reason = null;
        if (text is null) reason = "is missing";
        else if (!TopicName.TryCreate(utf8, out var topic, out var problem)) reason = $"is no topic ({problem!.TrimEnd('.')})";
        else if (topic.IsServerOwned) reason = "begins with '$', as the server's own topics do";
        else if (utf8.Length > PositionTopic.MaxTopicBytes) reason = "is too long";
        else if (!topics.Add(text)) reason = "is fed by another relay already";
        if (reason is null) return utf8;
        reader.Reject(key, text ?? "", reason, $"the name of a topic of its own, up to {PositionTopic.MaxTopicBytes} bytes, such as news");
        return null;
    }

    // RFC 9110 section 11.6.2: visible ASCII and spaces. A line break would end the field.
    private static string? ReadAuthorization(SettingsReader reader, string key, string? text)
    {
        if (text is null || text.All(character => character is >= ' ' and <= '~')) return text;
        reader.Reject(key, "", "holds a character that no field has", "the scheme and the credential, such as Bearer TOKEN");
        return null;
    }

    // Only what is plain to see: a ring over other servers or names is the operator's to avoid.
    private static bool IsOwn(RelayOptions options, IReadOnlyList<ListenAddress> listen)
    {
        var url = options.Url;
        if (!url.IsLoopback || !listen.Any(address => address.Port == url.Port && address.Port != 0)) return false;
        var path = Uri.UnescapeDataString(url.AbsolutePath);
        if (path != "/events" && !path.StartsWith("/events/", StringComparison.Ordinal)) return false;
        var selectors = url.Query.TrimStart('?').Split('&').Select(Uri.UnescapeDataString).Where(pair => pair.StartsWith("topic=", StringComparison.Ordinal)).Select(pair => pair["topic=".Length..]).ToList();
        if (path.Length > "/events/".Length) selectors.Add(path["/events/".Length..]);
        if (selectors.Count == 0) selectors.Add(Encoding.UTF8.GetString(TopicName.Default.Utf8));
        return selectors.Any(text => Selector.TryCreate(Encoding.UTF8.GetBytes(text), out var selector, out _) && selector.Matches(options.Topic));
    }
}
