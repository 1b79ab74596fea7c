using System.Buffers;
using System.Text;
using SseServer.Protocol.Http;

namespace SseServer.Tests.Fuzzing;

/// <summary>The parser of request heads against a slow reference, and against itself with other splits.</summary>
public sealed class HeadFuzzTests
{
    private static readonly string[] Edges =
    [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a HTTP/1.1\r\nHost: A:80\r\n\r\n",
        "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ];

    [Test]
    public void Accepts_exactly_what_the_reference_accepts([Range(1, 8)] int seed) =>
        Fuzz.Check(seed, samples => samples.Requests(), CompareWithReference);

    [TestCaseSource(nameof(Edges))]
    public void Agrees_with_the_reference_at_the_edges(string text) => CompareWithReference(text);

    [Test]
    public void Result_is_the_same_however_the_bytes_are_split([Range(11, 14)] int seed)
        => Fuzz.Check(seed, samples => samples.Requests(), (text, random) =>
    {
        var bytes = Fuzz.Bytes(text);
        using var whole = new RequestHead();
        using var segments = new RequestHead();
        using var resumed = new RequestHead();
        var expected = Read(new ReadOnlySequence<byte>(bytes), whole);
        Assert.That(Read(Fuzz.Cut(bytes, random), segments), Is.EqualTo(expected), () => Fuzz.Show(text));

        var result = Read(new ReadOnlySequence<byte>(bytes, 0, random.Next(bytes.Length + 1)), resumed);
        if (result.Status == ParseStatus.Incomplete) result = Read(Fuzz.Cut(bytes, random), resumed);
        Assert.That(result, Is.EqualTo(expected), () => Fuzz.Show(text));
    });

    [Test]
    public void Means_the_same_when_written_again([Range(21, 24)] int seed) => Fuzz.Check(seed, samples => samples.Requests(), text =>
    {
        using var first = new RequestHead();
        using var second = new RequestHead();
        var understood = Read(new ReadOnlySequence<byte>(Fuzz.Bytes(text)), first);
        if (understood.Status != ParseStatus.Complete) return false;

        var rewritten = new StringBuilder(
            $"{Fuzz.Text(first.MethodName)} {Fuzz.Text(first.Target)} HTTP/{(first.IsHttp11 ? "1.1" : "1.0")}\r\n");
        for (var i = 0; i < first.HeaderCount; i++)
            rewritten.Append($"{Fuzz.Text(first.HeaderName(i))}: {Fuzz.Text(first.HeaderValue(i))}\r\n");
        var again = Read(new ReadOnlySequence<byte>(Fuzz.Bytes(rewritten.Append("\r\n").ToString())), second);
        Assert.That(again with { Consumed = understood.Consumed }, Is.EqualTo(understood), () => Fuzz.Show(text));
        return true;
    });

    private static bool CompareWithReference(string text)
    {
        using var head = new RequestHead();
        var result = Read(new ReadOnlySequence<byte>(Fuzz.Bytes(text)), head);
        var length = ReferenceHead.Measure(text);
        if (result.Status == ParseStatus.Complete) Assert.That(result.Consumed, Is.EqualTo(length), () => Fuzz.Show(text));
        if (result.Status == ParseStatus.Incomplete) Assert.That(length, Is.EqualTo(-1), () => Fuzz.Show(text));
        if (length >= 0)
            Assert.That(result.Status == ParseStatus.Complete, Is.EqualTo(ReferenceHead.Accepts(text[..length])),
                () => $"{result.Rejection}: {Fuzz.Show(text)}");
        return result.Status == ParseStatus.Complete;
    }

    private static Result Read(ReadOnlySequence<byte> bytes, RequestHead head)
    {
        var status = HttpRequestParser.Parse(in bytes, ParserLimits.Default, head, out var consumed, out var rejection);
        return new Result(status, rejection, status == ParseStatus.Complete ? bytes.Slice(bytes.Start, consumed).Length : 0,
            status == ParseStatus.Complete ? Describe(head) : "");
    }

    private static string Describe(RequestHead head)
    {
        var text = new StringBuilder(
            $"{head.Method} {Fuzz.Text(head.MethodName)} {head.TargetForm} {Fuzz.Text(head.Path)} {Fuzz.Text(head.Query)} ")
            .Append($"{head.IsHttp11} {Fuzz.Text(head.Host)} {head.BodyKind} {head.ContentLength} {head.KeepAlive} {head.ExpectsContinue}");
        for (var i = 0; i < head.HeaderCount; i++) text.Append($"\n{Fuzz.Text(head.HeaderName(i))}: {Fuzz.Text(head.HeaderValue(i))}");
        return text.ToString();
    }

    private sealed record Result(ParseStatus Status, RequestRejection Rejection, long Consumed, string Description);
}
