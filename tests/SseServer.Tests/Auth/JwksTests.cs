using System.Security.Cryptography;
using System.Text;
using SseServer.Auth;
using SseServer.Tests.Auth.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Auth;

/// <summary>Keys from a URL: fetched at the start, kept up to date, fetched again for an unknown key.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class JwksTests : IAsyncDisposable
{
    private const int KeysRead = 3001;
    private const int KeysUnreadable = 3002;

    private static readonly string Published = TestTokens.Jwks(TestTokens.Jwk(TestTokens.Rsa, "rs"),
        TestTokens.Jwk(TestTokens.Ecdsa, "es"));

    private readonly FakeTimeProvider _time = new();
    private readonly KeyServer _server = new(Published);
    private readonly LogLines<Authenticator> _log = new();
    private Authenticator? _authenticator;

    private DateTimeOffset Now => _time.GetUtcNow();

    public async ValueTask DisposeAsync()
    {
        _authenticator?.Dispose();
        await _server.DisposeAsync();
        Assert.That(_log.Entries.Select(entry => entry.Text), Has.None.Contains("apikey"));
    }

    [TestCase("RS256")]
    [TestCase("ES256")]
    public async Task Keys_are_fetched_at_start(string algorithm)
    {
        Start();
        await _server.HasRequestsAsync(1);
        Assert.That((await AuthenticateAsync(TestTokens.Create(Now, algorithm))).IsAccepted, Is.True);
        Assert.That(_server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task Token_waits_for_the_first_fetch()
    {
        _server.Hold();
        Start();
        await _server.HasRequestsAsync(1);
        var waiting = Enumerable.Range(0, 20).Select(_ => AuthenticateAsync(TestTokens.Create(Now, "RS256"))).ToArray();
        Assert.That(waiting.Any(one => one.IsCompleted), Is.False);
        _server.Release();
        foreach (var one in waiting) Assert.That((await one.Soon()).IsAccepted, Is.True);
        Assert.That(_server.Requests, Is.EqualTo(1), "one fetch for all");
    }

    [Test]
    public async Task Server_that_never_answers_is_waited_for_ten_seconds_and_is_not_the_tokens_fault()
    {
        _server.Hold();
        Start();
        await _server.HasRequestsAsync(1);
        var waiting = AuthenticateAsync(TestTokens.Create(Now, "RS256"));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.That((await waiting.Soon()).Failure, Is.EqualTo(AuthFailure.KeysUnavailable));
        Assert.That(_log.Entries.Select(entry => entry.Text), Has.One.Contains("did not answer in time"));
    }

    [TestCase("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n", "", "answers 500")]
    [TestCase("HTTP/1.1 204 No Content\r\n", "", "answers 204")]
    [TestCase("HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\n", "", "answers 302")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n", "{\"keys\":x", "is not valid JSON")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "[]", "is not a JWK set")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n", "{\"keys\":[]}", "has no key")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n", "{", "could not be fetched")]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n", "{", "could not be fetched")]
    [TestCase("no HTTP\r\n", "", "could not be fetched")]
    public async Task Failed_fetch_is_logged_and_keeps_the_known_keys(string head, string body, string reason)
    {
        await StartAsync();
        var token = TestTokens.Create(Now, "RS256", claims: claims => claims["exp"] = Now.ToUnixTimeSeconds() + 3600);
        Assert.That((await AuthenticateAsync(token)).IsAccepted, Is.True);

        _server.Reply(head.Replace("{url}", _server.Url.ToString(), StringComparison.Ordinal), body);
        _time.Advance(TimeSpan.FromMinutes(10));
        await Eventually.HoldsAsync(() => _log.Count(KeysUnreadable) == 1, "a warning");

        Assert.That(_log.Entries.Single(entry => entry.Id == KeysUnreadable).Text, Does.Contain(reason));
        Assert.That((await AuthenticateAsync(token)).IsAccepted, Is.True);
        Assert.That((await AuthenticateAsync(TestTokens.Create(Now, "ES256"))).IsAccepted, Is.True);
        Assert.That(_server.Requests, Is.EqualTo(2), "a redirect is not followed");
    }

    [Test]
    public async Task First_fetch_that_fails_is_tried_again_for_a_token()
    {
        _server.Reply("HTTP/1.1 503 Not yet\r\nContent-Length: 0\r\n");
        Start();
        await Eventually.HoldsAsync(() => _log.Count(KeysUnreadable) == 1, "a warning");
        Assert.That((await AuthenticateAsync(TestTokens.Create(Now, "RS256"))).Failure, Is.EqualTo(AuthFailure.KeysUnavailable));
        _server.Body(Published);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.That((await AuthenticateAsync(TestTokens.Create(Now, "RS256"))).IsAccepted, Is.True);
        Assert.That(_server.Requests, Is.EqualTo(2));
    }

    [Test]
    public async Task Rotated_key_is_found_by_its_kid_and_the_old_one_is_gone()
    {
        using var next = RSA.Create(2048);
        await StartAsync();
        var old = TestTokens.Create(Now, "RS256");
        Assert.That((await AuthenticateAsync(old)).IsAccepted, Is.True);

        _server.Body(TestTokens.Jwks(TestTokens.Jwk(next, "next")));
        _time.Advance(TimeSpan.FromSeconds(30));
        var fresh = Sign(next, "next");
        Assert.That((await AuthenticateAsync(fresh)).IsAccepted, Is.True, "fetched for the unknown kid");

        Assert.That((await AuthenticateAsync(old)).Failure, Is.EqualTo(AuthFailure.UnknownSigningKey), "also where it was verified before");
        Assert.That(_server.Requests, Is.EqualTo(2));
    }

    [Test]
    public async Task Key_that_was_taken_away_is_gone_with_the_next_refresh()
    {
        await StartAsync();
        var token = TestTokens.Create(Now, "RS256", claims: claims => claims["exp"] = Now.ToUnixTimeSeconds() + 3600);
        Assert.That((await AuthenticateAsync(token)).IsAccepted, Is.True);
        _server.Body(TestTokens.Jwks(TestTokens.Jwk(TestTokens.Ecdsa, "es")));
        _time.Advance(TimeSpan.FromMinutes(10));
        await Eventually.HoldsAsync(() => _log.Count(KeysRead) == 2, "the other set");
        Assert.That((await AuthenticateAsync(token)).Failure, Is.EqualTo(AuthFailure.UnknownSigningKey));
    }

    [Test]
    public async Task Same_set_again_is_no_change()
    {
        await StartAsync();
        var token = TestTokens.Create(Now, "RS256", claims: claims => claims["exp"] = Now.ToUnixTimeSeconds() + 7200);
        var first = await AuthenticateAsync(token);
        for (var i = 2; i <= 4; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(10));
            await _server.HasRequestsAsync(i);
            await EndFetchAsync();
        }

        Assert.That((await AuthenticateAsync(token)).Identity, Is.SameAs(first.Identity), "not verified again");
        Assert.That(_log.Count(KeysRead), Is.EqualTo(1));
    }

    [Test]
    public async Task Unknown_kids_have_the_set_fetched_once_in_thirty_seconds()
    {
        await StartAsync();
        Assert.That((await AuthenticateAsync(TestTokens.Create(Now, "RS256"))).IsAccepted, Is.True);
        for (var i = 0; i < 50; i++)
            Assert.That((await AuthenticateAsync(Sign(TestTokens.Rsa, $"made up {i}"))).Failure, Is.EqualTo(AuthFailure.UnknownSigningKey));
        Assert.That(_server.Requests, Is.EqualTo(1), "within thirty seconds of the first");

        _time.Advance(TimeSpan.FromSeconds(30));
        var together = Enumerable.Range(0, 50).Select(i => AuthenticateAsync(Sign(TestTokens.Rsa, $"made up {i}"))).ToArray();
        foreach (var one in together) Assert.That((await one.Soon()).Failure, Is.EqualTo(AuthFailure.UnknownSigningKey));
        Assert.That(_server.Requests, Is.EqualTo(2));
    }

    [Test]
    public async Task Tokens_with_wrong_times_have_nothing_fetched()
    {
        await StartAsync();
        await AuthenticateAsync(TestTokens.Create(Now, "RS256"));
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.That((await AuthenticateAsync(TestTokens.Create(Now - TimeSpan.FromHours(1), "RS256",
            header: header => header["kid"] = "x"))).Failure, Is.EqualTo(AuthFailure.Expired));
        Assert.That(_server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task Hmac_token_is_never_checked_with_a_fetched_key()
    {
        await StartAsync();
        await AuthenticateAsync(TestTokens.Create(Now, "RS256"));
        Assert.That((await AuthenticateAsync(TestTokens.Create(Now, header: header => header["kid"] = "rs"))).Failure,
            Is.EqualTo(AuthFailure.WrongAlgorithm));
    }

    [Test]
    public async Task Fetch_underway_ends_with_the_server()
    {
        _server.Hold();
        Start();
        await _server.HasRequestsAsync(1);
        var waiting = AuthenticateAsync(TestTokens.Create(Now, "RS256"));
        _authenticator!.Dispose();
        Assert.That((await waiting.Soon()).Failure, Is.EqualTo(AuthFailure.KeysUnavailable));
        Assert.That(_log.Count(KeysUnreadable), Is.Zero);
    }

    private string Sign(RSA rsa, string id)
    {
        var header = TestTokens.Encode($"{{\"alg\":\"RS256\",\"kid\":\"{id}\"}}");
        var input = $"{header}.{TestTokens.Encode(TestTokens.Claims(Now).ToJsonString())}";
        var signature = rsa.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{input}.{System.Buffers.Text.Base64Url.EncodeToString(signature)}";
    }

    private async Task StartAsync()
    {
        Start();
        await EndFetchAsync();
    }

    /// <summary>
    /// Returns when no fetch is running: a token with an unknown kid waits for a running fetch, and starts none within thirty seconds
    /// of the last start.
    /// </summary>
    private Task<AuthResult> EndFetchAsync() => AuthenticateAsync(Sign(TestTokens.Rsa, "unknown"));

    private void Start()
    {
        var jwt = TestTokens.Options with { Keys = [], JwksUrl = _server.Url };
        _authenticator = new(AuthOptions.Default with { Jwt = jwt }, _time, _log);
    }

    private Task<AuthResult> AuthenticateAsync(string token) => _authenticator!.AuthenticateAsync(Encoding.UTF8.GetBytes(token)).AsTask();
}
