using SseServer.Auth;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for signed tokens.</summary>
internal static class JwtSettings
{
    private const string UrlKey = "Auth:Jwt:JwksUrl";

    /// <summary>Declares and reads them; null if tokens are not accepted.</summary>
    public static JwtOptions? Read(SettingsReader reader)
    {
        var issuers = reader.List("Auth:Jwt:Issuer", [],
            "The issuers of which tokens must name one in iss. Each is trusted with every key, so list only issuers that trust each "
                + "other.");
        var audiences = reader.List("Auth:Jwt:Audience", [],
            "The audiences of which tokens must name one in aud, so that tokens for other services are refused.");
        foreach (var issuer in issuers.Where(issuer => issuer.Contains(' ', StringComparison.Ordinal)))
            reader.Reject("Auth:Jwt:Issuer", issuer, "contains a space; separate issuers by commas.");
        var url = ReadUrl(reader);
        var keys = reader.Each("Auth:Jwt:Keys", "KID", (id, key) => JwtKeySettings.Read(reader, id, key));
        var defaults = new JwtOptions { Issuers = issuers, Audiences = audiences };
        var options = defaults with
        {
            Claim = reader.Text("Auth:Jwt:Claim", defaults.Claim,
                "The claim that holds the rights: an object with publish and subscribe (lists of topics and patterns) and admin, or words "
                    + "such as sse:publish:orders/* in a list or separated by spaces. A / leads into objects: realm/roles.")!,
            ClockSkew = reader.Duration("Auth:Jwt:ClockSkew", defaults.ClockSkew, TimeSpan.Zero, TimeSpan.FromMinutes(5),
                "How far in the future a token's nbf may be, for issuers whose clock is ahead."),
            JwksUrl = url,
            JwksRefresh = reader.Duration("Auth:Jwt:JwksRefresh", defaults.JwksRefresh, TimeSpan.FromSeconds(30), TimeSpan.FromDays(1),
                "How often the JWK set is fetched; a token with an unknown kid triggers an earlier fetch."),
            Keys = [.. keys.Select(key => key.Key).OfType<SigningKey>()],
            KeyFiles = [.. keys.Select(key => key.File).OfType<KeyFile>()],
        };
        var hasKeys = keys.Count > 0 || url is not null;
        if (!hasKeys && issuers.Count == 0 && audiences.Count == 0) return null;
        if (!hasKeys) reader.Reject("Auth:Jwt has no key to verify tokens with; set Auth:Jwt:Keys:KID or Auth:Jwt:JwksUrl.");
        if (issuers.Count == 0) reader.Reject("Auth:Jwt:Issuer is missing; set it to the iss of the tokens to accept.");
        if (audiences.Count == 0)
            reader.Reject("Auth:Jwt:Audience is missing, so tokens for other services of the issuer would be accepted; set it to the aud "
                + "of the tokens for this server.");
        return options;
    }

    private static Uri? ReadUrl(SettingsReader reader)
    {
        var text = reader.Text(UrlKey, null, "URL of the issuer's JWK set: https, or http on loopback.");
        if (text is null) return null;
        var isUrl = Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0;
        if (isUrl && (url!.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))) return url;
        // The text may hold a password, so it is not repeated.
        reader.Reject(UrlKey, "...",
            "is not a URL to fetch keys from; use https://HOST/PATH, or http:// on loopback, without a user name.");
        return null;
    }
}
