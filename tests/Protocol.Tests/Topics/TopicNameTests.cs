using System.Text;
using SseServer.Protocol.Topics;

namespace SseServer.Protocol.Tests.Topics;

public class TopicNameTests
{
    [TestCase("a")]
    [TestCase("orders/42")]
    [TestCase("Mitte/Straße/東京/😀")]
    [TestCase("New York")]
    [TestCase("a.b/..c/...")]
    [TestCase("$sys/stats")]
    [TestCase("%2F")]
    public void A_name_is_taken_as_it_is(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        Assert.That(TopicName.TryCreate(bytes, out var name, out var problem), Is.True, problem);
        Assert.That(name.Utf8.ToArray(), Is.EqualTo(bytes));
        Assert.That(problem, Is.Null);
    }

    [TestCase("", "empty")]
    [TestCase("/", "empty segment")]
    [TestCase("/a", "empty segment")]
    [TestCase("a/", "empty segment")]
    [TestCase("a//b", "empty segment")]
    [TestCase(".", "'.' or '..'")]
    [TestCase("..", "'.' or '..'")]
    [TestCase("a/../b", "'.' or '..'")]
    [TestCase("a/./b", "'.' or '..'")]
    [TestCase("*", "'*'")]
    [TestCase("a/b*", "'*'")]
    [TestCase("a\nb", "control")]
    [TestCase("a\0b", "control")]
    [TestCase("a\u007Fb", "control")]
    [TestCase("a\u0085b", "control")]
    [TestCase("a\u200Bb", "invisible")]
    [TestCase("a\u202Eb", "invisible")]
    [TestCase("a\u00A0b", "space-like")]
    [TestCase("a\u2028b", "space-like")]
    public void What_is_no_name_is_refused_with_a_reason(string text, string reason)
    {
        Assert.That(TopicName.TryCreate(Encoding.UTF8.GetBytes(text), out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain(reason));
    }

    [Test]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        Assert.That(TopicName.TryCreate([(byte)'a', 0xC3], out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain("UTF-8"));
    }

    [Test]
    public void A_name_has_at_most_256_bytes()
    {
        Assert.That(TopicName.TryCreate(new string('a', 256).Select(c => (byte)c).ToArray(), out _, out _), Is.True);
        Assert.That(TopicName.TryCreate(Encoding.UTF8.GetBytes(new string('ä', 129)), out _, out var problem), Is.False);
        Assert.That(problem, Does.Contain("256"));
    }

    [TestCase("$", true)]
    [TestCase("$sys/a", true)]
    [TestCase("a/$sys", false)]
    [TestCase("a$", false)]
    public void Names_that_begin_with_a_dollar_are_the_servers(string text, bool expected)
    {
        TopicName.TryCreate(Encoding.UTF8.GetBytes(text), out var name, out _);

        Assert.That(name.IsServerOwned, Is.EqualTo(expected));
    }

    [Test]
    public void The_default_topic_is_a_valid_name() => Assert.That(TopicName.TryCreate(TopicName.Default.Utf8, out _, out _), Is.True);
}
