using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using SseServer.Auth;
using SseServer.Tests.Auth.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Auth;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AuthenticatorTests : IDisposable
{
    private static readonly AuthOptions Options = AuthOptions.Default with
    {
        Jwt = TestTokens.Options,
        Keys =
        [
            new StaticKey { Name = "shop", Secret = "first-key", Publish = TopicPatterns.Parse("orders/*") },
            new StaticKey { Name = "ops", Secret = "second-key", Subscribe = TopicPatterns.Parse("$sys/**"), IsAdmin = true },
        ],
    };

    private readonly FakeTimeProvider _time = new();
    private readonly Authenticator _authenticator;

    public AuthenticatorTests() => _authenticator = new(Options, _time, NullLogger<Authenticator>.Instance);

    private static IEnumerable<TestCaseData> Bad
        => BadTokens.All.Select(bad => new TestCaseData(bad.Failure, bad.Create).SetArgDisplayNames(bad.Name));

    private DateTimeOffset Now => _time.GetUtcNow();

    public void Dispose() => _authenticator.Dispose();

    [TestCaseSource(nameof(Bad))]
    public async Task Token_is_refused(object failure, Func<DateTimeOffset, string> create)
    {
        // Twice: a refusal must not make the credential known.
        for (var i = 0; i < 2; i++)
        {
            var result = await AuthenticateAsync(create(Now));
            Assert.That((result.Failure, result.Identity), Is.EqualTo(((AuthFailure)failure, (Identity?)null)));
        }
    }

    [TestCase("HS256")]
    [TestCase("RS256")]
    [TestCase("PS256")]
    [TestCase("ES256")]
    public async Task Good_token_gives_its_holder_and_rights(string algorithm)
    {
        var token = TestTokens.Create(Now, algorithm,
            grant: """{"publish":["orders/*"],"subscribe":["orders/**"],"admin":true,"later":1}""");

        var result = await AuthenticateAsync(token);

        Assert.That(result.Failure, Is.EqualTo(AuthFailure.None));
        Assert.That((result.Identity!.Name, result.Identity.IsAdmin, result.Identity.IsAnonymous), Is.EqualTo(("sub:alice", true, false)));
        Assert.That(result.Identity.Publish.Cover("orders/42"u8), Is.True);
        Assert.That(result.Identity.Publish.Cover("orders/42/items"u8), Is.False);
        Assert.That(result.Identity.Subscribe.Cover("orders/42/items"u8), Is.True);
        Assert.That(result.Identity.Expires, Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(Now.ToUnixTimeSeconds() + 300)));
        Assert.That((await AuthenticateAsync(token)).Identity, Is.SameAs(result.Identity), "verified once");
    }

    [TestCase("HS256")]
    [TestCase("RS256")]
    [TestCase("PS256")]
    [TestCase("ES256")]
    public async Task Token_without_a_kid_is_tried_with_the_keys_of_its_algorithm(string algorithm)
        => Assert.That((await AuthenticateAsync(TestTokens.Create(Now, algorithm, header: header => header.Remove("kid")))).IsAccepted,
            Is.True);

    [Test]
    public async Task Token_without_the_claim_has_a_name_and_no_rights()
    {
        var identity = (await AuthenticateAsync(TestTokens.Create(Now))).Identity!;
        Assert.That((identity.Name, identity.Publish.IsEmpty, identity.Subscribe.IsEmpty, identity.IsAdmin),
            Is.EqualTo(("sub:alice", true, true, false)));
    }

    [Test]
    public async Task Audience_may_be_one_of_a_list()
        => Assert.That((await AuthenticateAsync(TestTokens.Create(Now,
            claims: claims => claims["aud"] = new JsonArray("other", TestTokens.Audience)))).IsAccepted, Is.True);

    [Test]
    public async Task Token_begins_within_the_skew_and_ends_at_its_exp()
    {
        var begin = DateTimeOffset.FromUnixTimeSeconds(Now.ToUnixTimeSeconds() + 60);
        var token = TestTokens.Create(Now,
            claims: claims => (claims["nbf"], claims["exp"]) = (begin.ToUnixTimeSeconds(), begin.ToUnixTimeSeconds() + 60));
        _time.Advance(begin - TimeSpan.FromSeconds(30) - Now - TimeSpan.FromMilliseconds(1));
        Assert.That((await AuthenticateAsync(token)).Failure, Is.EqualTo(AuthFailure.NotYetValid));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That((await AuthenticateAsync(token)).IsAccepted, Is.True);
        _time.Advance(TimeSpan.FromSeconds(90) - TimeSpan.FromMilliseconds(1));
        Assert.That((await AuthenticateAsync(token)).IsAccepted, Is.True);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That((await AuthenticateAsync(token)).Failure, Is.EqualTo(AuthFailure.Expired));
    }

    [TestCase("first-key", "key:shop")]
    [TestCase("second-key", "key:ops")]
    public async Task Static_key_gives_its_name_and_rights(string secret, string name)
    {
        var identity = (await AuthenticateAsync(secret)).Identity!;
        Assert.That((identity.Name, identity.IsAdmin, identity.Expires), Is.EqualTo((name, name == "key:ops", (DateTimeOffset?)null)));
        Assert.That(identity.Publish.Cover("orders/1"u8), Is.EqualTo(name == "key:shop"));
    }

    [TestCase("")]
    [TestCase("first-ke")]
    [TestCase("first-key ")]
    [TestCase("First-key")]
    [TestCase("shop")]
    public async Task Unknown_key_is_refused(string secret)
        => Assert.That((await AuthenticateAsync(secret)).Failure, Is.EqualTo(AuthFailure.Unknown));

    [Test]
    public async Task Subject_that_looks_like_a_key_is_a_different_name()
        => Assert.That((await AuthenticateAsync(TestTokens.Create(Now, subject: "key:shop"))).Identity!.Name, Is.EqualTo("sub:key:shop"));

    [Test]
    public async Task Tokens_are_nothing_to_a_server_without_them()
    {
        using var keysOnly = new Authenticator(Options with { Jwt = null }, _time, NullLogger<Authenticator>.Instance);
        Assert.That((await keysOnly.AuthenticateAsync(Encoding.ASCII.GetBytes(TestTokens.Create(Now)))).Failure,
            Is.EqualTo(AuthFailure.Unknown));
    }

    [Test]
    public void Known_keys_and_tokens_are_recognised_without_waiting_or_allocating()
    {
        var credentials = new[] { "second-key"u8.ToArray(), Encoding.ASCII.GetBytes(TestTokens.Create(Now, "RS256")) };
        foreach (var credential in credentials)
        {
            Assert.That(Recognise(credential), Is.True);
            for (var i = 0; i < 100; i++) Recognise(credential);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++) Recognise(credential);
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        }
    }

    [Test]
    public void Every_failure_has_a_sentence_that_fits_a_quoted_string()
    {
        foreach (var failure in Enum.GetValues<AuthFailure>().Where(failure => failure != AuthFailure.None))
            Assert.That(AuthFailures.Explain(failure), Does.Match(@"^[A-Z][ !#-\[\]-~]*\.$"), failure.ToString());
    }

    private bool Recognise(byte[] credential)
    {
        var result = _authenticator.AuthenticateAsync(credential);
        return result.IsCompletedSuccessfully && result.Result.IsAccepted;
    }

    private async Task<AuthResult> AuthenticateAsync(string credential)
        => await _authenticator.AuthenticateAsync(Encoding.UTF8.GetBytes(credential));
}
