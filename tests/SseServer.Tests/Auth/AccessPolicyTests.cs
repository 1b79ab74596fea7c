using System.Text;
using SseServer.Auth;

namespace SseServer.Tests.Auth;

internal sealed class AccessPolicyTests
{
    // Protected, granted (null: anonymous), asked for.
    [TestCase("", null, "anything", true)]
    [TestCase("", null, "**", true)]
    [TestCase("secret/**", null, "open", true)]
    [TestCase("secret/**", null, "secret", true)]
    [TestCase("secret/**", null, "secret/a", false)]
    [TestCase("secret/**", null, "secret/a/b", false)]
    [TestCase("secret/**", null, "*/a", false)]
    [TestCase("secret/**", null, "**", false)]
    [TestCase("secret/**", null, "*", true)]
    [TestCase("secret/**", null, "*/*/*", false)]
    [TestCase("*/private", null, "a/*", false)]
    [TestCase("*/private", null, "a/public", true)]
    [TestCase("$sys/**", null, "**", true)]
    [TestCase("$sys/**", null, "$sys/a", false)]
    [TestCase("secret/**", "secret/**", "secret/*", true)]
    [TestCase("secret/**", "secret/**", "secret/a/b", true)]
    [TestCase("secret/**", "secret/*", "secret/a/b", false)]
    [TestCase("secret/**", "secret/*", "secret/**", false)]
    [TestCase("secret/**", "secret/*", "*/*", false)]
    [TestCase("secret/**", "secret/a", "secret/a", true)]
    [TestCase("secret/**", "secret/a", "secret/A", false)]
    [TestCase("secret/**", "secret/a", "secret/b", false)]
    [TestCase("secret/**", "**", "secret/a", true)]
    [TestCase("secret/**", "**", "**", true)]
    [TestCase("$sys/**", "**", "$sys/a", false)]
    [TestCase("$sys/**", "$sys/*", "$sys/a", true)]
    [TestCase("secret/**", "other", "open", true)]
    [TestCase("secret/**", null, "$relay/open", true)]
    [TestCase("secret/**", null, "$relay/secret/a", false)]
    [TestCase("secret/**", null, "$relay/**", false)]
    [TestCase("secret/**", "secret/a", "$relay/secret/a", true)]
    [TestCase("secret/**", "secret/a", "$relay/secret/*", false)]
    public void Subscription_is_allowed_by_a_grant_that_covers_it_or_if_it_contains_nothing_protected(
        string closed, string? granted, string selector, bool expected)
    {
        var policy = new AccessPolicy(closed.Length == 0 ? TopicPatterns.None : TopicPatterns.Parse(closed));
        var caller = granted is null
            ? Identity.Anonymous
            : Identity.OfKey(new StaticKey { Name = "a", Secret = "a", Subscribe = TopicPatterns.Parse(granted) });
        Assert.That(policy.MaySubscribe(caller, Encoding.UTF8.GetBytes(selector)), Is.EqualTo(expected));
    }

    [Test]
    public void Everything_is_all_but_the_servers_own()
    {
        Assert.That(TopicPatterns.Everything.Cover("a/b"u8), Is.True);
        Assert.That(TopicPatterns.Everything.Cover("$sys"u8), Is.False);
        Assert.That(TopicPatterns.None.Cover("a"u8), Is.False);
    }

    [Test]
    public void Secret_of_a_key_is_not_in_its_text()
        => Assert.That(new StaticKey { Name = "shop", Secret = "hunter2" }.ToString(), Is.EqualTo("key shop"));
}
