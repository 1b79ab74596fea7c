using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using SseServer.Auth;
using SseServer.Tests.Auth.Support;

namespace SseServer.Tests.Auth;

internal sealed class JwksDocumentTests
{
    [Test]
    public void Keys_are_bound_to_their_alg_or_to_the_one_of_their_kind()
    {
        var keys = Read(
            TestTokens.Jwk(TestTokens.Rsa, "a"), TestTokens.Jwk(TestTokens.Rsa, "b", algorithm: null),
            TestTokens.Jwk(TestTokens.Rsa, "p", algorithm: "PS256"), TestTokens.Jwk(TestTokens.Ecdsa, "c"),
            TestTokens.Jwk(TestTokens.Ecdsa, null, algorithm: null));

        Assert.That(keys.Select(key => (key.Id, key.Algorithm)), Is.EqualTo(new[]
        {
            ("a", SigningAlgorithm.RS256), ("b", SigningAlgorithm.RS256), ("p", SigningAlgorithm.PS256), ("c", SigningAlgorithm.ES256),
            ((string?)null, SigningAlgorithm.ES256),
        }));
    }

    private static IEnumerable<TestCaseData> Unusable()
    {
        yield return Case("for encryption", key => key["use"] = "enc");
        yield return Case("for other operations", key => key["key_ops"] = new JsonArray("encrypt"));
        yield return Case("with operations that are no list", key => key["key_ops"] = "verify");
        yield return Case("for another algorithm", key => key["alg"] = "RS512");
        yield return Case("for HMAC", key => key["alg"] = "HS256");
        yield return Case("for none", key => key["alg"] = "none");
        yield return Case("without a modulus", key => key.Remove("n"));
        yield return Case("with a modulus that is no base64url", key => key["n"] = "!!!");
        yield return Case("with a modulus that is no text", key => key["n"] = 5);
        yield return Case("too short", key =>
        {
            using var rsa = RSA.Create(1024);
            key["n"] = (string?)TestTokens.Jwk(rsa, null)["n"];
        });
        yield return Case("a shared secret",
            key => (key["kty"], key["k"], key["alg"]) = ("oct", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "HS256"));
        yield return Case("of a kind that is not known", key => key["kty"] = "OKP");
        yield return Case("of no kind", key => key.Remove("kty"));
    }

    [TestCaseSource(nameof(Unusable))]
    public void Key_is_passed_over(Action<JsonObject> change)
    {
        var key = TestTokens.Jwk(TestTokens.Rsa, "unusable");
        change(key);
        Assert.That(Read(key, TestTokens.Jwk(TestTokens.Ecdsa, "good")).Select(one => one.Id), Is.EqualTo(new[] { "good" }));
    }

    [Test]
    public void Point_off_the_curve_or_on_another_is_passed_over()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var off = TestTokens.Jwk(TestTokens.Ecdsa, "off");
        off["x"] = TestTokens.Jwk(TestTokens.Ecdsa, null)["y"]!.GetValue<string>();
        var keys = Read(TestTokens.Jwk(other, "p384", curve: "P-384"), TestTokens.Jwk(other, "lies"),
            TestTokens.Jwk(TestTokens.Ecdsa, "k1", curve: "secp256k1"), off, TestTokens.Jwk(TestTokens.Rsa, "good"));
        Assert.That(keys.Select(key => key.Id), Is.EqualTo(new[] { "good" }));
    }

    [TestCase("", "is not valid JSON")]
    [TestCase("{\"keys\":[]", "is not valid JSON")]
    [TestCase("{\"keys\":[],\"keys\":[]}", "is not valid JSON")]
    [TestCase("[]", "is not a JWK set")]
    [TestCase("{}", "is not a JWK set")]
    [TestCase("{\"keys\":{}}", "is not a JWK set")]
    [TestCase("{\"keys\":[]}", "has no key for RS256, PS256 or ES256")]
    [TestCase("{\"keys\":[1,\"x\",null,[]]}", "has no key for RS256, PS256 or ES256")]
    public void Invalid_key_is_explained(string json, string reason)
    {
        Assert.That(JwksDocument.Read(Encoding.UTF8.GetBytes(json), out var problem), Is.Null);
        Assert.That(problem, Is.EqualTo(reason));
    }

    [Test]
    public void Too_many_keys_are_refused()
    {
        var keys = Enumerable.Range(0, JwksDocument.MaxKeys + 1).Select(i => TestTokens.Jwk(TestTokens.Ecdsa, $"{i}")).ToArray();
        Assert.That(JwksDocument.Read(Encoding.UTF8.GetBytes(TestTokens.Jwks(keys)), out var problem), Is.Null);
        Assert.That(problem, Is.EqualTo("has more than 32 keys"));
        Assert.That(Read(keys[..^1].Select(key => (JsonObject)key.DeepClone()).ToArray()), Has.Length.EqualTo(JwksDocument.MaxKeys));
    }

    private static TestCaseData Case(string name, Action<JsonObject> change) => new TestCaseData(change).SetArgDisplayNames(name);

    private static SigningKey[] Read(params JsonObject[] keys)
        => JwksDocument.Read(Encoding.UTF8.GetBytes(TestTokens.Jwks(keys)), out var problem) ?? throw new AssertionException(problem!);
}
