using SseServer.Transport.Tls;

namespace SseServer.Hosting.Settings;

/// <summary>
/// The settings for TLS. The certificate is loaded here, so that a wrong one is reported like any other wrong setting.
/// </summary>
internal static class TlsSettings
{
    private const string CertificateKey = "Tls:Certificate";

    /// <summary>Declares and reads them; null if no address uses TLS.</summary>
    public static TlsOptions? Read(SettingsReader reader, IReadOnlyList<ListenAddress> listen)
    {
        var certificate = reader.Text(CertificateKey, null,
            "File with the certificate for https listeners: PEM with the chain, or PKCS #12 (.pfx, .p12). Read again when it changes.");
        var key = reader.Text("Tls:Key", null, "PEM file with the certificate's private key, if it is not in the certificate's file.");
        var password = reader.Text("Tls:Password", null, "Password of an encrypted key or PKCS #12 file.", secret: true);
        var timeout = reader.Duration("Tls:HandshakeTimeout", TlsOptions.DefaultHandshakeTimeout,
            TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), "Time for a TLS handshake.");

        var https = listen.FirstOrDefault(address => address.IsTls);
        if (certificate is not null && https is not null)
        {
            var loaded = Load(reader, new CertificateFiles(certificate, key, password));
            return loaded is null ? null : loaded with { HandshakeTimeout = timeout };
        }

        if (certificate is not null)
            reader.Reject($"{CertificateKey} is set, but no Server:Listen address uses https; add one, such as https://0.0.0.0:8443.");
        else if (https is not null)
            reader.Reject("Server:Listen", https.ToString(), $"has no certificate; set {CertificateKey} to a PEM or PKCS #12 file.");
        else if (key is not null)
            reader.Reject($"Tls:Key is set, but {CertificateKey} is not; set it to the certificate of that key.");
        return null;
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
        reader.Reject(setting, value, $"{problem.Reason}; use {problem.Allowed}.");
        return null;
    }
}
