using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SseServer.Auth;

namespace SseServer.Tests.Auth.Support;

/// <summary>
/// An issuer of valid and invalid tokens. It signs anything, without the library that verifies tokens. It has one key per algorithm,
/// named after it.
/// </summary>
internal static class TestTokens
{
    public const string Issuer = "https://id.example";
    public const string Audience = "sse.example";

    public static readonly byte[] Secret = Encoding.ASCII.GetBytes("the secret that issuer and server share, and nobody else");

    public static readonly RSA Rsa = RSA.Create(2048);

    public static readonly ECDsa Ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static JwtOptions Options { get; } = new()
    {
        Issuers = [Issuer],
        Audiences = [Audience],
        Keys =
        [
            SigningKey.OfSecret("hs", Secret, out _)!,
            SigningKey.OfRsa("rs", Rsa.ExportParameters(false), out _)!,
            SigningKey.OfRsa("ps", Rsa.ExportParameters(false), out _, SigningAlgorithm.PS256)!,
            SigningKey.OfEcdsa("es", Ecdsa.ExportParameters(false), out _)!,
        ],
    };

    /// <summary>A valid token, except for what a test changes.</summary>
    public static string Create(
        DateTimeOffset now, string algorithm = "HS256", Action<JsonObject>? claims = null, Action<JsonObject>? header = null,
        string? grant = null, string subject = "alice")
    {
        var head = new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT", ["kid"] = algorithm[..2].ToLowerInvariant() };
        header?.Invoke(head);
        var payload = Claims(now, subject);
        if (grant is not null) payload["sse"] = JsonNode.Parse(grant);
        claims?.Invoke(payload);
        return Sign(algorithm, head.ToJsonString(), payload.ToJsonString());
    }

    /// <summary>Valid claims for five minutes.</summary>
    public static JsonObject Claims(DateTimeOffset now, string subject = "alice") => new()
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["sub"] = subject,
        ["exp"] = now.ToUnixTimeSeconds() + 300,
    };

    /// <summary>Signs texts as they are, valid JSON or not.</summary>
    public static string Sign(string algorithm, string header, string payload)
        => Sign(algorithm, Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(payload));

    /// <summary>Signs bytes as they are, text or not.</summary>
    public static string Sign(string algorithm, ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        var input = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(payload)}";
        var bytes = Encoding.ASCII.GetBytes(input);
        var signature = algorithm switch
        {
            "HS256" => HMACSHA256.HashData(Secret, bytes),
            "RS256" => Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "PS256" => Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            _ => Ecdsa.SignData(bytes, HashAlgorithmName.SHA256),
        };
        return $"{input}.{Base64Url.EncodeToString(signature)}";
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public static JsonObject Jwk(RSA rsa, string? id, string? algorithm = "RS256")
    {
        var parameters = rsa.ExportParameters(false);
        return Fill(new()
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["n"] = Base64Url.EncodeToString(parameters.Modulus),
            ["e"] = Base64Url.EncodeToString(parameters.Exponent)
        }, id, algorithm);
    }

    public static JsonObject Jwk(ECDsa ecdsa, string? id, string? algorithm = "ES256", string curve = "P-256")
    {
        var point = ecdsa.ExportParameters(false).Q;
        return Fill(new()
        {
            ["kty"] = "EC",
            ["crv"] = curve,
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y)
        }, id, algorithm);
    }

    public static string Jwks(params JsonObject[] keys) => new JsonObject { ["keys"] = new JsonArray([.. keys]) }.ToJsonString();

    private static JsonObject Fill(JsonObject key, string? id, string? algorithm)
    {
        if (id is not null) key["kid"] = id;
        if (algorithm is not null) key["alg"] = algorithm;
        return key;
    }
}
