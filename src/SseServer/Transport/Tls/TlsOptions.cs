namespace SseServer.Transport.Tls;

/// <summary>What listeners with TLS need. Validated when it is read; immutable.</summary>
/// <param name="Files">The files of the certificate; checked for changes while the server runs.</param>
/// <param name="Certificate">The certificate that the files held at start.</param>
internal sealed record TlsOptions(CertificateFiles Files, ServerCertificate Certificate)
{
    /// <summary>From accept to the end of the handshake. Default 10 s, as in Kestrel.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = DefaultHandshakeTimeout;

    /// <summary>The default of <see cref="HandshakeTimeout"/>, for the settings, which have no certificate yet.</summary>
    public static TimeSpan DefaultHandshakeTimeout => TimeSpan.FromSeconds(10);
}
