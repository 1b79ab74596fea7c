namespace SseServer.Transport.Tls;

/// <summary>Where the server's certificate and key are kept. Not a record: the password is not for printing.</summary>
/// <param name="certificate">A PEM file with the certificate and its chain, or a PKCS #12 file (.pfx, .p12) with key and chain.</param>
/// <param name="key">A PEM file with the private key; null where it stands in the certificate's file.</param>
/// <param name="password">Opens an encrypted key or PKCS #12 file; null where there is none.</param>
internal sealed class CertificateFiles(string certificate, string? key = null, string? password = null)
{
    public string Certificate => certificate;

    public string? Key => key;

    public string? Password => password;

    public bool IsPkcs12 => Path.GetExtension(certificate).ToUpperInvariant() is ".PFX" or ".P12";

    /// <summary>Reads the files; <paramref name="problem"/> is null where that succeeds.</summary>
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
            problem = new(part, e is FileNotFoundException or DirectoryNotFoundException ? "does not exist" : "cannot be read", "a file that the server may read");
            return null;
        }
    }
}
