using SseServer.Protocol.EventStream;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.EventStream;

public class PublisherEventIdTests
{
    [TestCase("1")]
    [TestCase("order 42/shipped")]
    [TestCase("größe")]
    [TestCase("no-break\u00A0space")]
    public void A_line_of_text_is_an_id(string text)
    {
        byte[] utf8 = text.ToUtf8();

        bool isValid = PublisherEventId.TryCreate(utf8, out PublisherEventId id);

        Assert.That(isValid, Is.True);
        Assert.That(Text.Utf8(id.Utf8), Is.EqualTo(text));
        Assert.That(id.IsEmpty, Is.False);
    }

    [Test]
    public void The_default_value_is_no_id() => Assert.That(default(PublisherEventId).IsEmpty, Is.True);

    [Test]
    public void An_id_has_1_to_256_bytes()
    {
        Assert.That(PublisherEventId.TryCreate([], out _), Is.False);
        Assert.That(PublisherEventId.TryCreate(new string('9', 256).ToLatin1(), out _), Is.True);
        Assert.That(PublisherEventId.TryCreate(new string('9', 257).ToLatin1(), out _), Is.False);
    }

    [TestCase(" a")]
    [TestCase("a ")]
    [TestCase(" ")]
    public void An_outer_space_would_be_lost_in_a_header_and_is_refused(string text) =>
        Assert.That(PublisherEventId.TryCreate(text.ToUtf8(), out _), Is.False);

    [Test]
    public void No_control_is_allowed([Range(0, 31)] int control)
    {
        bool isValid = PublisherEventId.TryCreate([(byte)'a', (byte)control, (byte)'b'], out PublisherEventId id);

        Assert.That(isValid, Is.False);
        Assert.That(id.IsEmpty, Is.True);
    }

    [Test]
    public void No_later_control_is_allowed([Range(0x7F, 0x9F)] int control) =>
        Assert.That(PublisherEventId.TryCreate($"Âa{(char)control}".ToUtf8(), out _), Is.False);

    [TestCase("\xFF")]
    [TestCase("a\xC2")]
    public void Bytes_that_are_not_utf8_are_refused(string bytes) =>
        Assert.That(PublisherEventId.TryCreate(bytes.ToLatin1(), out _), Is.False);
}
