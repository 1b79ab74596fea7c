using SseServer.Transport.Tls;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of TLS. The certificate is loaded here, so that a wrong one is told like any other wrong setting.</summary>
internal static class TlsSettings
{
    private const string CertificateKey = "Tls:Certificate";

    /// <summary>Declares and reads them; null where no address listens with TLS.</summary>
    public static TlsOptions? Read(SettingsReader reader, IReadOnlyList<ListenAddress> listen)
    {
        var certificate = reader.Text(CertificateKey, null, "File with the certificate of https listeners: PEM, with the chain, or PKCS #12 (.pfx, .p12). Read again when it changes.");
        var key = reader.Text("Tls:Key", null, "PEM file with the certificate's private key, where it is not in the certificate's file.");
        var password = reader.Text("Tls:Password", null, "Password of an encrypted key or PKCS #12 file.", secret: true);
        var timeout = reader.Duration("Tls:HandshakeTimeout", TlsOptions.DefaultHandshakeTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), "Time for a TLS handshake.");

        var https = listen.FirstOrDefault(address => address.IsTls);
        if (certificate is null)
        {
            if (https is not null) reader.Reject("Server:Listen", https.ToString(), "has no certificate", "https with a PEM or PKCS #12 file in Tls:Certificate");
            else if (key is not null) reader.Reject("Tls:Key", key, "belongs to no certificate", "a key beside Tls:Certificate");
            return null;
        }

        if (https is null)
        {
            reader.Reject(CertificateKey, certificate, "is for nothing", "a certificate where Server:Listen has an https address, such as https://0.0.0.0:8443");
            return null;
        }

        var loaded = Load(reader, new CertificateFiles(certificate, key, password));
        return loaded is null ? null : loaded with { HandshakeTimeout = timeout };
    }

    private static TlsOptions? Load(SettingsReader reader, CertificateFiles files)
    {
        var bytes = files.Read(out var problem);
        var certificate = bytes is null ? null : ServerCertificate.Load(files, bytes, out problem);
        if (certificate is not null) return new TlsOptions(files, certificate);
        var (setting, value) = problem!.Part switch
        {
            CertificatePart.Certificate => (CertificateKey, files.Certificate),
            CertificatePart.Key => ("Tls:Key", files.Key!),
            _ => ("Tls:Password", ""),
        };
        reader.Reject(setting, value, problem.Reason, problem.Allowed);
        return null;
    }
}
