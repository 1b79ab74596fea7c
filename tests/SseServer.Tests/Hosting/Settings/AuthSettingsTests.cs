using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using SseServer.Auth;
using SseServer.Hosting.Settings;
using SseServer.Tests.Auth.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class AuthSettingsTests
{
    private const string Secret = "0123456789abcdef0123456789abcdef";

    private static readonly Dictionary<string, string?> Jwt = new()
    {
        ["Auth:Jwt:Issuer"] = TestTokens.Issuer,
        ["Auth:Jwt:Audience"] = TestTokens.Audience,
        ["Auth:Jwt:Keys:main:Algorithm"] = "HS256",
        ["Auth:Jwt:Keys:main:Secret"] = Secret,
    };

    [Test]
    public void Nothing_is_set_by_default()
    {
        var auth = Read([], out var errors).Auth;
        Assert.That((auth.IsConfigured, auth.Jwt, auth.ProtectedTopics.IsEmpty, auth.MaxTokenBytes),
            Is.EqualTo((false, (JwtOptions?)null, true, 8192)));
        Assert.That(errors, Is.Empty);
    }

    [Test]
    public void Keys_have_rights_of_their_own_and_publish_keys_publish_everywhere()
    {
        var keys = Read(
            new()
            {
                ["Auth:PublishKeys:ci"] = "first",
                ["Auth:Keys:shop:Secret"] = "second",
                ["Auth:Keys:shop:Publish:0"] = "orders/*",
                ["Auth:Keys:shop:Publish:1"] = "stock",
                ["Auth:Keys:shop:Subscribe"] = "orders/**, $sys/*",
                ["Auth:Keys:shop:Admin"] = "true",
            }, out var errors).Auth.Keys;

        Assert.That(errors, Is.Empty);
        Assert.That(keys.Select(key => (key.Name, key.Secret, key.IsAdmin)),
            Is.EqualTo(new[] { ("ci", "first", false), ("shop", "second", true) }));
        Assert.That((keys[0].Publish.Cover("a/b"u8), keys[0].Publish.Cover("$a"u8), keys[0].Subscribe.IsEmpty),
            Is.EqualTo((true, false, true)));
        Assert.That((keys[1].Publish.Cover("stock"u8), keys[1].Publish.Cover("a"u8), keys[1].Subscribe.Cover("$sys/a"u8)),
            Is.EqualTo((true, false, true)));
    }

    [Test]
    public void Tokens_are_checked_with_keys_of_every_kind()
    {
        var jwt = Read(
            new(Jwt)
            {
                ["Auth:Jwt:Keys:rsa:Algorithm"] = "RS256",
                ["Auth:Jwt:Keys:rsa:PublicKey"] = TestTokens.Rsa.ExportSubjectPublicKeyInfoPem(),
                ["Auth:Jwt:Keys:ec:Algorithm"] = "ES256",
                ["Auth:Jwt:Keys:ec:PublicKey"] = TestTokens.Ecdsa.ExportSubjectPublicKeyInfoPem(),
                ["Auth:Jwt:Keys:shared:Algorithm"] = "HS256",
                ["Auth:Jwt:Keys:shared:SecretBase64"] = Convert.ToBase64String(new byte[32]),
                ["Auth:Jwt:JwksUrl"] = "https://id.example/keys",
                ["Auth:Jwt:ClockSkew"] = "5s",
                ["Auth:Jwt:Claim"] = "https://sse.example/rights",
            }, out var errors).Auth.Jwt!;

        Assert.That(errors, Is.Empty);
        Assert.That(jwt.Keys.Select(key => (key.Id, key.Algorithm)), Is.EquivalentTo(new[]
        {
            ("main", SigningAlgorithm.HS256), ("rsa", SigningAlgorithm.RS256), ("ec", SigningAlgorithm.ES256),
            ("shared", SigningAlgorithm.HS256),
        }));
        Assert.That((jwt.JwksUrl, jwt.ClockSkew, jwt.Claim),
            Is.EqualTo((new Uri("https://id.example/keys"), TimeSpan.FromSeconds(5), "https://sse.example/rights")));
    }

    [TestCase("Auth:Jwt:Issuer", null, "Auth:Jwt:Issuer is missing; set it to the iss of the tokens to accept.")]
    [TestCase("Auth:Jwt:Audience", null,
        "Auth:Jwt:Audience is missing, so tokens for other services of the issuer would be accepted; set it to the aud of the tokens for "
            + "this server.")]
    [TestCase("Auth:Jwt:Keys:main:Algorithm", null, "Auth:Jwt:Keys:main:Algorithm is missing; set it to HS256, RS256, PS256 or ES256.")]
    [TestCase("Auth:Jwt:Keys:main:Algorithm", "none",
        "Auth:Jwt:Keys:main:Algorithm: 'none' is not supported; use HS256, RS256, PS256 or ES256.")]
    [TestCase("Auth:Jwt:Keys:main:Secret", "0123456789abcdef0123456789abcde",
        "Auth:Jwt:Keys:main:Secret is too short a secret; use 32 bytes or more (RFC 7518 section 3.2).")]
    [TestCase("Auth:Jwt:Keys:main:Secret", null,
        "Auth:Jwt:Keys:main needs exactly one key for HS256; set Secret or SecretBase64, and no other.")]
    [TestCase("Auth:Jwt:Keys:main:SecretBase64", "AAAA",
        "Auth:Jwt:Keys:main needs exactly one key for HS256; set Secret or SecretBase64, and no other.")]
    [TestCase("Auth:Jwt:Keys:main:File", "/tmp/x",
        "Auth:Jwt:Keys:main needs exactly one key for HS256; set Secret or SecretBase64, and no other.")]
    [TestCase("Auth:Jwt:JwksUrl", "http://id.example/keys",
        "Auth:Jwt:JwksUrl: '...' is not a URL to fetch keys from; use https://HOST/PATH, or http:// on loopback, without a user name.")]
    [TestCase("Auth:Jwt:JwksUrl", "file:///etc/passwd",
        "Auth:Jwt:JwksUrl: '...' is not a URL to fetch keys from; use https://HOST/PATH, or http:// on loopback, without a user name.")]
    [TestCase("Auth:Keys:a:Publish", "x", "Auth:Keys:a:Secret is missing; set it to about 32 random characters.")]
    [TestCase("Auth:ProtectedTopics", "a//b",
        "Auth:ProtectedTopics: 'a//b' is not a topic or pattern such as orders/42, orders/* or orders/**: A topic name has an empty "
            + "segment: no leading, trailing or double '/'.")]
    [TestCase("Auth:Cookie", "a b", "Auth:Cookie: 'a b' is not a cookie name; use letters, digits and characters such as - and _.")]
    public void What_is_wrong_or_half_set_is_refused(string key, string? value, string sentence)
    {
        Read(new(Jwt) { [key] = value }, out var errors);
        Assert.That(errors, Does.Contain(sentence));
    }

    [Test]
    public void Issuer_without_keys_is_refused()
    {
        Read(new() { ["Auth:Jwt:Issuer"] = "a", ["Auth:Jwt:Audience"] = "b" }, out var errors);
        Assert.That(errors, Has.One.Contains("Auth:Jwt:Keys:KID or Auth:Jwt:JwksUrl"));
    }

    [Test]
    public void Weak_key_of_a_file_is_refused_at_start()
    {
        using var weak = RSA.Create(1024);
        var path = Path.GetTempFileName();
        try
        {
            (string? Content, string Reason)[] cases =
            [
                (weak.ExportSubjectPublicKeyInfoPem(), "is too short an RSA key"), ("x", "holds no key in PEM"),
                (null, "is a file that does not exist"),
            ];
            foreach (var (content, reason) in cases)
            {
                if (content is null) File.Delete(path);
                else File.WriteAllText(path, content);
                Read(new(Jwt) { ["Auth:Jwt:Keys:f:Algorithm"] = "RS256", ["Auth:Jwt:Keys:f:File"] = path }, out var errors);
                Assert.That(errors, Is.EqualTo(new[]
                {
                    $"Auth:Jwt:Keys:f:File: '{path}' {reason}; use an RSA public key of 2048 bits or more in PEM.",
                }));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    // A pattern for what is below a topic reads as if it were for the topic too.
    [TestCase("secret/**", "secret", true)]
    [TestCase("secret/**", "secret/a", true)]
    [TestCase("a/*/**", "a/b", true)]
    [TestCase("a/*/**", "a", false)]
    [TestCase("secret/*", "secret", false)]
    [TestCase("secret/**", "secrets", false)]
    public void Protection_of_what_is_below_a_topic_protects_the_topic(string pattern, string topic, bool isProtected)
    {
        var auth = Read(new(Jwt) { ["Auth:ProtectedTopics"] = pattern }, out var errors).Auth;
        Assert.That(errors, Is.Empty);
        Assert.That(auth.ProtectedTopics.Overlap(System.Text.Encoding.UTF8.GetBytes(topic)), Is.EqualTo(isProtected));
    }

    [Test]
    public void Issuers_and_audiences_can_be_several()
    {
        var jwt = Read(new(Jwt) { ["Auth:Jwt:Issuer"] = "https://a.example, https://b.example", ["Auth:Jwt:Audience"] = "x,y" },
            out var errors).Auth.Jwt!;
        Assert.That(errors, Is.Empty);
        Assert.That((jwt.Issuers, jwt.Audiences), Is.EqualTo((new[] { "https://a.example", "https://b.example" }, new[] { "x", "y" })));
        Read(new(Jwt) { ["Auth:Jwt:Issuer"] = "a b" }, out errors);
        Assert.That(errors, Is.EqualTo(new[] { "Auth:Jwt:Issuer: 'a b' contains a space; separate issuers by commas." }));
    }

    [Test]
    public void Cookie_of_a_server_with_an_https_listener_is_bound_to_its_host()
    {
        var pem = TestCertificates.WritePem(TestCertificates.Create("a"));
        Assert.That(Read([], out _).Endpoints.TokenCookie, Is.EqualTo("sse-token"));
        Dictionary<string, string?> tls = new() { ["Server:Listen"] = "localhost:0,https://127.0.0.1:0", ["Tls:Certificate"] = pem };
        Assert.That(Read(tls, out var errors).Endpoints.TokenCookie, Is.EqualTo("__Host-sse-token"));
        Assert.That(errors, Is.Empty);
        Assert.That(Read(new(tls) { ["Auth:Cookie"] = "mine" }, out _).Endpoints.TokenCookie, Is.EqualTo("mine"));
    }

    [Test]
    public void Protection_that_nobody_could_pass_is_refused()
    {
        Read(new() { ["Auth:ProtectedTopics"] = "secret/**" }, out var errors);
        Assert.That(errors, Has.One.Contains("nobody could read these topics"));
    }

    [Test]
    public void Keys_that_no_token_could_be_as_long_as_are_refused()
    {
        Read(new() { ["Auth:PublishKeys:a"] = new string('x', 300), ["Auth:MaxTokenBytes"] = "256" }, out var errors);
        Assert.That(errors, Is.EqualTo(new[]
        {
            "Auth:MaxTokenBytes: '256' is less than the length of the key 'a'; allow at least as many bytes as the longest key has.",
        }));
    }

    [TestCase("Server:Listen", "127.0.0.1:0", 1, true)]
    [TestCase("Server:Listen", "*:0", 15, false)]
    [TestCase("Server:Listen", "*:0", 16, true)]
    [TestCase("Server:Listen", "127.0.0.1:0,192.0.2.1:0", 15, false)]
    [TestCase("Proxy:Trusted", "127.0.0.1", 15, false)]
    [TestCase("Proxy:Trusted", "127.0.0.1", 16, true)]
    [TestCase("Server:AllowedHosts", "events.example", 15, false)]
    [TestCase("Server:AllowedHosts", "events.example", 16, true)]
    public void Key_that_can_be_guessed_is_refused_where_others_can_try(string key, string value, int length, bool isTaken)
    {
        foreach (var kind in new[] { "Auth:PublishKeys:ci", "Auth:Keys:ci:Secret" })
        {
            Read(new() { [key] = value, [kind] = new string('k', length), ["Auth:PublishKeys:other"] = "0123456789abcdef" },
                out var errors);
            Assert.That(errors, isTaken ? Is.Empty : Is.EqualTo(new[]
            {
                "The key 'ci' in Auth:PublishKeys or Auth:Keys is too short for a server that other machines can reach; use "
                    + "16 characters or more, such as the output of openssl rand -hex 16.",
            }));
        }
    }

    // A server that other machines can reach must know its publishers.
    [Test]
    public void Tokens_or_keys_let_the_server_listen_to_others()
    {
        const string listen = "Server:Listen";
        Read(new(Jwt) { [listen] = "*:0" }, out var errors);
        Assert.That(errors, Is.Empty);
        Read(new() { [listen] = "*:0", ["Auth:Keys:a:Secret"] = "0123456789abcdef" }, out errors);
        Assert.That(errors, Is.Empty);
        Read(new() { [listen] = "*:0", ["Auth:Cookie"] = "x" }, out errors);
        Assert.That(errors, Has.One.Contains("Auth:Keys:NAME").And.One.Contains("Auth:Jwt"));
    }

    private static ServerSettings Read(Dictionary<string, string?> values, out IReadOnlyList<string> errors)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        var settings = ServerSettings.Read(reader);
        errors = [.. reader.Errors, .. reader.UnknownKeys()];
        return settings;
    }
}
