using System.Text;
using SseServer.Auth;
using SseServer.Endpoints;
using SseServer.Protocol.Http;
using SseServer.Transport.Proxies;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of what requests may ask for, and from where.</summary>
internal static class EndpointSettings
{
    /// <summary>Declares and reads them. Refuses an open publisher's door on any address but loopback.</summary>
    /// <param name="reader">Where they stand.</param>
    /// <param name="auth">Who is known.</param>
    /// <param name="listen">Where to listen.</param>
    /// <param name="proxies">Whom to believe about whose a request is.</param>
    /// <param name="memory">Bytes that the process may use.</param>
    public static EndpointOptions Read(
        SettingsReader reader, AuthOptions auth, IReadOnlyList<ListenAddress> listen, ProxyOptions proxies, long memory)
    {
        var defaults = EndpointOptions.Default;
        var hasStrangers = proxies.Trusted.Count > 0 || !listen.All(address => address.IsLoopback);
        var options = defaults with
        {
            MaxEventBytes = (int)reader.Bytes("Limits:MaxEventBytes", defaults.MaxEventBytes, 64, 256 * 1024 * 1024, "Bytes of one event's data; more get 413."),
            MaxBatchBytes = (int)reader.Bytes("Limits:MaxBatchBytes", defaults.MaxBatchBytes, 1024, 1024 * 1024 * 1024, "Bytes of one batch of events; more get 413."),
            MaxBatchEvents = reader.Integer("Limits:MaxBatchEvents", defaults.MaxBatchEvents, 1, 10_000_000,
                "Events of one batch; more get 413 with the line."),
            MaxTopicsPerSubscription = reader.Integer("Limits:MaxTopicsPerSubscription", defaults.MaxTopicsPerSubscription, 1, 10_000, "Topics and patterns of one stream."),
            Limits = LimitSettings.Read(reader, hasStrangers, memory),
            MinRetry = reader.Duration("Streams:MinRetry", defaults.MinRetry, TimeSpan.Zero, TimeSpan.FromHours(1), "The shortest reconnection time that a publisher's retry= can set."),
            MaxRetry = reader.Duration("Streams:MaxRetry", defaults.MaxRetry, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24), "The longest reconnection time that a publisher's retry= can set, and that the server tells under load."),
            TruncatesTemporaryEnd = reader.Choice("Streams:TemporaryEnd", "truncate", ["truncate", "clean"],
                "How a stream ends whose client is to come back (a drain, a shed, a refusal for now, a token's end): truncate leaves out "
                + "the last chunk, since many clients do not reconnect after a complete answer; clean sends it.") == "truncate",
            AllowedOrigins = ReadOrigins(reader, defaults.AllowedOrigins),
            AllowCredentials = reader.Flag("Cors:AllowCredentials", defaults.AllowCredentials, "Lets pages of origins listed by name send cookies."),
            AllowedHosts = ReadHosts(reader, defaults.AllowedHosts),
            AllowAnonymousPublish = ReadAnonymous(reader),
            HasOpenMetrics = reader.Flag("Metrics:Open", false,
                "Shows /metrics to everyone who can reach the server; otherwise only admins see them and, on a server "
                + " that is set up for its own machine alone, whoever comes directly."),
            IsLoopbackOnly = listen.All(address => address.IsLoopback),
            TokenCookie = ReadCookie(reader, defaults.TokenCookie),
            ExpiryNotice = reader.Duration("Auth:ExpiryNotice", defaults.ExpiryNotice, TimeSpan.Zero, TimeSpan.FromHours(1),
                "How long before its token expires a stream is told so, with event: auth-expiring."),
        };
        Check(reader, options, auth, listen);
        if (!options.IsLoopbackOnly || options.AllowedHosts.Count > 0 || proxies.Trusted.Count > 0) CheckKeys(reader, auth);
        return options;
    }

    private static List<string> ReadOrigins(SettingsReader reader, IReadOnlyList<string> @default)
    {
        const string key = "Cors:AllowedOrigins";
        var origins = new List<string>();
        const string help = "Origins (https://app.example) whose pages may read; * is any, and https://*.app.example any below a name. "
            + "Only pages of origins listed by name, and on a direct request loopback ones, may publish.";
        foreach (var text in reader.List(key, @default, help))
        {
            if (text == "*") origins.Add(text);
            else if (!OriginText.TryParse(text, out var origin, out var problem, out var allowed))
                reader.Reject(key, text, problem, allowed);
            else origins.Add(origin);
        }

        return [.. origins.Distinct()];
    }

    private static List<string> ReadHosts(SettingsReader reader, IReadOnlyList<string> @default)
    {
        const string key = "Server:AllowedHosts";
        var hosts = new List<string>();
        const string help = "Host names, beside loopback ones, that the server answers to; others get 421, against pages that have "
            + "their own name point here. On loopback none others are answered; "
            + "elsewhere, every name is while none is listed, and addresses always are.";
        foreach (var text in reader.List(key, @default, help))
        {
            if (!HostText.TryParse(text, out var host, out var problem, out var allowed)) reader.Reject(key, text, problem, allowed);
            else hosts.Add(host);
        }

        return [.. hosts.Distinct()];
    }

    private static bool? ReadAnonymous(SettingsReader reader)
    {
        var choice = reader.Choice("Auth:AllowAnonymousPublish", "local", ["true", "false", "local"],
            "Publishing without a key: true lets everyone publish, false no one, local those on this machine if no keys, "
                + "tokens or other host names "
            + "are set up.");
        return choice == "local" ? null : choice == "true";
    }

    private static string ReadCookie(SettingsReader reader, string @default)
    {
        const string key = "Auth:Cookie";
        var name = reader.Text(key, @default, "The cookie that a token may come in, for pages whose EventSource cannot send a header.")!;
        if (HttpTokens.IsToken(Encoding.UTF8.GetBytes(name))) return name;
        reader.Reject(key, name, "is no name for a cookie", "letters, digits and characters such as - and _");
        return @default;
    }

    // Nothing slows guesses down but the network, and a key lasts until somebody changes it. On a server for its own machine alone a
    // short one does for a try.
    private static void CheckKeys(SettingsReader reader, AuthOptions auth)
    {
        foreach (var key in auth.Keys)
        {
            if (key.Secret.Length >= SecretText.MinLength) continue;
            reader.Reject("Auth:PublishKeys", "",
                $"or Auth:Keys has a key that is too short for a server that other machines can reach ({SecretText.Shown(key.Name)})",
                $"{SecretText.MinLength} characters or more, such as the output of openssl rand -hex 16");
        }
    }

    private static void Check(SettingsReader reader, EndpointOptions options, AuthOptions auth, IReadOnlyList<ListenAddress> listen)
    {
        if (options.MinRetry > options.MaxRetry)
            reader.Reject("Streams:MinRetry", $"{options.MinRetry}", "is more than Streams:MaxRetry", "a time up to that one");
        if (options.AllowCredentials && options.AllowedOrigins.Contains("*"))
            reader.Reject("Cors:AllowCredentials", "true", "would let any page act for its visitor while Cors:AllowedOrigins is *", "origins listed by name");
        if (options.IsLoopbackOnly || auth.IsConfigured || options.AllowAnonymousPublish is not null) return;
        var open = listen.First(address => !address.IsLoopback);
        reader.Reject("Server:Listen", open.ToString(), "would let anyone who reaches this machine publish",
            "a key in Auth:PublishKeys:NAME or Auth:Keys:NAME, tokens by Auth:Jwt, or Auth:AllowAnonymousPublish=true to have it so");
    }
}
