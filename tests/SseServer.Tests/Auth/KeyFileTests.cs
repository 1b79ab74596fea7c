using System.Security.Cryptography;
using System.Text;
using SseServer.Auth;
using SseServer.Tests.Auth.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Auth;

/// <summary>Keys from PEM files, read again when they change.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class KeyFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sse-keys").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines<Authenticator> _log = new();

    private string FilePath => Path.Combine(_directory, "key.pem");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Test]
    public async Task Replaced_file_is_the_key_from_then_on()
    {
        using var next = RSA.Create(2048);
        File.WriteAllText(FilePath, TestTokens.Rsa.ExportSubjectPublicKeyInfoPem());
        using var authenticator = Start(SigningAlgorithm.RS256);
        var token = TestTokens.Create(_time.GetUtcNow(), "RS256");
        Assert.That(await IsAcceptedAsync(authenticator, token), Is.True);

        File.WriteAllText(FilePath, next.ExportRSAPublicKeyPem());
        Assert.That(await IsAcceptedAsync(authenticator, token), Is.True, "not looked at yet");
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.That(await IsAcceptedAsync(authenticator, token), Is.False);
        Assert.That(_log.Count(3001), Is.EqualTo(2));
    }

    [Test]
    public async Task Unusable_file_keeps_the_key_and_is_logged_once()
    {
        File.WriteAllText(FilePath, TestTokens.Ecdsa.ExportSubjectPublicKeyInfoPem());
        using var authenticator = Start(SigningAlgorithm.ES256);
        var token = TestTokens.Create(_time.GetUtcNow(), "ES256");
        foreach (var content in new[] { "half a fi", null })
        {
            if (content is null) File.Delete(FilePath);
            else File.WriteAllText(FilePath, content);
            for (var i = 0; i < 3; i++) _time.Advance(TimeSpan.FromSeconds(10));
            Assert.That(await IsAcceptedAsync(authenticator, token), Is.True);
        }

        Assert.That(_log.Count(3002), Is.EqualTo(1));
        File.WriteAllText(FilePath, TestTokens.Ecdsa.ExportSubjectPublicKeyInfoPem());
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(_log.Count(3001), Is.EqualTo(2));
    }

    [Test]
    public void Pem_of_another_kind_or_weak_is_no_key()
    {
        using var weak = RSA.Create(1024);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var rsa = TestTokens.Rsa;
        var ecdsa = TestTokens.Ecdsa;
        Assert.That(Problem(SigningAlgorithm.RS256, rsa.ExportSubjectPublicKeyInfoPem()), Is.Null);
        Assert.That(Problem(SigningAlgorithm.ES256, ecdsa.ExportSubjectPublicKeyInfoPem()), Is.Null);
        Assert.That(Problem(SigningAlgorithm.RS256, weak.ExportSubjectPublicKeyInfoPem()), Is.EqualTo("is too short an RSA key"));
        Assert.That(Problem(SigningAlgorithm.ES256, p384.ExportSubjectPublicKeyInfoPem()), Is.EqualTo("is not on the curve P-256"));
        Assert.That(Problem(SigningAlgorithm.ES256, rsa.ExportSubjectPublicKeyInfoPem()),
            Is.EqualTo("holds no public key on the curve P-256"));
        Assert.That(Problem(SigningAlgorithm.RS256, ecdsa.ExportSubjectPublicKeyInfoPem()), Is.EqualTo("holds no RSA public key"));
        Assert.That(Problem(SigningAlgorithm.RS256, rsa.ExportPkcs8PrivateKeyPem()), Is.EqualTo("does not hold a public key"));
        Assert.That(Problem(SigningAlgorithm.RS256, rsa.ExportRSAPrivateKeyPem()), Is.EqualTo("does not hold a public key"));
        Assert.That(Problem(SigningAlgorithm.RS256, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
            Is.EqualTo("holds no RSA public key"));
        Assert.That(Problem(SigningAlgorithm.RS256, ""), Is.EqualTo("holds no key in PEM"));
    }

    private static string? Problem(SigningAlgorithm algorithm, string pem)
    {
        var key = PemKey.Read("id", algorithm, pem, out var problem);
        Assert.That(key is null, Is.EqualTo(problem is not null));
        return problem;
    }

    private static async Task<bool> IsAcceptedAsync(Authenticator authenticator, string token)
        => (await authenticator.AuthenticateAsync(Encoding.ASCII.GetBytes(token))).IsAccepted;

    private Authenticator Start(SigningAlgorithm algorithm)
    {
        var id = algorithm == SigningAlgorithm.RS256 ? "rs" : "es";
        var jwt = TestTokens.Options with { Keys = [], KeyFiles = [new(id, algorithm, FilePath)] };
        return new(AuthOptions.Default with { Jwt = jwt }, _time, _log);
    }
}
