using System.Buffers;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.EventStream;

public class EventStreamEncoderTests
{
    [Test]
    public void All_fields_are_written_in_order_with_one_space_after_each_colon() =>
        Assert.That(Encode("hello", "greeting", "42", 1500), Is.EqualTo("id: 42\nevent: greeting\nretry: 1500\ndata: hello\n\n"));

    [Test]
    public void Fields_without_a_value_are_left_out() => Assert.That(Encode("hello"), Is.EqualTo("data: hello\n\n"));

    // WHATWG HTML 9.2.6: an event is dispatched unless its data buffer is the empty string, and one data line appends an LF to it.
    [Test]
    public void Empty_data_is_one_data_line_so_that_clients_dispatch_the_event() =>
        Assert.That(Encode(""), Is.EqualTo("data: \n\n"));

    [Test]
    public void Every_mix_of_line_breaks_becomes_data_lines() => Assert.That(
        Encode("a\nb\rc\r\nd\n\re\r\r\n\nf\n"),
        Is.EqualTo(
            "data: a\ndata: b\ndata: c\ndata: d\ndata: \ndata: e\ndata: \ndata: \ndata: f\ndata: \n\n"));

    [TestCase("x\nid: 7", "data: x\ndata: id: 7\n\n")]
    [TestCase("x\n\nevent: gap\ndata: y", "data: x\ndata: \ndata: event: gap\ndata: data: y\n\n")]
    [TestCase("x\r\rretry: 1", "data: x\ndata: \ndata: retry: 1\n\n")]
    [TestCase("\r\n:comment", "data: \ndata: :comment\n\n")]
    public void Data_cannot_inject_a_field_or_an_event(string data, string expected) =>
        Assert.That(Encode(data), Is.EqualTo(expected));

    [TestCase(-1, "data: \n\n")]
    [TestCase(int.MinValue, "data: \n\n")]
    [TestCase(0, "retry: 0\ndata: \n\n")]
    [TestCase(9, "retry: 9\ndata: \n\n")]
    [TestCase(10, "retry: 10\ndata: \n\n")]
    [TestCase(int.MaxValue, "retry: 2147483647\ndata: \n\n")]
    public void A_reconnection_time_is_written_unless_it_is_negative(int milliseconds, string expected) =>
        Assert.That(Encode("", retry: milliseconds), Is.EqualTo(expected));

    [Test]
    public void The_default_event_has_no_reconnection_time() =>
        Assert.That(default(ServerSentEvent).RetryMilliseconds, Is.EqualTo(-1));

    [Test]
    public void A_destination_that_is_one_byte_short_is_refused([Values("", "hello", "two\nlines")] string data)
    {
        byte[] bytes = data.ToUtf8();
        byte[] tooShort = new byte[EventStreamEncoder.Measure(new ServerSentEvent { Data = bytes, RetryMilliseconds = 15 }) - 1];

        Assert.That(
            () => EventStreamEncoder.Write(tooShort, new ServerSentEvent { Data = bytes, RetryMilliseconds = 15 }),
            Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void Encoding_allocates_nothing()
    {
        var output = new ArrayBufferWriter<byte>(4096);
        byte[] data = "one\ntwo\r\nthree".ToUtf8();

        long bytes = Allocations.Of(() =>
        {
            output.ResetWrittenCount();
            EventStreamEncoder.Write(output, new ServerSentEvent { Data = data, RetryMilliseconds = 3000 });
        });

        Assert.That(bytes, Is.Zero);
    }

    private static string Encode(string data, string name = "", string id = "", int retry = -1)
    {
        Assert.That(EventName.TryCreate(name.ToUtf8(), out EventName eventName), Is.True);
        PublisherEventId eventId = default;
        if (id.Length != 0)
            Assert.That(PublisherEventId.TryCreate(id.ToUtf8(), out eventId), Is.True);
        var e = new ServerSentEvent { Id = eventId, Name = eventName, Data = data.ToUtf8(), RetryMilliseconds = retry };

        var output = new ArrayBufferWriter<byte>();
        EventStreamEncoder.Write(output, in e);
        Assert.That(output.WrittenCount, Is.EqualTo(EventStreamEncoder.Measure(in e)));
        return Text.Utf8(output.WrittenSpan);
    }
}
