using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SseServer.Bench.FanOut.Servers;

/// <summary>This project's server with TLS and a certificate made for the run (ECDSA, P-256), with its defaults otherwise.</summary>
internal sealed class SseServerTlsKind(string path) : ServerKind
{
    public override string Key => "sse-server-tls";

    public override string Title => "SseServer with TLS";

    public override string? Prepare() => null;

    public override ProcessStartInfo Command(int port, string scratch)
    {
        var file = Path.Combine(scratch, "certificate.pem");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90));
        File.WriteAllText(file, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return new(path, ["--listen", $"https://127.0.0.1:{port}", "--Tls:Certificate", file, "--Logging:Level=Warning"]);
    }

    public override string SubscribePath(string topic) => $"/events/{topic}";
}
