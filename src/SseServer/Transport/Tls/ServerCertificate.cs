using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SseServer.Transport.Tls;

/// <summary>A certificate with its key and its chain, ready for handshakes. Immutable.</summary>
internal sealed class ServerCertificate
{
    private const string EncryptedKeyLabel = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

    private ServerCertificate(X509Certificate2 leaf, X509Certificate2Collection chain)
    {
        Subject = leaf.Subject;
        NotBefore = leaf.NotBefore.ToUniversalTime();
        NotAfter = leaf.NotAfter.ToUniversalTime();

        // Offline: the chain is the one in the file, so a start never waits for another server.
        Context = SslStreamCertificateContext.Create(leaf, chain, offline: true);
    }

    public SslStreamCertificateContext Context { get; }

    public string Subject { get; }

    public DateTimeOffset NotBefore { get; }

    public DateTimeOffset NotAfter { get; }

    private static CertificateProblem NoKey
        => new(CertificatePart.Certificate, "holds no private key", "a file with the key, or the key's file in Tls:Key");

    /// <summary>Loads a certificate from the contents of the files, or returns null and the <paramref name="problem"/>.</summary>
    public static ServerCertificate? Load(CertificateFiles files, CertificateBytes bytes, out CertificateProblem? problem)
    {
        try
        {
            return files.IsPkcs12 ? LoadPkcs12(files, bytes, out problem) : LoadPem(files, bytes, out problem);
        }
        catch (CryptographicException)
        {
            problem = new(
                CertificatePart.Certificate, "holds no usable certificate", "a PEM certificate, or a PKCS #12 file named .pfx or .p12");
            return null;
        }
    }

    private static ServerCertificate? LoadPkcs12(CertificateFiles files, CertificateBytes bytes, out CertificateProblem? problem)
    {
        X509Certificate2Collection all;
        problem = null;
        try
        {
            all = X509CertificateLoader.LoadPkcs12Collection(bytes.Certificate, files.Password);
        }
        catch (CryptographicException)
        {
            problem = files.Password is null
                ? new(
                    CertificatePart.Certificate, "cannot be opened without a password",
                    "a PKCS #12 file, with its password in Tls:Password")
                : new(
                    CertificatePart.Password, "does not open the certificate, or the file is damaged",
                    "the password of the PKCS #12 file");
            return null;
        }

        var leaf = all.FirstOrDefault(certificate => certificate.HasPrivateKey);
        if (leaf is null) problem = NoKey;
        return leaf is null ? null : new ServerCertificate(leaf, [.. all.Where(certificate => certificate != leaf)]);
    }

    private static ServerCertificate? LoadPem(CertificateFiles files, CertificateBytes bytes, out CertificateProblem? problem)
    {
        var certificatePem = Encoding.UTF8.GetString(bytes.Certificate);
        var keyPem = bytes.Key is null ? certificatePem : Encoding.UTF8.GetString(bytes.Key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificatePem);
        problem = CheckPem(files, chain.Count, keyPem);
        if (problem is not null) return null;

        X509Certificate2 leaf;
        var isEncrypted = keyPem.Contains(EncryptedKeyLabel, StringComparison.Ordinal);
        try
        {
            leaf = isEncrypted
                ? X509Certificate2.CreateFromEncryptedPem(certificatePem, keyPem, files.Password)
                : X509Certificate2.CreateFromPem(certificatePem, keyPem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            problem = isEncrypted
                ? new(
                    CertificatePart.Password, "does not open the key, or the key is another certificate's",
                    "the password of the certificate's own key")
                : new(KeyPart(files), "holds a key that does not belong to the certificate", "the certificate's own private key");
            return null;
        }

        // The first one is the leaf itself.
        chain.RemoveAt(0);
        return new ServerCertificate(Usable(leaf), chain);
    }

    private static CertificatePart KeyPart(CertificateFiles files) => files.Key is null ? CertificatePart.Certificate : CertificatePart.Key;

    private static CertificateProblem? CheckPem(CertificateFiles files, int certificates, string keyPem)
    {
        if (certificates == 0)
        {
            return new(
                CertificatePart.Certificate, "holds no certificate",
                "a PEM file that begins with the server's certificate, or a PKCS #12 file named .pfx or .p12");
        }

        if (!keyPem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            return files.Key is null
                ? NoKey
                : new(CertificatePart.Key, "holds no private key", "a PEM file with the certificate's private key");
        }

        return files.Password is null && keyPem.Contains(EncryptedKeyLabel, StringComparison.Ordinal)
            ? new(KeyPart(files), "holds an encrypted key", "a key with its password in Tls:Password, or one that is not encrypted")
            : null;
    }

    // TLS on Windows does not accept a key that is only in memory.
    private static X509Certificate2 Usable(X509Certificate2 certificate) => OperatingSystem.IsWindows()
        ? X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null)
        : certificate;
}
