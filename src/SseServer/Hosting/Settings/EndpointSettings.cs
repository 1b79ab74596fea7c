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
            AllowedOrigins = reader.List("Cors:AllowedOrigins", defaults.AllowedOrigins, "Origins (https://app.example) whose pages may read; * is any. Only those listed by name, and loopback ones, may publish."),
            AllowCredentials = reader.Flag("Cors:AllowCredentials", defaults.AllowCredentials, "Lets pages of origins listed by name send cookies."),
            AllowedHosts = reader.List("Server:AllowedHosts", defaults.AllowedHosts, "Host names, beside loopback ones, that a server on loopback answers to; for a proxy that passes the name on."),
            AllowAnonymousPublish = ReadAnonymous(reader),
            HasOpenMetrics = reader.Flag("Metrics:Open", false, "Shows /metrics to everyone who can reach the server; otherwise admins see them and, on loopback, those who come directly."),
            IsLoopbackOnly = listen.All(address => address.IsLoopback),
            TokenCookie = ReadCookie(reader, defaults.TokenCookie),
            ExpiryNotice = reader.Duration("Auth:ExpiryNotice", defaults.ExpiryNotice, TimeSpan.Zero, TimeSpan.FromHours(1),
                "How long before its token expires a stream is told so, with event: auth-expiring."),
        };
        Check(reader, options, auth, listen);
        return options;
    }

    private static bool? ReadAnonymous(SettingsReader reader)
    {
        var choice = reader.Choice("Auth:AllowAnonymousPublish", "local", ["true", "false", "local"],
            "Publishing without a key: true lets everyone publish, false no one, local those on this machine where neither keys nor tokens are set up.");
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
