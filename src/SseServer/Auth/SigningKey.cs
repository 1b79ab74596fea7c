using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace SseServer.Auth;

/// <summary>A key that verifies tokens, bound to one algorithm. Weak keys cannot be created.</summary>
internal sealed class SigningKey
{
    // RFC 7518 section 3.2: at least as long as the hash.
    public const int MinSecretBytes = 32;

    // RFC 7518 sections 3.3 and 3.5.
    public const int MinRsaBits = 2048;

    private const string P256 = "1.2.840.10045.3.1.7";

    private SigningKey(string? id, SigningAlgorithm algorithm, SecurityKey key)
    {
        key.KeyId = id;
        (Id, Algorithm, Key) = (id, algorithm, key);
    }

    /// <summary>The <c>kid</c> of the key; null if the set that it came with gives none.</summary>
    public string? Id { get; }

    public SigningAlgorithm Algorithm { get; }

    public SecurityKey Key { get; }

    /// <summary>Creates a shared secret for HS256; null, and why, if it is too short.</summary>
    public static SigningKey? OfSecret(string id, byte[] secret, out string? problem)
    {
        problem = secret.Length < MinSecretBytes ? "is too short a secret" : null;
        return problem is null ? new(id, SigningAlgorithm.HS256, new SymmetricSecurityKey(secret)) : null;
    }

    /// <summary>Creates a public key for RS256 or PS256; null, and why, if it is invalid or too short.</summary>
    public static SigningKey? OfRsa(
        string? id, RSAParameters parameters, out string? problem, SigningAlgorithm algorithm = SigningAlgorithm.RS256)
    {
        problem = null;
        try
        {
            using var rsa = RSA.Create(parameters);
            if (rsa.KeySize < MinRsaBits) problem = "is too short an RSA key";
            return problem is null ? new(id, algorithm, new RsaSecurityKey(rsa.ExportParameters(false))) : null;
        }
        catch (CryptographicException)
        {
            problem = "is not a valid RSA key";
            return null;
        }
    }

    /// <summary>Creates a public key for ES256; null, and why, if it is invalid or on another curve.</summary>
    public static SigningKey? OfEcdsa(string? id, ECParameters parameters, out string? problem)
    {
        problem = null;
        try
        {
            if (parameters.Curve.Oid?.Value != P256) problem = "is not on the curve P-256";
            // The runtime checks that the point is on the curve.
            using var ecdsa = problem is null ? ECDsa.Create(parameters) : null;
            return ecdsa is not null ? new(id, SigningAlgorithm.ES256, ToJsonWebKey(parameters)) : null;
        }
        catch (CryptographicException)
        {
            problem = "is not a valid key on the curve P-256";
            return null;
        }
    }

    // Not an ECDsaSecurityKey, which would share one ECDsa object among all threads.
    private static JsonWebKey ToJsonWebKey(ECParameters parameters) => new()
    {
        Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
        Crv = JsonWebKeyECTypes.P256,
        X = Base64UrlEncoder.Encode(parameters.Q.X),
        Y = Base64UrlEncoder.Encode(parameters.Q.Y),
    };
}
