using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using SseServer.Auth;
using SseServer.Tests.Auth.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Auth;

/// <summary>Where a token's rights are found, the forms they may have, and who may have issued and meant them.</summary>
internal sealed class TokenClaimTests
{
    private const string Other = "https://other.example";

    private static readonly FakeTimeProvider Time = new();

    [TestCase("sse", """{"sse":{"publish":["a"]}}""", true)]
    [TestCase("realm/sse", """{"realm":{"sse":{"publish":["a"]}}}""", true)]
    [TestCase("a/b/c", """{"a":{"b":{"c":{"publish":["a"]}}}}""", true)]
    [TestCase("https://sse.example/rights", """{"https://sse.example/rights":{"publish":["a"]}}""", true)]
    [TestCase("realm/sse", """{"realm/sse":{"publish":["a"]},"realm":{"sse":{}}}""", true)]
    [TestCase("realm/sse", """{"sse":{"publish":["a"]}}""", false)]
    [TestCase("realm/sse", """{"realm":"sse"}""", false)]
    [TestCase("scope", """{"scope":"openid sse:publish:a admin"}""", true)]
    [TestCase("realm/roles", """{"realm":{"roles":["sse:publish:a","admin",5]}}""", true)]
    [TestCase("scope", """{"scope":""}""", false)]
    [TestCase("scope", """{"scope":"publish:a"}""", false)]
    [TestCase("scope", """{"scope":"sse:subscribe:a"}""", false)]
    public async Task Rights_are_found(string claim, string claims, bool mayPublish)
    {
        var result = await AuthenticateAsync(TestTokens.Options with { Claim = claim }, claims);
        Assert.That(result.Failure, Is.EqualTo(AuthFailure.None));
        Assert.That((result.Identity!.Publish.Cover("a"u8), result.Identity.IsAdmin), Is.EqualTo((mayPublish, false)));
    }

    [Test]
    public async Task Words_grant_all_rights()
    {
        var result = await AuthenticateAsync(TestTokens.Options with { Claim = "scope" },
            """{"scope":"sse:publish:orders/* sse:publish:news sse:subscribe:secret/** sse:admin"}""");
        var identity = result.Identity!;
        Assert.That((identity.Publish.Cover("orders/1"u8), identity.Publish.Cover("news"u8), identity.Publish.Cover("other"u8)),
            Is.EqualTo((true, true, false)));
        Assert.That((identity.Subscribe.Cover("secret/a/b"u8), identity.IsAdmin), Is.EqualTo((true, true)));
    }

    // A misspelt right must not vanish silently.
    [TestCase("sse:publsh:a")]
    [TestCase("sse:publish:")]
    [TestCase("sse:publish:a//b")]
    [TestCase("sse:")]
    [TestCase("sse:Admin")]
    public async Task Word_that_is_no_right_is_refused(string word)
    {
        var result = await AuthenticateAsync(TestTokens.Options with { Claim = "scope" }, $$"""{"scope":"openid {{word}}"}""");
        Assert.That(result.Failure, Is.EqualTo(AuthFailure.BadGrant));
    }

    [Test]
    public async Task Too_many_words_are_refused()
    {
        var words = string.Join(' ', Enumerable.Range(0, TokenGrant.MaxPatterns + 1).Select(number => $"sse:publish:{number}"));
        var result = await AuthenticateAsync(TestTokens.Options with { Claim = "scope" }, $$"""{"scope":"{{words}}"}""");
        Assert.That(result.Failure, Is.EqualTo(AuthFailure.BadGrant));
    }

    [TestCase("""{"iss":"https://other.example"}""", AuthFailure.None)]
    [TestCase("""{"iss":"https://other.example/"}""", AuthFailure.WrongIssuer)]
    [TestCase("""{"iss":"https://evil.example"}""", AuthFailure.WrongIssuer)]
    [TestCase("""{"aud":"second"}""", AuthFailure.None)]
    [TestCase("""{"aud":["third","second"]}""", AuthFailure.None)]
    [TestCase("""{"aud":"third"}""", AuthFailure.WrongAudience)]
    public async Task One_of_several_issuers_and_audiences_suffices(string claims, object failure)
    {
        var options = TestTokens.Options with { Issuers = [TestTokens.Issuer, Other], Audiences = [TestTokens.Audience, "second"] };
        Assert.That((await AuthenticateAsync(options, claims)).Failure, Is.EqualTo(failure));
    }

    // RFC 7519 section 4.1.2: a subject is unique at its issuer.
    [Test]
    public async Task Equal_subjects_of_two_issuers_are_two_clients()
    {
        var options = TestTokens.Options with { Issuers = [TestTokens.Issuer, Other] };
        var first = (await AuthenticateAsync(options, "{}")).Identity!.Name;
        var second = (await AuthenticateAsync(options, """{"iss":"https://other.example"}""")).Identity!.Name;
        Assert.That((first, second), Is.EqualTo(("sub:https://id.example alice", "sub:https://other.example alice")));
        Assert.That((await AuthenticateAsync(TestTokens.Options, "{}")).Identity!.Name, Is.EqualTo("sub:alice"));
    }

    private static async Task<AuthResult> AuthenticateAsync(JwtOptions options, string claims)
    {
        using var authenticator = new Authenticator(AuthOptions.Default with { Jwt = options }, Time, NullLogger<Authenticator>.Instance);
        var token = TestTokens.Create(Time.GetUtcNow(), claims: payload =>
        {
            foreach (var (name, value) in JsonNode.Parse(claims)!.AsObject()) payload[name] = value?.DeepClone();
        });
        return await authenticator.AuthenticateAsync(System.Text.Encoding.ASCII.GetBytes(token));
    }
}
