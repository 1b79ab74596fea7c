using System.Text;
using SseServer.Auth;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for one key that verifies tokens: the key itself, or the file that holds it.</summary>
/// <param name="Key">The key; null if a file holds it.</param>
/// <param name="File">The file; null if the settings hold the key.</param>
internal sealed record JwtKeySettings(SigningKey? Key, KeyFile? File)
{
    /// <summary>Declares and reads them; null if they are wrong.</summary>
    /// <param name="reader">The settings to read from.</param>
    /// <param name="id">The key's <c>kid</c>.</param>
    /// <param name="key">The setting above this key's own settings.</param>
    public static JwtKeySettings? Read(SettingsReader reader, string id, string key)
    {
        // If keys had no algorithm of their own, a token could choose how a key is used.
        var name = reader.Text($"{key}:Algorithm", null,
            $"Algorithm of the key KID: {SigningAlgorithms.Names}. A token with another alg is never verified with it.");
        var secret = reader.Text($"{key}:Secret", null, "For HS256: the shared secret, 32 bytes or more.", secret: true);
        var secretBase64 = reader.Text($"{key}:SecretBase64", null, "For HS256: the shared secret in base64.", secret: true);
        var publicKey = reader.Text($"{key}:PublicKey", null, "For RS256, PS256 and ES256: the public key in PEM.");
        var path = reader.Text($"{key}:File", null,
            "For RS256, PS256 and ES256: a file with the public key in PEM; read again when it changes.");

        var shown = SecretText.ShownKey(key);
        if (name is null)
        {
            reader.Reject($"{shown}:Algorithm is missing; set it to {SigningAlgorithms.Names}.");
            return null;
        }

        if (SigningAlgorithms.Parse(name) is not { } algorithm)
            return Fail($"{key}:Algorithm", name, $"is not supported; use {SigningAlgorithms.Names}.");
        var isShared = algorithm == SigningAlgorithm.HS256;
        var given = isShared ? (secret, secretBase64) : (publicKey, path);
        var foreign = isShared ? (publicKey ?? path) : (secret ?? secretBase64);
        if (given is (null, null) or (not null, not null) || foreign is not null)
        {
            var settings = isShared ? "Secret or SecretBase64" : "PublicKey or File";
            reader.Reject($"{shown} needs exactly one key for {algorithm}; set {settings}, and no other.");
            return null;
        }

        if (isShared) return ReadSecret();
        return path is null ? ReadPublicKey() : ReadFile(new(id, algorithm, path));

        JwtKeySettings? ReadSecret()
        {
            var setting = secret is null ? $"{key}:SecretBase64" : $"{key}:Secret";
            var bytes = secret is null ? Decode(secretBase64!) : Encoding.UTF8.GetBytes(secret);
            if (bytes is null) return Fail(setting, "", "is not base64; write 32 bytes or more in base64.");
            return SigningKey.OfSecret(id, bytes, out var problem) is { } read
                ? new(read, null)
                : Fail(setting, "", $"{problem}; use 32 bytes or more (RFC 7518 section 3.2).");
        }

        JwtKeySettings? ReadPublicKey()
            => PemKey.Read(id, algorithm, publicKey!, out var problem) is { } read
                ? new(read, null)
                // The text may be a private key.
                : Fail($"{key}:PublicKey", "...", $"{problem}; use {Expected(algorithm)}.");

        // The authenticator reads the file again; this only finds out whether it can.
        JwtKeySettings? ReadFile(KeyFile file)
            => file.ReadText(out var problem) is { } text && PemKey.Read(file.Id, file.Algorithm, text, out problem) is not null
                ? new(null, file)
                : Fail($"{key}:File", file.Path, $"{problem}; use {Expected(algorithm)}.");

        JwtKeySettings? Fail(string setting, string value, string predicate)
        {
            reader.Reject(setting, value, predicate);
            return null;
        }
    }

    private static string Expected(SigningAlgorithm algorithm)
        => SigningAlgorithms.IsRsa(algorithm)
            ? "an RSA public key of 2048 bits or more in PEM"
            : "an EC public key of the curve P-256 in PEM";

    private static byte[]? Decode(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var written) ? bytes[..written] : null;
    }
}
