using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SseServer.Auth;
using SseServer.Tests.Auth.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Fuzzing;

/// <summary>
/// Tokens, damaged before and after they are signed: none throws, and an accepted one was signed and says what it is accepted for.
/// </summary>
public sealed class TokenFuzzTests
{
    private static readonly AuthOptions Options = AuthOptions.Default with { Jwt = TestTokens.Options };

    // The signature is valid whatever it signs, as if the issuer signed what others wrote.
    [Test]
    public void Signed_token_is_read_strictly_or_refused([Range(1, 4)] int seed)
    {
        using var authenticator = Create();
        Fuzz.Check(seed, samples => samples.Token(), text =>
        {
            var (header, payload) = Split(text);
            var identity = Authenticate(authenticator, TestTokens.Sign("HS256", header, payload));
            if (identity is not null) Check(identity, header, payload, text);
            return identity is not null;
        });
    }

    [Test]
    public void Token_that_is_damaged_after_it_was_signed_is_refused([Range(11, 14)] int seed)
    {
        using var authenticator = Create();
        var signed = new HashSet<string>();
        Fuzz.Check(
            seed,
            samples =>
            {
                var (header, payload) = Split(samples.Token());
                var token = TestTokens.Sign("HS256", header, payload);
                signed.Add(Input(token));
                return token;
            },
            text =>
            {
                var isTaken = Authenticate(authenticator, text) is not null;
                if (isTaken) Assert.That(signed, Does.Contain(Input(text)), () => Fuzz.Show(text));
                return isTaken;
            });
    }

    private static Authenticator Create() => new(Options, new FakeTimeProvider(), NullLogger<Authenticator>.Instance);

    private static string Input(string token) => token[..token.LastIndexOf('.')];

    // Damage may have made it one line.
    private static (byte[] Header, byte[] Payload) Split(string text)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? (Fuzz.Bytes(text), []) : (Fuzz.Bytes(text[..end]), Fuzz.Bytes(text[(end + 1)..]));
    }

    private static Identity? Authenticate(Authenticator authenticator, string token)
        => authenticator.AuthenticateAsync(Fuzz.Bytes(token)).AsTask().GetAwaiter().GetResult().Identity;

    // The simplest way to read it; if it succeeds, no member is repeated.
    private static void Check(Identity identity, byte[] header, byte[] payload, string text)
    {
        var strict = new JsonDocumentOptions { AllowDuplicateProperties = false };
        using var head = JsonDocument.Parse(header, strict);
        using var claims = JsonDocument.Parse(payload, strict);
        Assert.That(head.RootElement.GetProperty("alg").GetString(), Is.EqualTo("HS256"), () => Fuzz.Show(text));
        if (head.RootElement.TryGetProperty("kid", out var id)) Assert.That(id.GetString(), Is.EqualTo("hs"), () => Fuzz.Show(text));
        Assert.That(head.RootElement.EnumerateObject().Select(member => member.Name), Has.None.AnyOf("crit", "b64", "zip"),
            () => Fuzz.Show(text));
        var audience = claims.RootElement.GetProperty("aud");
        string?[] audiences = audience.ValueKind == JsonValueKind.Array
            ? [.. audience.EnumerateArray().Select(one => one.GetString())] : [audience.GetString()];
        Assert.That(audiences, Does.Contain(TestTokens.Audience), () => Fuzz.Show(text));
        Assert.That(claims.RootElement.GetProperty("iss").GetString(), Is.EqualTo(TestTokens.Issuer), () => Fuzz.Show(text));
        Assert.That(identity.Name, Is.EqualTo("sub:" + claims.RootElement.GetProperty("sub").GetString()), () => Fuzz.Show(text));
        Assert.That(identity.Expires!.Value.ToUnixTimeSeconds(), Is.EqualTo((long)claims.RootElement.GetProperty("exp").GetDouble()),
            () => Fuzz.Show(text));
        var isAdmin = claims.RootElement.TryGetProperty("sse", out var grant) && grant.TryGetProperty("admin", out var admin)
            && admin.GetBoolean();
        Assert.That(identity.IsAdmin, Is.EqualTo(isAdmin), () => Fuzz.Show(text));
    }
}
