using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SseServer.Auth;

namespace SseServer.Tests.Auth.Support;

/// <summary>Tokens that must not be accepted, each with the reason. Every one starts as a valid token.</summary>
internal static class BadTokens
{
    public static IEnumerable<(string Name, AuthFailure Failure, Func<DateTimeOffset, string> Create)> All =>
        [.. Algorithms, .. Keys, .. Signatures, .. Times, .. Parties, .. Forms, .. Json, .. Grants];

    // RFC 8725 section 2.1 and 3.1: a token must not choose how it is verified.
    private static IEnumerable<(string, AuthFailure, Func<DateTimeOffset, string>)> Algorithms
    {
        get
        {
            foreach (var none in new[] { "none", "None", "NONE", "nOnE", "" })
            {
                yield return ($"alg {none} without a signature", AuthFailure.Malformed, now => Unsigned(now, none) + ".");
                yield return ($"alg {none} with a signature", AuthFailure.WrongAlgorithm,
                    now => TestTokens.Create(now, header: header => header["alg"] = none));
            }

            foreach (var other in new[] { "HS384", "HS512", "RS384", "PS384", "ES384", "EdDSA", "hs256", "HS256 ", "A256GCM" })
                yield return ($"alg {other}", AuthFailure.WrongAlgorithm,
                    now => TestTokens.Create(now, header: header => header["alg"] = other));
            yield return ("no alg", AuthFailure.Malformed, now => TestTokens.Create(now, header: header => header.Remove("alg")));
            yield return ("alg a number", AuthFailure.Malformed, now => TestTokens.Create(now, header: header => header["alg"] = 1));
            foreach (var (label, secret) in PublicKeyAsSecret())
            {
                yield return ($"RSA public key as HMAC secret, {label}", AuthFailure.WrongAlgorithm, now => SignWith(secret, "rs", now));
                yield return ($"RSA public key as HMAC secret without a kid, {label}", AuthFailure.BadSignature,
                    now => SignWith(secret, null, now));
            }

            yield return ("HMAC key's kid with RS256", AuthFailure.WrongAlgorithm,
                now => TestTokens.Create(now, "RS256", header: header => header["kid"] = "hs"));
            yield return ("RS256 key's kid with PS256, of the same RSA key", AuthFailure.WrongAlgorithm,
                now => TestTokens.Create(now, "PS256", header: header => header["kid"] = "rs"));
            yield return ("RS256 signature as PS256", AuthFailure.BadSignature,
                now => TestTokens.Sign("RS256", """{"alg":"PS256","kid":"ps"}""", TestTokens.Claims(now).ToJsonString()));
            yield return ("EC key's kid with RS256", AuthFailure.WrongAlgorithm,
                now => TestTokens.Create(now, "RS256", header: header => header["kid"] = "es"));
        }
    }

    private static IEnumerable<(string, AuthFailure, Func<DateTimeOffset, string>)> Keys
    {
        get
        {
            foreach (var id in new[] { "other", "HS", "hs ", "", "../../dev/null", "/etc/passwd", "' OR '1'='1", "hs\0",
                "http://127.0.0.1/key" })
                yield return ($"kid {id}", AuthFailure.UnknownSigningKey,
                    now => TestTokens.Create(now, header: header => header["kid"] = id));
            yield return ("kid a list", AuthFailure.Malformed,
                now => TestTokens.Create(now, header: header => header["kid"] = new JsonArray("hs")));
            yield return ("key in its own header", AuthFailure.BadSignature,
                now => SignWithOwnKey(now, (header, rsa) => header["jwk"] = TestTokens.Jwk(rsa, "rs")));
            yield return ("key at a URL of its own", AuthFailure.BadSignature,
                now => SignWithOwnKey(now, (header, _) => header["jku"] = "http://127.0.0.1:1/keys"));
            yield return ("certificate at a URL of its own", AuthFailure.BadSignature,
                now => SignWithOwnKey(now, (header, _) => header["x5u"] = "http://127.0.0.1:1/chain"));
            yield return ("key of another issuer", AuthFailure.BadSignature, now => SignWithOwnKey(now, (_, _) => { }));
        }
    }

