using SseServer.Auth;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of signed tokens.</summary>
internal static class JwtSettings
{
    private const string UrlKey = "Auth:Jwt:JwksUrl";

    /// <summary>Declares and reads them; null where tokens are not taken.</summary>
    public static JwtOptions? Read(SettingsReader reader)
    {
        var issuer = reader.Text("Auth:Jwt:Issuer", null, "The issuer that tokens must name in iss.");
        var audience = reader.Text("Auth:Jwt:Audience", null, "What tokens must name in aud, so that one for another service is not taken.");
        var url = ReadUrl(reader);
        var keys = reader.Each("Auth:Jwt:Keys", "KID", (id, key) => JwtKeySettings.Read(reader, id, key));
        var defaults = new JwtOptions { Issuer = issuer ?? "", Audience = audience ?? "" };
        var options = defaults with
        {
            Claim = reader.Text("Auth:Jwt:Claim", defaults.Claim, "The claim that holds the rights: an object with publish and subscribe (lists of topic patterns) and admin.")!,
            ClockSkew = reader.Duration("Auth:Jwt:ClockSkew", defaults.ClockSkew, TimeSpan.Zero, TimeSpan.FromMinutes(5), "How far a token's nbf may lie ahead, for issuers whose clock is."),
            JwksUrl = url,
            JwksRefresh = reader.Duration("Auth:Jwt:JwksRefresh", defaults.JwksRefresh, TimeSpan.FromSeconds(30), TimeSpan.FromDays(1), "How often the JWK set is fetched; a token with an unknown kid has it fetched sooner."),
            Keys = [.. keys.Select(key => key.Key).OfType<SigningKey>()],
            KeyFiles = [.. keys.Select(key => key.File).OfType<KeyFile>()],
        };
        var hasKeys = keys.Count > 0 || url is not null;
        if (!hasKeys && issuer is null && audience is null) return null;
        if (!hasKeys) reader.Reject("Auth:Jwt:Issuer", issuer ?? "", "is set without a key to check tokens with", "it together with Auth:Jwt:Keys:KID or Auth:Jwt:JwksUrl");
        if (issuer is null) reader.Reject("Auth:Jwt:Issuer", "", "is missing", "the iss of the tokens that are to be taken");
        if (audience is null) reader.Reject("Auth:Jwt:Audience", "", "is missing, and without it any token of the issuer's for another service would be taken", "the aud of the tokens for this server");
        return options;
    }

    private static Uri? ReadUrl(SettingsReader reader)
    {
        var text = reader.Text(UrlKey, null, "Where to fetch the issuer's JWK set: https, or http on loopback.");
        if (text is null) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))) return url;
        // It may hold a password, so it is not repeated.
        reader.Reject(UrlKey, "...", "is no URL to fetch keys from", "https://HOST/PATH, or http:// on loopback, without a user's name");
        return null;
    }
}
