using SseServer.Auth;

namespace SseServer.Tests.Auth;

[Parallelizable(ParallelScope.All)]
internal sealed class TokenCacheTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    private readonly KeySet _keys = new([]);

    [Test]
    public void Entry_is_found_until_its_token_expires()
    {
        var cache = new TokenCache();
        Add(cache, 1, Now.AddSeconds(10));
        Assert.That(Finds(cache, 1, Now.AddSeconds(10).AddTicks(-1)), Is.True);
        Assert.That(Finds(cache, 1, Now.AddSeconds(10)), Is.False);
        Assert.That(Finds(cache, 2, Now), Is.False);
    }

    [Test]
    public void Entry_is_good_for_the_keys_it_was_verified_with()
    {
        var cache = new TokenCache();
        Add(cache, 1, Now.AddHours(1));
        Assert.That(cache.Find(Hash(1), new KeySet([]), Now), Is.Null);
        Assert.That(Finds(cache, 1, Now), Is.True);
    }

    [Test]
    public void Many_tokens_evict_unused_ones()
    {
        var cache = new TokenCache();
        Add(cache, -1, Now.AddHours(1));
        Add(cache, -2, Now.AddHours(1));
        for (var i = 0; i < 40_000; i++)
        {
            Add(cache, i, Now.AddHours(1));
            if (i % 1000 == 0) Assert.That(Finds(cache, -1, Now), Is.True, "asked for all the time");
        }

        Assert.That(Finds(cache, -2, Now), Is.False);
        Assert.That(Enumerable.Range(0, 40_000).Count(i => Finds(cache, i, Now)), Is.LessThanOrEqualTo(TokenCache.MaxEntries));
        Assert.That(Finds(cache, 39_999, Now), Is.True);
    }

    private static CredentialHash Hash(int token) => CredentialHash.Of(BitConverter.GetBytes(token));

    private void Add(TokenCache cache, int token, DateTimeOffset expires)
        => cache.Add(Hash(token), Identity.OfToken("a", expires, TokenGrant.None), _keys);

    private bool Finds(TokenCache cache, int token, DateTimeOffset now) => cache.Find(Hash(token), _keys, now) is not null;
}
