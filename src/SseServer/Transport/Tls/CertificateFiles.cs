using System.Security.Cryptography;

namespace SseServer.Transport.Tls;

/// <summary>
/// Where the server's certificate and key are kept. Not a record, because its text would include the password.
/// </summary>
/// <param name="certificate">A PEM file with the certificate and its chain, or a PKCS #12 file (.pfx, .p12) with key and chain.</param>
/// <param name="key">A PEM file with the private key; null if the certificate's file has it.</param>
/// <param name="password">Opens an encrypted key or PKCS #12 file; null if there is none.</param>
internal sealed class CertificateFiles(string certificate, string? key = null, string? password = null)
{
    public string Certificate => certificate;

    public string? Key => key;

    public string? Password => password;

    public bool IsPkcs12 => Path.GetExtension(certificate).ToUpperInvariant() is ".PFX" or ".P12";

    /// <summary>Reads the files; <paramref name="problem"/> is null if that succeeds.</summary>
    public CertificateBytes? Read(out CertificateProblem? problem)
    {
        var part = CertificatePart.Certificate;
        try
        {
            var certificateBytes = File.ReadAllBytes(certificate);
            part = CertificatePart.Key;
            var keyBytes = key is null ? null : File.ReadAllBytes(key);
            problem = null;
            return new CertificateBytes(certificateBytes, keyBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var isMissing = e is FileNotFoundException or DirectoryNotFoundException;
            problem = new(part, isMissing ? "does not exist" : "cannot be read", "a file that the server may read");
            return null;
        }
    }
}

/// <summary>The contents of the files when they were read.</summary>
/// <param name="Certificate">The certificate's file.</param>
/// <param name="Key">The key's file; null if there is none.</param>
internal sealed record CertificateBytes(byte[] Certificate, byte[]? Key)
{
    /// <summary>Distinguishes one content from another, without keeping a key.</summary>
    public byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Certificate);
        hash.AppendData(Key ?? []);
        return hash.GetHashAndReset();
    }
}