    private static IEnumerable<(string, AuthFailure, Func<DateTimeOffset, string>)> Signatures
    {
        get
        {
            foreach (var algorithm in new[] { "HS256", "RS256", "ES256" })
            {
                yield return ($"{algorithm} with another payload", AuthFailure.BadSignature, now =>
                {
                    var parts = TestTokens.Create(now, algorithm).Split('.');
                    return $"{parts[0]}.{TestTokens.Encode(TestTokens.Claims(now, "mallory").ToJsonString())}.{parts[2]}";
                }
                );
                yield return ($"{algorithm} with a bit of the signature turned", AuthFailure.BadSignature, now =>
                {
                    var parts = TestTokens.Create(now, algorithm).Split('.');
                    var signature = Base64Url.DecodeFromChars(parts[2]);
                    signature[^1] ^= 1;
                    return $"{parts[0]}.{parts[1]}.{Base64Url.EncodeToString(signature)}";
                }
                );
                yield return ($"{algorithm} with half of its signature", AuthFailure.BadSignature, now =>
                {
                    var token = TestTokens.Create(now, algorithm);
                    var signature = token.LastIndexOf('.') + 1;
                    return token[..(signature + (token.Length - signature) / 8 * 4)];
                }
                );
            }

            yield return ("ES256 with a signature of zeros", AuthFailure.BadSignature, now =>
                TestTokens.Create(now, "ES256")[..^86] + Base64Url.EncodeToString(new byte[64]));
        }
    }

    // RFC 7519 sections 4.1.4 and 4.1.5; the clock skew is 30 s, for nbf alone.
    private static IEnumerable<(string, AuthFailure, Func<DateTimeOffset, string>)> Times
    {
        get
        {
            yield return ("no exp", AuthFailure.MissingClaim, now => WithClaim(now, "exp", null));
            yield return ("exp past", AuthFailure.Expired, now => WithClaim(now, "exp", now.ToUnixTimeSeconds()));
            yield return ("exp long past", AuthFailure.Expired, now => WithClaim(now, "exp", 0));
            yield return ("nbf beyond the skew", AuthFailure.NotYetValid, now => WithClaim(now, "nbf", now.ToUnixTimeSeconds() + 31));
            foreach (var time in new[] { "\"9999999999\"", "true", "null", "{}", "[9999999999]", "1e300", "-1",
                "99999999999999999999999999", "253402300800" })
            {
                yield return ($"exp {time}", AuthFailure.MissingClaim,
                    now => WithClaim(now, "exp", JsonNode.Parse(time) ?? JsonValue.Create((string?)null), time));
                yield return ($"nbf {time}", AuthFailure.MissingClaim,
                    now => WithClaim(now, "nbf", JsonNode.Parse(time) ?? JsonValue.Create((string?)null), time));
            }
        }
    }

    private static IEnumerable<(string, AuthFailure, Func<DateTimeOffset, string>)> Parties
    {
        get
        {
            yield return ("no iss", AuthFailure.WrongIssuer, now => WithClaim(now, "iss", null));
            foreach (var issuer in new[] { "https://evil.example", TestTokens.Issuer + "/", TestTokens.Issuer.ToUpperInvariant(), "" })
                yield return ($"iss {issuer}", AuthFailure.WrongIssuer, now => WithClaim(now, "iss", issuer));
            yield return ("no aud", AuthFailure.WrongAudience, now => WithClaim(now, "aud", null));
            foreach (var audience in new[] { "other.example", TestTokens.Audience + "/", TestTokens.Audience.ToUpperInvariant(), "*", "" })
                yield return ($"aud {audience}", AuthFailure.WrongAudience, now => WithClaim(now, "aud", audience));
            yield return ("aud of others", AuthFailure.WrongAudience, now => WithClaim(now, "aud", new JsonArray("a", "b")));
            yield return ("aud an empty list", AuthFailure.WrongAudience, now => WithClaim(now, "aud", new JsonArray()));
            yield return ("aud a list with a number", AuthFailure.Malformed,
                now => WithClaim(now, "aud", new JsonArray(1, TestTokens.Audience)));
            yield return ("no sub", AuthFailure.MissingClaim, now => WithClaim(now, "sub", null));
            yield return ("sub empty", AuthFailure.MissingClaim, now => WithClaim(now, "sub", ""));
            yield return ("sub a number", AuthFailure.MissingClaim, now => WithClaim(now, "sub", 7));
            yield return ("sub too long", AuthFailure.MissingClaim, now => WithClaim(now, "sub", new string('s', 256)));
        }
    }

