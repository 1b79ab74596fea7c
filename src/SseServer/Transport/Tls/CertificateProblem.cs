namespace SseServer.Transport.Tls;

/// <summary>The part of a certificate that is wrong.</summary>
internal enum CertificatePart
{
    Certificate,
    Key,
    Password,
}

/// <summary>Why a certificate cannot be used.</summary>
/// <param name="Part">What is wrong.</param>
/// <param name="Reason">Continues a sentence that begins with the part's name: <c>does not exist</c>.</param>
/// <param name="Allowed">What is right instead.</param>
internal sealed record CertificateProblem(CertificatePart Part, string Reason, string Allowed);
