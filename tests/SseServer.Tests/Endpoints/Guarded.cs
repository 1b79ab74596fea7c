using SseServer.Auth;
using SseServer.Endpoints;
using SseServer.Tests.Auth.Support;

namespace SseServer.Tests.Endpoints;

/// <summary>Servers with keys, tokens and protected topics, and tokens for them.</summary>
internal static class Guarded
{
    public const string KeyOfShop = "shop-key-3f9a";
    public const string KeyOfOps = "ops-key-77c1";

    public static readonly AuthOptions Options = AuthOptions.Default with
    {
        Jwt = TestTokens.Options,
        Keys =
        [
            new StaticKey { Name = "shop", Secret = KeyOfShop, Publish = TopicPatterns.Parse("orders/*"),
                Subscribe = TopicPatterns.Parse("secret/shop/**") },
            new StaticKey { Name = "ops", Secret = KeyOfOps, Publish = TopicPatterns.Everything,
                Subscribe = TopicPatterns.Parse("**", "$sys/**"), IsAdmin = true },
        ],
        ProtectedTopics = TopicPatterns.Parse("secret/**", "$sys/**"),
    };

    public static ServerUnderTest Start(EndpointOptions? endpoints = null) => new(endpoints, auth: Options);

    /// <summary>
    /// A token for five minutes that publishes to <c>orders/*</c> and reads <c>secret/alice/**</c>, unless a test says otherwise.
    /// </summary>
    public static string Token(
        this ServerUnderTest server, string subject = "alice",
        string grant = """{"publish":["orders/*"],"subscribe":["secret/alice/**"]}""", int seconds = 300)
    {
        var now = server.Time.GetUtcNow();
        return TestTokens.Create(now, grant: grant, subject: subject, claims: claims => claims["exp"] = now.ToUnixTimeSeconds() + seconds);
    }

    public static string Bearer(string credential) => "Authorization: Bearer " + credential;

    public static string Cookie(string credential) => "Cookie: sse-token=" + credential;
}
