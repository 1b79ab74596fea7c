using System.Buffers;
using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

public class RequestHeadTests
{
    private const string Request = "GET /a?b HTTP/1.1\r\nHost: h\r\nAccept: first\r\naccept: second\r\nX-Empty:\r\n\r\n";

    [Test]
    public void A_header_is_found_in_any_case_and_the_first_one_wins()
    {
        using RequestHead head = ParsedHead.Complete(Request);

        Assert.That(head.TryGetHeader("ACCEPT"u8, out ReadOnlySpan<byte> value), Is.True);
        Assert.That(Text.Latin1(value), Is.EqualTo("first"));
        Assert.That(head.CountHeaders("aCCept"u8), Is.EqualTo(2));
        Assert.That(head.HeaderCount, Is.EqualTo(4));
    }

    [Test]
    public void A_missing_header_is_not_an_empty_one()
    {
        using RequestHead head = ParsedHead.Complete(Request);

        Assert.That(head.TryGetHeader("Accep"u8, out _), Is.False);
        Assert.That(head.CountHeaders("Accep"u8), Is.Zero);
        Assert.That(head.TryGetHeader("X-Empty"u8, out ReadOnlySpan<byte> value), Is.True);
        Assert.That(value.IsEmpty, Is.True);
    }

    [Test]
    public void A_header_out_of_range_is_our_mistake([Values(-1, 4)] int index)
    {
        using RequestHead head = ParsedHead.Complete(Request);

        Assert.That(() => head.HeaderName(index).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => head.HeaderValue(index).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Its_spans_outlive_the_buffer_it_was_read_from()
    {
        byte[] bytes = Request.ToLatin1();
        using var head = new RequestHead();
        ParsedHead.Of(new ReadOnlySequence<byte>(bytes), head);

        bytes.AsSpan().Clear();

        Assert.That(Text.Latin1(head.Target), Is.EqualTo("/a?b"));
        Assert.That(Text.Latin1(head.HeaderValue(0)), Is.EqualTo("h"));
    }

    [Test]
    public void Reset_forgets_the_request()
    {
        using RequestHead head = ParsedHead.Complete(
            "POST http://b HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

        head.Reset();

        Assert.That(head.HeaderCount, Is.Zero);
        Assert.That(head.Path.IsEmpty && head.Target.IsEmpty && head.Host.IsEmpty && head.MethodName.IsEmpty, Is.True);
        Assert.That(head.ContentLength, Is.Zero);
        Assert.That(head.BodyKind, Is.EqualTo(RequestBodyKind.None));
        Assert.That(head.KeepAlive || head.ExpectsContinue || head.IsHttp11, Is.False);
    }

    [Test]
    public void Reset_gives_up_a_head_that_is_incomplete()
    {
        using var head = new RequestHead();
        ParsedHead.Of(new ReadOnlySequence<byte>("POST /x HTTP/1.0\r\nConte".ToLatin1()), head);

        head.Reset();

        Assert.That(ParsedHead.Of(new ReadOnlySequence<byte>(Request.ToLatin1()), head), Is.EqualTo(ParsedHead.Of(Request)));
    }

    [Test]
    public void A_head_of_the_largest_size_is_kept_whole()
    {
        string fields = string.Concat(Enumerable.Range(0, 99).Select(number => $"X-{number}: {new string('v', 300)}\r\n"));

        using RequestHead head = ParsedHead.Complete($"GET /{new string('p', 8000)} HTTP/1.1\r\nHost: h\r\n{fields}\r\n");

        Assert.That(head.Path.Length, Is.EqualTo(8001));
        Assert.That(head.TryGetHeader("X-98"u8, out ReadOnlySpan<byte> value), Is.True);
        Assert.That(Text.Latin1(value), Is.EqualTo(new string('v', 300)));
    }

    [Test]
    public void Reading_and_resetting_allocates_nothing()
    {
        var buffer = new ReadOnlySequence<byte>(Request.ToLatin1());
        using var head = new RequestHead();
        int complete = 0;

        long bytes = Allocations.Of(() =>
        {
            if (HttpRequestParser.Parse(in buffer, ParserLimits.Default, head, out _, out _) == ParseStatus.Complete)
                complete++;
            head.Reset();
        });

        Assert.That(bytes, Is.Zero);
        Assert.That(complete, Is.EqualTo(103));
    }
}
