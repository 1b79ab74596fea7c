using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace SseServer.Auth;

/// <summary>
/// The content of a token before it is verified, parsed strictly: JWS compact serialization (RFC 7515 section 7.1), JSON without repeated
/// members (RFC 8725 section 2.4), no header parameter that would change its meaning. Keys in the header, or at URLs in it (<c>jwk</c>,
/// <c>jku</c>, <c>x5u</c>), are ignored.
/// </summary>
internal sealed class UnverifiedToken
{
    // OpenID Connect Core 1.0 section 2, of sub.
    private const int MaxSubjectLength = 255;

    // Tokens are flat; a claim of another service may be an object of objects.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private static readonly SearchValues<byte> Base64UrlBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    private UnverifiedToken(string text) => Text = text;

    /// <summary>The token as it was received.</summary>
    public string Text { get; }

    public SigningAlgorithm Algorithm { get; private set; }

    public string? KeyId { get; private set; }

    /// <summary>The issuer; empty if the token names none.</summary>
    public string Issuer { get; private set; } = "";

    public string Subject { get; private set; } = "";

    public DateTimeOffset Expires { get; private set; }

    public DateTimeOffset? NotBefore { get; private set; }

    public TokenGrant Grant { get; private set; } = TokenGrant.None;

    // header "." payload "." signature, each base64url

    /// <summary>Returns whether a credential has the form of a token, so that a failure should describe it as one.</summary>
    public static bool HasForm(ReadOnlySpan<byte> credential) => credential.Count((byte)'.') is 2 or 4;

    /// <summary>Reads a token; returns what is wrong with it.</summary>
    public static AuthFailure TryRead(ReadOnlySpan<byte> compact, string claim, out UnverifiedToken? token)
    {
        token = null;
        var headerEnd = compact.IndexOf((byte)'.');
        var payloadEnd = compact.LastIndexOf((byte)'.');
        // Five parts are an encrypted token, for which the server has no key.
        if (headerEnd < 0 || headerEnd == payloadEnd || payloadEnd == compact.Length - 1) return AuthFailure.Malformed;
        if (compact[(payloadEnd + 1)..].ContainsAnyExcept(Base64UrlBytes)) return AuthFailure.Malformed;
        try
        {
            using var header = Parse(compact[..headerEnd]);
            using var payload = Parse(compact[(headerEnd + 1)..payloadEnd]);
            if (header is null || payload is null) return AuthFailure.Malformed;
            token = new(Encoding.ASCII.GetString(compact));
            var failure = token.ReadHeader(header.RootElement);
            return failure != AuthFailure.None ? failure : token.ReadPayload(payload.RootElement, claim);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string has half of a surrogate pair.
            return AuthFailure.Malformed;
        }
    }

    private static JsonDocument? Parse(ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty || part.ContainsAnyExcept(Base64UrlBytes)) return null;
        var json = new byte[Base64Url.GetMaxDecodedLength(part.Length)];
        if (Base64Url.DecodeFromUtf8(part, json, out _, out var written) != OperationStatus.Done) return null;
        if (!System.Text.Unicode.Utf8.IsValid(json.AsSpan(0, written))) return null;
        var document = JsonDocument.Parse(json.AsMemory(0, written), Strict);
        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        document.Dispose();
        return null;
    }

    private AuthFailure ReadHeader(JsonElement header)
    {
        // RFC 7515 section 4.1.11: an unknown critical extension makes the token invalid, and this server knows none.
        if (header.TryGetProperty("crit"u8, out _) || header.TryGetProperty("b64"u8, out _) || header.TryGetProperty("zip"u8, out _))
            return AuthFailure.UnsupportedHeader;
        // RFC 7519 section 5.2: a nested token.
        if (TryGetText(header, "cty"u8, out var contentType) && contentType.Contains("JWT", StringComparison.OrdinalIgnoreCase))
            return AuthFailure.UnsupportedHeader;
        if (!TryGetText(header, "alg"u8, out var name)) return AuthFailure.Malformed;
        if (SigningAlgorithms.Parse(name) is not { } algorithm) return AuthFailure.WrongAlgorithm;
        Algorithm = algorithm;
        if (header.TryGetProperty("kid"u8, out _))
        {
            if (!TryGetText(header, "kid"u8, out var id)) return AuthFailure.Malformed;
            KeyId = id;
        }

        return AuthFailure.None;
    }

    private AuthFailure ReadPayload(JsonElement payload, string claim)
    {
        // RFC 9068 section 2.2 requires the same of access tokens; iss and aud are checked with the signature.
        if (!TryGetText(payload, "sub"u8, out var subject) || subject.Length is 0 or > MaxSubjectLength) return AuthFailure.MissingClaim;
        if (!payload.TryGetProperty("exp"u8, out var exp) || ReadTime(exp) is not { } expires) return AuthFailure.MissingClaim;
        if (payload.TryGetProperty("nbf"u8, out var nbf))
        {
            if (ReadTime(nbf) is not { } notBefore) return AuthFailure.MissingClaim;
            NotBefore = notBefore;
        }

        (Subject, Expires) = (subject, expires);
        Issuer = TryGetText(payload, "iss"u8, out var issuer) ? issuer : "";
        if (!TryGetClaim(payload, claim, out var rights)) return AuthFailure.None;
        if (TokenGrant.Read(rights) is not { } grant) return AuthFailure.BadGrant;
        Grant = grant;
        return AuthFailure.None;
    }

    // A name that is a URL contains slashes itself, so the whole name takes precedence.
    private static bool TryGetClaim(JsonElement payload, string path, out JsonElement claim)
    {
        if (payload.TryGetProperty(path, out claim)) return true;
        claim = payload;
        foreach (var name in path.Split('/'))
            if (claim.ValueKind != JsonValueKind.Object || !claim.TryGetProperty(name, out claim)) return false;
        return true;
    }

    // NumericDate: seconds since 1970, possibly with a fraction (RFC 7519 section 2).
    private static DateTimeOffset? ReadTime(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds)) return null;
        var isRepresentable = seconds >= 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        return isRepresentable ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;
    }

    private static bool TryGetText(JsonElement element, ReadOnlySpan<byte> name, [NotNullWhen(true)] out string? text)
    {
        text = element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is not null;
    }
}
