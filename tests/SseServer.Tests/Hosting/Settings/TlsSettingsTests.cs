using Microsoft.Extensions.Configuration;
using SseServer.Hosting.Settings;
using SseServer.Tests.Support;
using SseServer.Transport.Tls;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class TlsSettingsTests
{
    private const string Https = "https://127.0.0.1:0";

    [Test]
    public void Https_address_has_its_certificate()
    {
        var path = TestCertificates.WritePem(TestCertificates.Create("a"));

        var tls = Read(out var errors, ("Server:Listen", "localhost:0," + Https), ("Tls:Certificate", path),
            ("Tls:HandshakeTimeout", "3s"));

        Assert.That(errors, Is.Empty);
        Assert.That((tls!.Certificate.Subject, tls.HandshakeTimeout), Is.EqualTo(("CN=a", TimeSpan.FromSeconds(3))));
    }

    [Test]
    public void Without_TLS_nothing_is_needed()
    {
        Assert.That(Read(out var errors), Is.Null);
        Assert.That(errors, Is.Empty);
    }

    [Test]
    public void Address_without_certificate_and_certificate_without_address_are_refused()
    {
        Read(out var errors, ("Server:Listen", Https));
        Assert.That(errors, Is.EqualTo(new[]
        {
            "Server:Listen: 'https://127.0.0.1:0' has no certificate; set Tls:Certificate to a PEM or PKCS #12 file.",
        }));

        Read(out errors, ("Tls:Certificate", "a.pem"));
        Assert.That(errors, Is.EqualTo(new[]
        {
            "Tls:Certificate is set, but no Server:Listen address uses https; add one, such as https://0.0.0.0:8443.",
        }));

        Read(out errors, ("Tls:Key", "a.key"));
        Assert.That(errors, Is.EqualTo(new[] { "Tls:Key is set, but Tls:Certificate is not; set it to the certificate of that key." }));
    }

    [Test]
    public void Wrong_certificate_key_and_password_are_named_by_their_settings()
    {
        using var certificate = TestCertificates.Create("a");
        var pem = TestCertificates.WriteText(TestCertificates.CertificatePem(certificate));
        var otherKey = TestCertificates.WriteText(TestCertificates.KeyPem(TestCertificates.Create("b")));
        var pfx = TestCertificates.NewFile(".pfx");
        File.WriteAllBytes(pfx, certificate.Export(System.Security.Cryptography.X509Certificates.X509ContentType.Pkcs12, "secret"));

        Read(out var errors, ("Server:Listen", Https), ("Tls:Certificate", "/nowhere/a.pem"));
        Assert.That(errors, Is.EqualTo(new[] { "Tls:Certificate: '/nowhere/a.pem' does not exist; use a file that the server may read." }));

        Read(out errors, ("Server:Listen", Https), ("Tls:Certificate", pem), ("Tls:Key", otherKey));
        Assert.That(errors,
            Has.Count.EqualTo(1).And.One.StartsWith($"Tls:Key: '{otherKey}' holds a key that does not belong to the certificate; "));

        Read(out errors, ("Server:Listen", Https), ("Tls:Certificate", pfx), ("Tls:Password", "wrong"));
        Assert.That(errors, Is.EqualTo(new[]
        {
            "Tls:Password does not open the certificate, or the file is damaged; use the password of the PKCS #12 file.",
        }));
    }

    private static TlsOptions? Read(out IReadOnlyList<string> errors, params (string Key, string Value)[] values)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(values.ToDictionary(pair => pair.Key, pair => (string?)pair.Value));
        var reader = new SettingsReader(configuration.Build());
        var settings = ServerSettings.Read(reader);
        errors = reader.Errors;
        return settings.Transport.Tls;
    }
}
