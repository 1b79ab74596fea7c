using Microsoft.Extensions.Logging;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport.Tls;

public sealed class CertificateWatcherTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    [Test]
    public async Task Replaced_certificate_is_the_next_handshakes_and_streams_go_on()
    {
        var path = TestCertificates.WritePem(TestCertificates.Create("first"));
        await using var server = new TestServer(tls: true, Using(path));
        var peer = server.AddStream("/stream");
        using var reader = await TlsClient.ConnectAsync(server.EndPoint);
        await reader.GetHeadAsync("/stream");
        var connection = await peer.Ready;

        File.WriteAllText(path, File.ReadAllText(TestCertificates.WritePem(TestCertificates.Create("second"))));
        server.Time.Advance(Interval);

        using var late = await TlsClient.ConnectAsync(server.EndPoint);
        Assert.That((reader.ServerCertificate.Subject, late.ServerCertificate.Subject), Is.EqualTo(("CN=first", "CN=second")));
        connection.Output.TrySend("still here"u8);
        Assert.That(await reader.ReadTextAsync(10), Is.EqualTo("still here"));
    }

    // Certificate and key are two files, and someone writes them one after the other.
    [Test]
    public async Task What_cannot_be_used_is_said_once_and_leaves_the_old_in_place()
    {
        var (first, second) = (TestCertificates.Create("first"), TestCertificates.Create("second"));
        var certificate = TestCertificates.WriteText(TestCertificates.CertificatePem(first));
        var key = TestCertificates.WriteText(TestCertificates.KeyPem(first));
        await using var server = new TestServer(tls: true, new() { Tls = TestCertificates.Load(new(certificate, key)) });

        File.WriteAllText(certificate, TestCertificates.CertificatePem(second));
        for (var i = 0; i < 3; i++) server.Time.Advance(Interval);
        Assert.That(await SubjectAsync(server), Is.EqualTo("CN=first"));
        Assert.That(Warnings(server), Is.EqualTo(new[]
        {
            "The certificate files have changed but cannot be used; TLS keeps the current certificate: "
            + $"{key} holds a key that does not belong to the certificate",
        }));

        File.WriteAllText(key, TestCertificates.KeyPem(second));
        server.Time.Advance(Interval);
        Assert.That(await SubjectAsync(server), Is.EqualTo("CN=second"));
        Assert.That(Warnings(server), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Files_that_are_gone_are_said_once_and_found_again()
    {
        var path = TestCertificates.WritePem(TestCertificates.Create("first"));
        await using var server = new TestServer(tls: true, Using(path));
        File.Delete(path);
        for (var i = 0; i < 3; i++) server.Time.Advance(Interval);
        Assert.That(await SubjectAsync(server), Is.EqualTo("CN=first"));
        Assert.That(Warnings(server), Has.Length.EqualTo(1).And.All.EndsWith($"{path} does not exist"));
        File.WriteAllText(path, File.ReadAllText(TestCertificates.WritePem(TestCertificates.Create("second"))));
        server.Time.Advance(Interval);
        Assert.That(await SubjectAsync(server), Is.EqualTo("CN=second"));
    }

    // Kubernetes replaces the folder that a link points to.
    [Test]
    [Platform("Linux,MacOsX")]
    public async Task Link_to_another_file_is_noticed()
    {
        var link = TestCertificates.NewFile(".pem");
        File.CreateSymbolicLink(link, TestCertificates.WritePem(TestCertificates.Create("first")));
        await using var server = new TestServer(tls: true, Using(link));
        File.Delete(link);
        File.CreateSymbolicLink(link, TestCertificates.WritePem(TestCertificates.Create("second")));
        server.Time.Advance(Interval);
        Assert.That(await SubjectAsync(server), Is.EqualTo("CN=second"));
    }

    // The fake clock begins on a day in November 2025.
    [TestCase("2025-11-01", "2026-11-01", false)]
    [TestCase("2024-12-04", "2025-12-04", true)]
    [TestCase("2025-11-16", "2025-11-24", false)]
    [TestCase("2025-11-16", "2025-11-23", true)]
    [TestCase("2025-01-01", "2025-11-01", true)]
    public async Task Certificate_that_soon_ends_is_said_once(string from, string to, bool warns)
    {
        var path = TestCertificates.WritePem(
            TestCertificates.Create("brief", DateTimeOffset.Parse(from + "Z"), DateTimeOffset.Parse(to + "Z")));
        await using var server = new TestServer(tls: true, Using(path));
        server.Time.Advance(Interval);
        var warnings = Warnings(server).Where(text => text.StartsWith("The certificate of CN=brief expires", StringComparison.Ordinal));
        Assert.That(warnings.Count(), Is.EqualTo(warns ? 1 : 0));
    }

    private static TransportOptions Using(string path) => new() { Tls = TestCertificates.Load(new(path)) };

    private static async Task<string> SubjectAsync(TestServer server)
    {
        using var client = await TlsClient.ConnectAsync(server.EndPoint);
        return client.ServerCertificate.Subject;
    }

    private static string[] Warnings(TestServer server) =>
        [.. server.Log.Entries.Where(entry => entry.Level == LogLevel.Warning).Select(entry => entry.Text)];
}
