using System.Buffers;
using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

public class ResponseHeadTests
{
    private readonly ArrayBufferWriter<byte> _output = new();

    private string Written => Text.Latin1(_output.WrittenSpan);

    [Test]
    public void A_head_is_a_status_line_fields_and_an_empty_line()
    {
        ResponseHead.WriteStatusLine(_output, 200);
        ResponseHead.WriteHeader(_output, "Content-Type"u8, "text/event-stream"u8);
        ResponseHead.WriteHeader(_output, "Content-Length"u8, 0);
        ResponseHead.WriteEnd(_output);

        Assert.That(Written, Is.EqualTo("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 0\r\n\r\n"));
    }

    [TestCase(100, "HTTP/1.1 100 Continue\r\n")]
    [TestCase(204, "HTTP/1.1 204 No Content\r\n")]
    [TestCase(431, "HTTP/1.1 431 Request Header Fields Too Large\r\n")]
    [TestCase(299, "HTTP/1.1 299 \r\n")]
    [TestCase(999, "HTTP/1.1 999 \r\n")]
    public void The_reason_phrase_may_be_empty_but_its_space_stays(int status, string expected)
    {
        ResponseHead.WriteStatusLine(_output, status);

        Assert.That(Written, Is.EqualTo(expected));
    }

    [Test]
    public void A_status_has_three_digits([Values(99, 1000, -200)] int status) =>
        Assert.That(() => ResponseHead.WriteStatusLine(_output, status), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [TestCase(long.MaxValue, "A: 9223372036854775807\r\n")]
    [TestCase(long.MinValue, "A: -9223372036854775808\r\n")]
    public void A_number_of_any_length_fits(long value, string expected)
    {
        ResponseHead.WriteHeader(_output, "A"u8, value);

        Assert.That(Written, Is.EqualTo(expected));
    }

    [TestCase("a\r\nb")]
    [TestCase("a\rb")]
    [TestCase("a\nb")]
    [TestCase("a\0b")]
    [TestCase("a\x7F" + "b")]
    public void A_value_that_would_break_out_of_its_line_throws_and_writes_nothing(string value)
    {
        Assert.That(() => ResponseHead.WriteHeader(_output, "Name"u8, value.ToLatin1()), Throws.ArgumentException);
        Assert.That(_output.WrittenCount, Is.Zero);
    }

    [TestCase("")]
    [TestCase("a b")]
    [TestCase("a:")]
    [TestCase("a\r\n")]
    public void A_name_that_is_no_token_throws_and_writes_nothing(string name)
    {
        Assert.That(() => ResponseHead.WriteHeader(_output, name.ToLatin1(), "value"u8), Throws.ArgumentException);
        Assert.That(() => ResponseHead.WriteHeader(_output, name.ToLatin1(), 1), Throws.ArgumentException);
        Assert.That(_output.WrittenCount, Is.Zero);
    }

    [Test]
    public void Writing_allocates_nothing()
    {
        long bytes = Allocations.Of(() =>
        {
            _output.ResetWrittenCount();
            ResponseHead.WriteStatusLine(_output, 503);
            ResponseHead.WriteHeader(_output, "Retry-After"u8, 12);
            ResponseHead.WriteHeader(_output, "Connection"u8, "close"u8);
            ResponseHead.WriteEnd(_output);
        });

        Assert.That(bytes, Is.Zero);
        Assert.That(Written, Does.EndWith("close\r\n\r\n"));
    }
}
