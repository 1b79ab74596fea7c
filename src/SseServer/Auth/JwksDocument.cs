using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace SseServer.Auth;

/// <summary>
/// Reads a JWK set (RFC 7517 section 5). Keys that do not verify signatures, or whose algorithm is not supported, are ignored, as section 5
/// says; so are shared secrets, which have no place at a public URL.
/// </summary>
internal static class JwksDocument
{
    // A token without a kid is tried with every key of its algorithm.
    public const int MaxKeys = 32;

    /// <summary>Returns the keys; null, and why, if the text is not a JWK set or has no usable key.</summary>
    public static SigningKey[]? Read(ReadOnlyMemory<byte> json, out string? problem)
    {
        problem = null;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 16 });
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("keys"u8, out var list) || list.ValueKind != JsonValueKind.Array)
            {
                problem = "is not a JWK set";
                return null;
            }

            var keys = new List<SigningKey>();
            foreach (var item in list.EnumerateArray())
                if (item.ValueKind == JsonValueKind.Object && ReadKey(item) is { } key) keys.Add(key);
            if (keys.Count is > 0 and <= MaxKeys) return [.. keys];
            problem = keys.Count == 0 ? "has no key for RS256, PS256 or ES256" : "has more than 32 keys";
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            problem = "is not valid JSON";
        }

        return null;
    }

    private static SigningKey? ReadKey(JsonElement key)
    {
        // Sections 4.2 and 4.3: the purpose of a key.
        if (Text(key, "use"u8) is { } use && use != "sig") return null;
        if (key.TryGetProperty("key_ops"u8, out var operations) && !AllowsVerify(operations)) return null;
        var algorithm = Text(key, "alg"u8);
        return Text(key, "kty"u8) switch
        {
            // Most sets give an RSA key without alg, and sign with RS256.
            "RSA" when algorithm is null or "RS256" => ReadRsa(key, SigningAlgorithm.RS256),
            "RSA" when algorithm is "PS256" => ReadRsa(key, SigningAlgorithm.PS256),
            "EC" when algorithm is null or "ES256" && Text(key, "crv"u8) == "P-256" => ReadEcdsa(key),
            _ => null,
        };
    }

    private static SigningKey? ReadRsa(JsonElement key, SigningAlgorithm algorithm)
    {
        var parameters = new RSAParameters { Modulus = Bytes(key, "n"u8), Exponent = Bytes(key, "e"u8) };
        return parameters.Modulus is null || parameters.Exponent is null
            ? null
            : SigningKey.OfRsa(Text(key, "kid"u8), parameters, out _, algorithm);
    }

    private static SigningKey? ReadEcdsa(JsonElement key)
    {
        var point = new ECPoint { X = Bytes(key, "x"u8), Y = Bytes(key, "y"u8) };
        if (point.X is null || point.Y is null) return null;
        return SigningKey.OfEcdsa(Text(key, "kid"u8), new() { Curve = ECCurve.NamedCurves.nistP256, Q = point }, out _);
    }

    private static bool AllowsVerify(JsonElement operations)
        => operations.ValueKind == JsonValueKind.Array
            && operations.EnumerateArray().Any(
                operation => operation.ValueKind == JsonValueKind.String && operation.ValueEquals("verify"u8));

    private static string? Text(JsonElement key, ReadOnlySpan<byte> name)
        => key.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[]? Bytes(JsonElement key, ReadOnlySpan<byte> name)
    {
        if (Text(key, name) is not { Length: > 0 } text || !Base64Url.IsValid(text)) return null;
        return Base64Url.DecodeFromChars(text);
    }
}
