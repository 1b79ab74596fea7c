namespace SseServer.Transport.Tls;

/// <summary>What TLS listeners need. Immutable; validated once, at start.</summary>
/// <param name="Files">Where the certificate is kept; checked again while the server runs.</param>
/// <param name="Certificate">What they contained at the start.</param>
internal sealed record TlsOptions(CertificateFiles Files, ServerCertificate Certificate)
{
    /// <summary>From accept to the end of the handshake. 10 s is Kestrel's value.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = DefaultHandshakeTimeout;

    public static TimeSpan DefaultHandshakeTimeout => TimeSpan.FromSeconds(10);
}
