using System.Text;
using SseServer.Auth;
using SseServer.Endpoints;
using SseServer.Protocol.Http;
using SseServer.Transport.Proxies;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for what requests may ask for, and from where.</summary>
internal static class EndpointSettings
{
    /// <summary>Declares and reads them. Rejects anonymous publishing on any address but loopback unless it was asked for.</summary>
    /// <param name="reader">The settings to read from.</param>
    /// <param name="auth">The keys and tokens that are set.</param>
    /// <param name="listen">The addresses to listen on.</param>
    /// <param name="proxies">The proxies that are trusted.</param>
    /// <param name="memory">Bytes that the process may use.</param>
    public static EndpointOptions Read(
        SettingsReader reader, AuthOptions auth, IReadOnlyList<ListenAddress> listen, ProxyOptions proxies, long memory)
    {
        var defaults = EndpointOptions.Default;
        var isLoopbackOnly = listen.All(address => address.IsLoopback);
        var options = defaults with
        {
            MaxEventBytes = (int)reader.Bytes("Limits:MaxEventBytes", defaults.MaxEventBytes, 64, 256 * 1024 * 1024,
                "Largest data of one event; larger ones get 413."),
            MaxBatchBytes = (int)reader.Bytes("Limits:MaxBatchBytes", defaults.MaxBatchBytes, 1024, 1024 * 1024 * 1024,
                "Largest batch of events; larger ones get 413."),
            MaxBatchEvents = reader.Integer("Limits:MaxBatchEvents", defaults.MaxBatchEvents, 1, 10_000_000,
                "Most events of one batch; more get 413 with the line."),
            MaxTopicsPerSubscription = reader.Integer("Limits:MaxTopicsPerSubscription", defaults.MaxTopicsPerSubscription, 1, 10_000,
                "Most topics and patterns of one stream."),
            Limits = LimitSettings.Read(reader, hasStrangers: proxies.Trusted.Count > 0 || !isLoopbackOnly, memory),
            MinRetry = reader.Duration("Streams:MinRetry", defaults.MinRetry, TimeSpan.Zero, TimeSpan.FromHours(1),
                "Shortest reconnection time that a publisher can set with retry=."),
            MaxRetry = reader.Duration("Streams:MaxRetry", defaults.MaxRetry, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24),
                "Longest reconnection time that a publisher can set with retry=, and that the server asks for under load."),
            TruncatesTemporaryEnd = reader.Choice("Streams:TemporaryEnd", "truncate", ["truncate", "clean"],
                "How a stream ends whose client should reconnect (a drain, a shed, a temporary refusal, an expired token): truncate leaves "
                    + "out the last chunk, because many clients do not reconnect after a complete response; clean sends it.") == "truncate",
            AllowedOrigins = ReadOrigins(reader, defaults.AllowedOrigins),
            AllowCredentials = reader.Flag("Cors:AllowCredentials", defaults.AllowCredentials,
                "Lets pages of origins listed by name send cookies."),
            AllowedHosts = ReadHosts(reader, defaults.AllowedHosts),
            AllowAnonymousPublish = ReadAnonymous(reader),
            HasOpenMetrics = reader.Flag("Metrics:Open", defaults.HasOpenMetrics,
                "Lets everyone who can reach the server read /metrics. If false, only admins may, and direct clients of a server that "
                    + "only its own machine can reach."),
            IsLoopbackOnly = isLoopbackOnly,
            TokenCookie = ReadCookie(reader, defaults.TokenCookie, listen.Any(address => address.IsTls)),
            ExpiryNotice = reader.Duration("Auth:ExpiryNotice", defaults.ExpiryNotice, TimeSpan.Zero, TimeSpan.FromHours(1),
                "How long before its token expires a stream gets event: auth-expiring."),
        };
        Check(reader, options, auth, listen);
        if (!isLoopbackOnly || options.AllowedHosts.Count > 0 || proxies.Trusted.Count > 0) CheckKeys(reader, auth);
        return options;
    }

    private static List<string> ReadOrigins(SettingsReader reader, IReadOnlyList<string> @default)
    {
        const string key = "Cors:AllowedOrigins";
        const string help = "Origins (https://app.example) whose pages may read; * is any origin, https://*.app.example any below a "
            + "name. Only pages of origins listed by name, and loopback pages on a direct request, may publish.";
        var origins = new List<string>();
        foreach (var text in reader.List(key, @default, help))
        {
            if (text == "*") origins.Add(text);
            else if (OriginText.TryParse(text, out var origin, out var problem)) origins.Add(origin);
            else reader.Reject(key, text, problem);
        }

        return [.. origins.Distinct()];
    }

    private static List<string> ReadHosts(SettingsReader reader, IReadOnlyList<string> @default)
    {
        const string key = "Server:AllowedHosts";
        const string help = "Host names, besides loopback ones, that the server answers to; others get 421, which defeats DNS rebinding. "
            + "A server on loopback answers to no others. Elsewhere an empty list allows every name, and addresses are always allowed.";
        var hosts = new List<string>();
        foreach (var text in reader.List(key, @default, help))
        {
            if (HostText.TryParse(text, out var host, out var problem)) hosts.Add(host);
            else reader.Reject(key, text, problem);
        }

        return [.. hosts.Distinct()];
    }

    private static bool? ReadAnonymous(SettingsReader reader)
    {
        var choice = reader.Choice("Auth:AllowAnonymousPublish", "local", ["true", "false", "local"],
            "Who may publish without a key: true is everyone, false no one, local the programs of this machine unless keys, tokens or "
                + "other host names are set.");
        return choice == "local" ? null : choice == "true";
    }

    // RFC 6265bis section 4.1.3.2: with the prefix, only the host itself can set the cookie, and only over https.
    private static string ReadCookie(SettingsReader reader, string @default, bool hasTls)
    {
        const string key = "Auth:Cookie";
        const string help = "Name of the cookie that may carry a token, for pages, whose EventSource sends no header. With an https "
            + "listener the default is __Host-sse-token.";
        var name = reader.Text(key, @default, help)!;
        if (!HttpTokens.IsToken(Encoding.UTF8.GetBytes(name)))
        {
            reader.Reject(key, name, "is not a cookie name; use letters, digits and characters such as - and _.");
            return @default;
        }

        return hasTls && !reader.IsGiven(key) ? "__Host-" + @default : name;
    }

    // Only the network slows down guessing, and a key is valid until someone changes it. A server that only its own machine can reach
    // accepts a short one, for a first try.
    private static void CheckKeys(SettingsReader reader, AuthOptions auth)
    {
        foreach (var key in auth.Keys.Where(key => key.Secret.Length < SecretText.MinLength))
            reader.Reject($"The key '{SecretText.Shown(key.Name)}' in Auth:PublishKeys or Auth:Keys is too short for a server that other "
                + $"machines can reach; use {SecretText.MinLength} characters or more, such as the output of openssl rand -hex 16.");
    }

    private static void Check(SettingsReader reader, EndpointOptions options, AuthOptions auth, IReadOnlyList<ListenAddress> listen)
    {
        if (options.MinRetry > options.MaxRetry)
            reader.Reject("Streams:MinRetry", DurationText.Format(options.MinRetry),
                $"is more than Streams:MaxRetry; it must be {DurationText.Format(options.MaxRetry)} or less.");
        if (options.AllowCredentials && options.AllowedOrigins.Contains("*"))
            reader.Reject("Cors:AllowCredentials is true and Cors:AllowedOrigins is *, so any page could act for its visitor; list the "
                + "origins by name.");
        if (options.IsLoopbackOnly || auth.IsConfigured || options.AllowAnonymousPublish is not null) return;
        var open = listen.First(address => !address.IsLoopback);
        reader.Reject("Server:Listen", open.ToString(),
            "would let everyone who can reach this machine publish; set a key in Auth:PublishKeys:NAME or Auth:Keys:NAME, or tokens by "
                + "Auth:Jwt, or allow it with Auth:AllowAnonymousPublish=true.");
    }
}
