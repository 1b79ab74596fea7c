namespace SseServer.Transport.Tls;

/// <summary>What about a certificate is wrong.</summary>
internal enum CertificatePart
{
    Certificate,
    Key,
    Password,
}
