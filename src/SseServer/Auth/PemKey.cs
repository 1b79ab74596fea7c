using System.Security.Cryptography;

namespace SseServer.Auth;

/// <summary>Reads a public key in PEM (RFC 7468 section 13).</summary>
internal static class PemKey
{
    /// <summary>
    /// Returns the key; null, and a predicate to the name of its setting or file, if the text does not hold a suitable key.
    /// </summary>
    public static SigningKey? Read(string id, SigningAlgorithm algorithm, string pem, out string? problem)
    {
        if (!PemEncoding.TryFind(pem, out var fields))
        {
            problem = "holds no key in PEM";
            return null;
        }

        var label = pem[fields.Label];
        if (label is not ("PUBLIC KEY" or "RSA PUBLIC KEY"))
        {
            // A private key does not belong on a server that only verifies.
            problem = "does not hold a public key";
            return null;
        }

        try
        {
            return SigningAlgorithms.IsRsa(algorithm) ? ReadRsa(id, algorithm, pem, out problem) : ReadEcdsa(id, pem, out problem);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            problem = SigningAlgorithms.IsRsa(algorithm) ? "holds no RSA public key" : "holds no public key on the curve P-256";
            return null;
        }
    }

    private static SigningKey? ReadRsa(string id, SigningAlgorithm algorithm, string pem, out string? problem)
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(pem);
        return SigningKey.OfRsa(id, rsa.ExportParameters(false), out problem, algorithm);
    }

    private static SigningKey? ReadEcdsa(string id, string pem, out string? problem)
    {
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportFromPem(pem);
        return SigningKey.OfEcdsa(id, ecdsa.ExportParameters(false), out problem);
    }
}
