using System.Text;
using SseServer.Catalog;
using SseServer.Endpoints;
using SseServer.Protocol.Topics;
using SseServer.Relay;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for topics that are fed from other servers.</summary>
internal static class RelaySettings
{
    private const string Key = "Relay";

    /// <summary>Declares and reads them.</summary>
    public static IReadOnlyList<RelayOptions> Read(SettingsReader reader, EndpointOptions endpoints, IReadOnlyList<ListenAddress> listen)
    {
        var topics = new HashSet<string>(StringComparer.Ordinal);
        return reader.Each(Key, "0", (_, key) => ReadRelay(reader, key, endpoints, listen, topics));
    }

    private static RelayOptions? ReadRelay(
        SettingsReader reader, string key, EndpointOptions endpoints, IReadOnlyList<ListenAddress> listen, HashSet<string> topics)
    {
        var url = reader.Text($"{key}:Url", null,
            "URL (http or https) of another server's event stream that feeds a topic of this server. Relays are numbered from 0.");
        var topic = reader.Text($"{key}:Topic", null, "The topic that the relay feeds; each topic can have one relay.");
        var authorization = reader.Text($"{key}:Authorization", null,
            "Authorization field sent to the source, such as Bearer TOKEN; never sent to another origin.", secret: true);
        var events = reader.List($"{key}:Event", [],
            "Event types to relay; message includes events without a type. If empty, all types are relayed.");
        var options = new RelayOptions
        {
            Url = ReadUrl(reader, $"{key}:Url", url)!,
            Topic = ReadTopic(reader, $"{key}:Topic", topic, topics)!,
            Authorization = ReadAuthorization(reader, $"{key}:Authorization", authorization),
            Events = [.. events.Select(Encoding.UTF8.GetBytes)],
            Retry = Duration($"{key}:Retry", defaults => defaults.Retry, RelayBackoff.Least,
                "How long to wait before reconnecting to the source, unless the source sends retry:."),
            MaxRetry = Duration($"{key}:MaxRetry", defaults => defaults.MaxRetry, RelayBackoff.Least,
                "The longest such wait; after each failure the wait doubles, with jitter, up to this."),
            IdleTimeout = Duration($"{key}:IdleTimeout", defaults => defaults.IdleTimeout, TimeSpan.FromSeconds(1),
                "Time without a byte from the source, not even a comment, after which the relay reconnects."),
            MaxEventBytes = endpoints.MaxEventBytes,
        };
        if (options.Url is null || options.Topic is null) return null;
        if (!IsOwn(options, listen)) return options;
        reader.Reject($"{key}:Url", url!,
            "is a stream of the topic that it feeds, so each event would come back endlessly; use another server or another topic.");
        return null;

        TimeSpan Duration(string name, Func<RelayOptions, TimeSpan> @default, TimeSpan min, string help)
            => reader.Duration(name, @default(Defaults), min, TimeSpan.FromHours(1), help);
    }

    private static RelayOptions Defaults { get; } = new() { Url = null!, Topic = [] };

    // The text is not printed, because it may hold what belongs in Authorization.
    private static Uri? ReadUrl(SettingsReader reader, string key, string? text)
    {
        const string form = "an http or https URL without a user name, password or access_token, such as "
            + "https://events.example/events/news, and put credentials in Authorization";
        var isUrl = Uri.TryCreate(text, UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) && EventSource.HasHost(url);
        if (isUrl && url!.UserInfo.Length == 0 && !url.Query.Contains("access_token=", StringComparison.Ordinal)) return url;
        if (text is null) reader.Reject($"{key} is missing; use {form}.");
        else reader.Reject(key, "...", $"is not a URL to relay from; use {form}.");
        return null;
    }

    private static byte[]? ReadTopic(SettingsReader reader, string key, string? text, HashSet<string> topics)
    {
        var utf8 = Encoding.UTF8.GetBytes(text ?? "");
        var form = $"use the name of a topic, at most {PositionTopic.MaxTopicBytes} bytes, such as news";
        string? reason = null;
        if (text is null) reader.Reject($"{key} is missing; {form}.");
        else if (!TopicName.TryCreate(utf8, out var topic, out var problem)) reason = $"is not a topic ({problem!.TrimEnd('.')})";
        else if (topic.IsServerOwned) reason = "begins with '$', like the server's own topics";
        else if (utf8.Length > PositionTopic.MaxTopicBytes) reason = "is too long";
        else if (!topics.Add(text)) reason = "is already fed by another relay";
        else return utf8;
        if (reason is not null) reader.Reject(key, text!, $"{reason}; {form}.");
        return null;
    }

    // RFC 9110 section 11.6.2: visible ASCII and spaces. A line break would end the field.
    private static string? ReadAuthorization(SettingsReader reader, string key, string? text)
    {
        if (text is null || text.All(character => character is >= ' ' and <= '~')) return text;
        reader.Reject($"{key} has a character that a header field cannot have; write the scheme and the credential, such as Bearer TOKEN.");
        return null;
    }

    // Finds the obvious case only; a loop over other servers or other names of this one is for the operator to avoid.
    private static bool IsOwn(RelayOptions options, IReadOnlyList<ListenAddress> listen)
    {
        var url = options.Url;
        if (!url.IsLoopback || !listen.Any(address => address.Port == url.Port && address.Port != 0)) return false;
        var path = Uri.UnescapeDataString(url.AbsolutePath);
        if (path != "/events" && !path.StartsWith("/events/", StringComparison.Ordinal)) return false;
        var selectors = url.Query.TrimStart('?').Split('&').Select(Uri.UnescapeDataString)
            .Where(pair => pair.StartsWith("topic=", StringComparison.Ordinal)).Select(pair => pair["topic=".Length..]).ToList();
        if (path.Length > "/events/".Length) selectors.Add(path["/events/".Length..]);
        if (selectors.Count == 0) selectors.Add(Encoding.UTF8.GetString(TopicName.Default.Utf8));
        return selectors.Any(
            text => Selector.TryCreate(Encoding.UTF8.GetBytes(text), out var selector, out _) && selector.Matches(options.Topic));
    }
}
