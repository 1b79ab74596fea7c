namespace SseServer.Transport.Tls;

/// <summary>Why a certificate cannot be used.</summary>
/// <param name="Part">What is wrong.</param>
/// <param name="Reason">Goes on from its name: <c>does not exist</c>.</param>
/// <param name="Allowed">What is right instead.</param>
internal sealed record CertificateProblem(CertificatePart Part, string Reason, string Allowed);