    private static IEnumerable<(string, AuthFailure, Func<DateTimeOffset, string>)> Forms
    {
        get
        {
            yield return ("one part", AuthFailure.Unknown, now => TestTokens.Create(now).Split('.')[0]);
            yield return ("two parts", AuthFailure.Unknown, now => Unsigned(now, "HS256"));
            yield return ("four parts", AuthFailure.Unknown, now => TestTokens.Create(now) + ".x");
            yield return ("many dots", AuthFailure.Unknown, _ => new string('.', 5000));
            yield return ("two dots", AuthFailure.Malformed, _ => "..");
            yield return ("empty payload", AuthFailure.Malformed, now => Replace(now, 1, _ => ""));
            yield return ("empty header", AuthFailure.Malformed, now => Replace(now, 0, _ => ""));
            yield return ("encrypted", AuthFailure.Malformed,
                _ => string.Join('.', Enumerable.Repeat(TestTokens.Encode("{\"alg\":\"dir\",\"enc\":\"A256GCM\"}"), 5)));
            foreach (var letter in new[] { "+", "/", "=", "%", "é" })
                for (var part = 0; part < 3; part++)
                {
                    var (at, what) = (part, letter);
                    yield return ($"{what} in part {at}", AuthFailure.Malformed, now => Replace(now, at, text => text[..^1] + what));
                }

            yield return ("padded", AuthFailure.Malformed, now => Replace(now, 1, text => text + "=="));
            yield return ("standard base64", AuthFailure.Malformed,
                now => Replace(now, 1, _ => Convert.ToBase64String(Encoding.UTF8.GetBytes("{\"a\":\"??>\"}"))));
            yield return ("too large", AuthFailure.TooLarge, now => WithClaim(now, "x", new string('x', 8 * 1024)));
        }
    }

