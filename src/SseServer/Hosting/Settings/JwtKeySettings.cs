using System.Text;
using SseServer.Auth;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of one key that tokens are checked with: a key, or the file that holds it.</summary>
/// <param name="Key">The key; null where a file holds it.</param>
/// <param name="File">The file; null where the settings hold the key.</param>
internal sealed record JwtKeySettings(SigningKey? Key, KeyFile? File)
{
    /// <summary>Declares and reads them; null where they are wrong.</summary>
    /// <param name="reader">Where they stand.</param>
    /// <param name="id">The key's <c>kid</c>.</param>
    /// <param name="key">What its settings stand below.</param>
    public static JwtKeySettings? Read(SettingsReader reader, string id, string key)
    {
        // Without an algorithm of its own, a token could choose how a key is used.
        var name = reader.Text($"{key}:Algorithm", null, "What the key KID signs with: HS256, RS256 or ES256. A token with another alg is never checked with it.");
        var secret = reader.Text($"{key}:Secret", null, "For HS256: the shared secret, 32 bytes or more.", secret: true);
        var secretBase64 = reader.Text($"{key}:SecretBase64", null, "For HS256: the shared secret in base64.", secret: true);
        var publicKey = reader.Text($"{key}:PublicKey", null, "For RS256 and ES256: the public key in PEM.");
        var path = reader.Text($"{key}:File", null, "For RS256 and ES256: a file with the public key in PEM; read again when it changes.");
        if (SigningAlgorithms.Parse(name) is not { } algorithm)
            return Fail(reader, $"{key}:Algorithm", name ?? "", name is null ? "is missing" : "is not known", "HS256, RS256 or ES256");
        var isShared = algorithm == SigningAlgorithm.HS256;
        var given = isShared ? (secret, secretBase64) : (publicKey, path);
        var foreign = isShared ? (publicKey ?? path) : (secret ?? secretBase64);
        if (given is (null, null) or (not null, not null) || foreign is not null)
            return Fail(reader, $"{key}:Algorithm", name!, "does not have one key that fits it", isShared ? "either Secret or SecretBase64 beside it" : "either PublicKey or File beside it");
        if (isShared) return ReadSecret(reader, id, key, secret, secretBase64);
        return path is null ? ReadPublicKey(reader, id, key, algorithm, publicKey!) : ReadFile(reader, $"{key}:File", new(id, algorithm, path));
    }

    private static JwtKeySettings? ReadSecret(SettingsReader reader, string id, string key, string? secret, string? secretBase64)
    {
        var setting = secret is null ? $"{key}:SecretBase64" : $"{key}:Secret";
        var bytes = secret is null ? Decode(secretBase64!) : Encoding.UTF8.GetBytes(secret);
        if (bytes is null) return Fail(reader, setting, "", "is not in base64", "32 bytes or more in base64");
        return SigningKey.OfSecret(id, bytes, out var problem) is { } read
            ? new(read, null)
            : Fail(reader, setting, "", problem!, "32 bytes or more (RFC 7518 section 3.2)");
    }

    private static JwtKeySettings? ReadPublicKey(SettingsReader reader, string id, string key, SigningAlgorithm algorithm, string pem)
        => PemKey.Read(id, algorithm, pem, out var problem) is { } read
            ? new(read, null)
            // What was given may be a private key.
            : Fail(reader, $"{key}:PublicKey", "...", problem!, Fitting(algorithm));

    // Read again by who uses it; here it is found out whether it can be.
    private static JwtKeySettings? ReadFile(SettingsReader reader, string setting, KeyFile file)
    {
        if (file.ReadText(out var problem) is { } text && PemKey.Read(file.Id, file.Algorithm, text, out problem) is not null) return new(null, file);
        return Fail(reader, setting, file.Path, problem!, Fitting(file.Algorithm));
    }

    private static string Fitting(SigningAlgorithm algorithm)
        => algorithm == SigningAlgorithm.RS256 ? "an RSA public key of 2048 bits or more in PEM" : "an EC public key of the curve P-256 in PEM";

    private static byte[]? Decode(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var written) ? bytes[..written] : null;
    }

    private static JwtKeySettings? Fail(SettingsReader reader, string key, string value, string reason, string allowed)
    {
        reader.Reject(key, value, reason, allowed);
        return null;
    }
}
