using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SseServer.Transport.Tls;

namespace SseServer.Tests.Support;

/// <summary>Certificates for tests, signed by themselves, and files that hold them. The files go when the tests are over.</summary>
internal static class TestCertificates
{
    private static readonly Lazy<TlsOptions> Shared = new(static () => Load(new CertificateFiles(WritePem(Create("localhost")))));

    static TestCertificates() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => Directory.Delete(Folder, recursive: true);

    public static string Folder { get; } = Directory.CreateTempSubdirectory("sse-server-tests-").FullName;

    /// <summary>One certificate for all tests to which it does not matter.</summary>
    public static TlsOptions Options => Shared.Value;

    public static X509Certificate2 Create(string name, DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(notBefore ?? DateTimeOffset.UtcNow.AddYears(-2), notAfter ?? DateTimeOffset.UtcNow.AddYears(2));
    }

    public static string NewFile(string extension) => Path.Combine(Folder, Guid.NewGuid().ToString("N") + extension);

    public static string CertificatePem(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n";

    public static string KeyPem(X509Certificate2 certificate) => certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>Writes certificate and key to one file.</summary>
    public static string WritePem(X509Certificate2 certificate) => WriteText(CertificatePem(certificate) + KeyPem(certificate));

    public static string WriteText(string pem)
    {
        var path = NewFile(".pem");
        File.WriteAllText(path, pem);
        return path;
    }

    public static TlsOptions Load(CertificateFiles files)
    {
        var certificate = ServerCertificate.Load(files, files.Read(out _)!, out var problem);
        Assert.That(problem, Is.Null);
        return new TlsOptions(files, certificate!);
    }
}