    // RFC 8725 section 2.4: two readers of one token must see the same claims.
    private static IEnumerable<(string, AuthFailure, Func<DateTimeOffset, string>)> Json
    {
        get
        {
            yield return ("alg twice", AuthFailure.Malformed, now => Signed("{\"alg\":\"none\",\"alg\":\"HS256\"}", Payload(now)));
            yield return ("alg twice, once escaped", AuthFailure.Malformed,
                now => Signed("{\"alg\":\"none\",\"\\u0061lg\":\"HS256\"}", Payload(now)));
            yield return ("exp twice", AuthFailure.Malformed, now => Signed(Header, Payload(now)[..^1] + ",\"exp\":9999999999}"));
            yield return ("sse twice", AuthFailure.Malformed,
                now => Signed(Header, Payload(now)[..^1] + ",\"sse\":{},\"sse\":{\"admin\":true}}"));
            yield return ("publish twice", AuthFailure.Malformed,
                now => Signed(Header, Payload(now)[..^1] + ",\"sse\":{\"publish\":[],\"publish\":[\"**\"]}}"));
            yield return ("text behind the payload", AuthFailure.Malformed, now => Signed(Header, Payload(now) + "x"));
            yield return ("comment in the payload", AuthFailure.Malformed, now => Signed(Header, Payload(now) + "/**/"));
            yield return ("payload cut off", AuthFailure.Malformed, now => Signed(Header, Payload(now)[..^1]));
            yield return ("payload a list", AuthFailure.Malformed, _ => Signed(Header, "[]"));
            yield return ("payload deep", AuthFailure.Malformed,
                now => Signed(Header, Payload(now)[..^1] + ",\"x\":" + new string('[', 500) + new string(']', 500) + "}"));
            yield return ("header a text", AuthFailure.Malformed, now => Signed("\"HS256\"", Payload(now)));
            yield return ("half of a surrogate pair", AuthFailure.Malformed,
                now => Signed(Header, Payload(now).Replace("alice", "\\ud800", StringComparison.Ordinal)));
            yield return ("not UTF-8", AuthFailure.Malformed, now => Replace(now, 1,
                _ => Base64Url.EncodeToString([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}'])));
            foreach (var parameter in new[] { "\"crit\":[\"exp\"]", "\"crit\":[]", "\"b64\":false", "\"zip\":\"DEF\"", "\"cty\":\"JWT\"",
                "\"cty\":\"application/jwt\"" })
                yield return (parameter, AuthFailure.UnsupportedHeader, now => Signed($"{{\"alg\":\"HS256\",{parameter}}}", Payload(now)));
        }
    }

    private static IEnumerable<(string, AuthFailure, Func<DateTimeOffset, string>)> Grants
    {
        get
        {
            string[] claims =
            [
                "[\"sse:**\"]", "\"sse:**\"", "true", "null", "{\"publish\":\"**\"}", "{\"publish\":{}}", "{\"publish\":[1]}",
                    "{\"publish\":[null]}",
                "{\"subscribe\":[\"\"]}",
                "{\"subscribe\":[\"a//b\"]}", "{\"subscribe\":[\"a/../b\"]}", "{\"subscribe\":[\"**/a\"]}", "{\"publish\":[\"a*\"]}",
                "{\"admin\":1}", "{\"admin\":\"true\"}",
                "{\"admin\":null}", "{\"publish\":[" + string.Join(',', Enumerable.Repeat("\"a\"", 101)) + "]}",
            ];
            foreach (var claim in claims)
                yield return ($"sse {(claim.Length > 60 ? "of 101 patterns" : claim)}", AuthFailure.BadGrant,
                    now => Signed(Header, Payload(now)[..^1] + $",\"sse\":{claim}}}"));
        }
    }

    private static string Header => "{\"alg\":\"HS256\",\"kid\":\"hs\"}";

    private static string Payload(DateTimeOffset now) => TestTokens.Claims(now).ToJsonString();

    private static string Signed(string header, string payload) => TestTokens.Sign("HS256", header, payload);

    private static string Unsigned(DateTimeOffset now, string algorithm)
        => $"{TestTokens.Encode($"{{\"alg\":\"{algorithm}\"}}")}.{TestTokens.Encode(TestTokens.Claims(now).ToJsonString())}";

    private static string WithClaim(DateTimeOffset now, string name, JsonNode? value, string? raw = null)
    {
        var claims = TestTokens.Claims(now);
        claims.Remove(name);
        if (value is not null) claims[name] = value;
        var payload = claims.ToJsonString();
        if (raw is not null && !payload.Contains(raw, StringComparison.Ordinal)) payload = payload[..^1] + $",\"{name}\":{raw}}}";
        return Signed(Header, payload);
    }

    private static string Replace(DateTimeOffset now, int part, Func<string, string> change)
    {
        var parts = TestTokens.Create(now).Split('.');
        parts[part] = change(parts[part]);
        return string.Join('.', parts);
    }

    private static IEnumerable<(string Label, byte[] Secret)> PublicKeyAsSecret()
    {
        yield return ("PEM", Encoding.ASCII.GetBytes(TestTokens.Rsa.ExportSubjectPublicKeyInfoPem()));
        yield return ("PEM with a last line break", Encoding.ASCII.GetBytes(TestTokens.Rsa.ExportSubjectPublicKeyInfoPem() + "\n"));
        yield return ("DER", TestTokens.Rsa.ExportSubjectPublicKeyInfo());
        yield return ("modulus", TestTokens.Rsa.ExportParameters(false).Modulus!);
    }

    private static string SignWith(byte[] secret, string? keyId, DateTimeOffset now)
    {
        var header = new JsonObject { ["alg"] = "HS256" };
        if (keyId is not null) header["kid"] = keyId;
        var input = $"{TestTokens.Encode(header.ToJsonString())}.{TestTokens.Encode(TestTokens.Claims(now).ToJsonString())}";
        return $"{input}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(input)))}";
    }

    private static string SignWithOwnKey(DateTimeOffset now, Action<JsonObject, RSA> change)
    {
        using var rsa = RSA.Create(2048);
        var header = new JsonObject { ["alg"] = "RS256", ["kid"] = "rs" };
        change(header, rsa);
        var input = $"{TestTokens.Encode(header.ToJsonString())}.{TestTokens.Encode(TestTokens.Claims(now).ToJsonString())}";
        var signature = rsa.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{input}.{Base64Url.EncodeToString(signature)}";
    }
}
