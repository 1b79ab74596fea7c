using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SseServer.Tests.Support;
using SseServer.Transport.Tls;

namespace SseServer.Tests.Transport.Tls;

public sealed class ServerCertificateTests
{
    private static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);

    private static readonly X509Certificate2 Certificate = TestCertificates.Create("a");

    [OneTimeTearDown]
    public static void Dispose() => Certificate.Dispose();

    [Test]
    public void Key_may_stand_in_the_same_file_or_in_another()
    {
        var certificate = TestCertificates.WriteText(TestCertificates.CertificatePem(Certificate));
        var key = TestCertificates.WriteText(TestCertificates.KeyPem(Certificate));
        Assert.That(Load(new(TestCertificates.WritePem(Certificate))), Is.Null);
        Assert.That(Load(new(certificate, key)), Is.Null);
    }

    [Test]
    public void Encrypted_key_and_PKCS_12_file_open_with_their_password()
    {
        var key = Certificate.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem("secret", Encryption);
        Assert.That(Load(new(TestCertificates.WriteText(TestCertificates.CertificatePem(Certificate) + key), null, "secret")), Is.Null);
        Assert.That(Load(new(WritePfx("secret"), null, "secret")), Is.Null);
        Assert.That(Load(new(WritePfx(null))), Is.Null);
    }

    // RFC 8446 section 4.4.2: the server's certificate first, each following one certifying the one before.
    [Test]
    public void Chain_is_the_files()
    {
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9));
        using var rootKey = ECDsa.Create();
        using var root = Authority("CN=root", rootKey).CreateSelfSigned(from, to);
        using var middleKey = ECDsa.Create();
        using var middle = Authority("CN=middle", middleKey).Create(root, from, to, [1]).CopyWithPrivateKey(middleKey);
        using var leafKey = ECDsa.Create();
        using var leaf = new CertificateRequest("CN=leaf", leafKey, HashAlgorithmName.SHA256).Create(middle, from, to, [2]);
        var pem = leaf.ExportCertificatePem() + "\n" + middle.ExportCertificatePem() + "\n" + leafKey.ExportECPrivateKeyPem();

        var loaded = TestCertificates.Load(new(TestCertificates.WriteText(pem))).Certificate;

        Assert.That(loaded.Subject, Is.EqualTo("CN=leaf"));
        Assert.That(loaded.Context.IntermediateCertificates.Select(certificate => certificate.Subject), Is.EqualTo(new[] { "CN=middle" }));
    }

    [Test]
    public void What_is_wrong_is_said()
    {
        var certificate = TestCertificates.WriteText(TestCertificates.CertificatePem(Certificate));
        var key = TestCertificates.WriteText(TestCertificates.KeyPem(Certificate));
        var otherKey = TestCertificates.WriteText(TestCertificates.KeyPem(TestCertificates.Create("b")));
        var encryptedKey = TestCertificates.WriteText(
            Certificate.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem("secret", Encryption));
        var nonsense = TestCertificates.WriteText("nonsense");
        var damaged = TestCertificates.WriteText("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        var pfx = WritePfx("secret");
        var bare = TestCertificates.NewFile(".p12");
        File.WriteAllBytes(bare, X509CertificateLoader.LoadCertificate(Certificate.RawData).Export(X509ContentType.Pkcs12));

        Assert.That(Load(new("/nowhere/a.pem")), Is.EqualTo("Certificate does not exist"));
        Assert.That(Load(new(certificate, "/nowhere/a.key")), Is.EqualTo("Key does not exist"));
        Assert.That(Load(new(TestCertificates.Folder)), Is.EqualTo("Certificate cannot be read"));
        Assert.That(Load(new(nonsense)), Is.EqualTo("Certificate holds no certificate"));
        Assert.That(Load(new(damaged)), Is.EqualTo("Certificate holds no usable certificate"));
        Assert.That(Load(new(key)), Is.EqualTo("Certificate holds no certificate"));
        Assert.That(Load(new(certificate)), Is.EqualTo("Certificate holds no private key"));
        Assert.That(Load(new(certificate, nonsense)), Is.EqualTo("Key holds no private key"));
        Assert.That(Load(new(certificate, otherKey)), Is.EqualTo("Key holds a key that does not belong to the certificate"));
        Assert.That(Load(new(certificate, encryptedKey)), Is.EqualTo("Key holds an encrypted key"));
        Assert.That(
            Load(new(certificate, encryptedKey, "wrong")),
            Is.EqualTo("Password does not open the key, or the key is another certificate's"));
        Assert.That(Load(new(pfx)), Is.EqualTo("Certificate cannot be opened without a password"));
        Assert.That(Load(new(pfx, null, "wrong")), Is.EqualTo("Password does not open the certificate, or the file is damaged"));
        Assert.That(Load(new(bare)), Is.EqualTo("Certificate holds no private key"));
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }

    private static string? Load(CertificateFiles files)
    {
        var bytes = files.Read(out var problem);
        var certificate = bytes is null ? null : ServerCertificate.Load(files, bytes, out problem);
        Assert.That(certificate is null, Is.EqualTo(problem is not null));
        return problem is null ? null : $"{problem.Part} {problem.Reason}";
    }

    private static string WritePfx(string? password)
    {
        var path = TestCertificates.NewFile(".pfx");
        File.WriteAllBytes(path, Certificate.Export(X509ContentType.Pkcs12, password));
        return path;
    }
}
