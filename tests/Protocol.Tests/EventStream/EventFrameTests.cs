using SseServer.Protocol.EventStream;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.EventStream;

public class EventFrameTests
{
    private const string HubId = "1763790000123-0";

    [Test]
    public void Without_a_publishers_id_the_hub_id_comes_first() => Assert.That(
        Write("event: shipped\ndata: x\n\n", hasPublisherId: false, out _),
        Is.EqualTo("2c\r\nid: 1763790000123-0\nevent: shipped\ndata: x\n\n\r\n"));

    [Test]
    public void With_a_publishers_id_a_block_with_the_hub_id_alone_comes_last() => Assert.That(
        Write("id: mine\ndata: x\n\n", hasPublisherId: true, out _),
        Is.EqualTo("27\r\nid: mine\ndata: x\n\nid: 1763790000123-0\n\n\r\n"));

    [Test]
    public void A_blank_line_alone_makes_a_block_with_nothing_but_the_hub_id() => Assert.That(
        Write("\n", hasPublisherId: false, out _),
        Is.EqualTo("15\r\nid: 1763790000123-0\n\n\r\n"));

    [Test]
    public void The_payload_is_the_frame_without_its_chunk([Values] bool hasPublisherId)
    {
        string block = hasPublisherId ? "id: mine\ndata: x\n\n" : "data: x\n\n";
        string expected = hasPublisherId ? $"{block}id: {HubId}\n\n" : $"id: {HubId}\n{block}";

        string frame = Write(block, hasPublisherId, out int prefixLength);

        Assert.That(Text.Latin1(EventFrame.Payload(frame.ToLatin1(), prefixLength)), Is.EqualTo(expected));
    }

    [TestCase("event: shipped\ndata: x\n\n", false, "shipped")]
    [TestCase("id: mine\nevent: shipped\nretry: 5\ndata: x\n\n", true, "shipped")]
    [TestCase("data: event: no\n\n", false, "")]
    [TestCase("id: event: no\ndata: x\n\n", true, "")]
    [TestCase("retry: 5\ndata: x\ndata: event: no\n\n", false, "")]
    [TestCase("event:  \u00e9 \ndata: x\n\n", false, " \u00e9 ")]
    public void The_events_name_is_read_from_either_form(string block, bool hasPublisherId, string name)
    {
        string frame = Write(block, hasPublisherId, out int prefixLength);

        Assert.That(Text.Latin1(EventFrame.EventName(frame.ToLatin1(), prefixLength)), Is.EqualTo(name));
    }

    [Test]
    public void The_chunk_size_is_that_of_the_payload([Values(1, 230, 231, 4000, 70_000)] int dataLength, [Values] bool hasPublisherId)
    {
        string block = (hasPublisherId ? "id: mine\n" : "") + $"data: {new string('x', dataLength)}\n\n";

        string frame = Write(block, hasPublisherId, out int prefixLength);

        int payload = frame.Length - prefixLength - 2;
        Assert.That(frame, Does.StartWith($"{payload:x}\r\n"));
        Assert.That(prefixLength, Is.EqualTo($"{payload:x}\r\n".Length));
    }

    [Test]
    public void The_publishers_id_is_read_from_the_first_line()
    {
        byte[] frame = Write("id: mine\ndata: x\n\n", hasPublisherId: true, out int prefixLength).ToLatin1();

        bool found = EventFrame.TryGetPublisherId(frame, prefixLength, out ReadOnlySpan<byte> id);

        Assert.That(found, Is.True);
        Assert.That(Text.Latin1(id), Is.EqualTo("mine"));
    }

    [TestCase("\n")]
    [TestCase("data: x\n\n")]
    [TestCase("data: id: y\n\n")]
    [TestCase("data: x\ndata: \n\n")]
    public void The_hub_id_is_not_taken_for_a_publishers_id(string block)
    {
        byte[] frame = Write(block, hasPublisherId: false, out int prefixLength).ToLatin1();

        bool found = EventFrame.TryGetPublisherId(frame, prefixLength, out ReadOnlySpan<byte> id);

        Assert.That(found, Is.False);
        Assert.That(id.IsEmpty, Is.True);
    }

    private static string Write(string block, bool hasPublisherId, out int prefixLength)
    {
        byte[] bytes = block.ToLatin1();
        byte[] frame = new byte[EventFrame.Measure(HubId.Length, bytes.Length, hasPublisherId)];
        int length = EventFrame.Write(frame, HubId.ToLatin1(), bytes, hasPublisherId, out prefixLength);
        Assert.That(length, Is.EqualTo(frame.Length));
        return Text.Latin1(frame);
    }
}
