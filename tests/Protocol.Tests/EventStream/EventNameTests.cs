using SseServer.Protocol.EventStream;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.EventStream;

public class EventNameTests
{
    [TestCase("a")]
    [TestCase("price changed")]
    [TestCase(" leading and trailing ")]
    [TestCase("a:b")]
    [TestCase("größe-\U0001F600")]
    public void A_line_of_text_is_a_name(string text)
    {
        byte[] utf8 = text.ToUtf8();

        bool isValid = EventName.TryCreate(utf8, out EventName name);

        Assert.That(isValid, Is.True);
        Assert.That(Text.Utf8(name.Utf8), Is.EqualTo(text));
        Assert.That(name.IsDefault, Is.False);
    }

    [Test]
    public void Empty_text_is_the_default_name()
    {
        bool isValid = EventName.TryCreate([], out EventName name);

        Assert.That(isValid, Is.True);
        Assert.That(name.IsDefault, Is.True);
    }

    [Test]
    public void A_name_has_at_most_256_bytes()
    {
        Assert.That(EventName.TryCreate(new string('n', 256).ToLatin1(), out _), Is.True);
        Assert.That(EventName.TryCreate(new string('n', 257).ToLatin1(), out _), Is.False);
    }

    [Test]
    public void No_control_is_allowed_at_any_place([Range(0, 31)] int control)
    {
        Assert.That(EventName.TryCreate([(byte)control, (byte)'b', (byte)'c'], out _), Is.False);
        Assert.That(EventName.TryCreate([(byte)'a', (byte)control, (byte)'c'], out _), Is.False);
        Assert.That(EventName.TryCreate([(byte)'a', (byte)'b', (byte)control], out EventName name), Is.False);
        Assert.That(name.IsDefault, Is.True);
    }

    [Test]
    public void Delete_is_a_control() => Assert.That(EventName.TryCreate("a\u007Fb"u8, out _), Is.False);

    [TestCase("\xFF")]
    [TestCase("a\xC3")]
    [TestCase("\xC0\x8A")]
    [TestCase("\xED\xA0\x80")]
    public void Bytes_that_are_not_utf8_are_refused(string bytes) =>
        Assert.That(EventName.TryCreate(bytes.ToLatin1(), out _), Is.False);
}
