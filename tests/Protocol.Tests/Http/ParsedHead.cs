using System.Buffers;
using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

/// <summary>What the parser says of a head, as values that tests compare.</summary>
internal sealed record ParsedHead(ParseStatus Status, RequestRejection Rejection, long Consumed, string Description)
{
    public static ParsedHead Of(string request, ParserLimits? limits = null) =>
        Of(new ReadOnlySequence<byte>(request.ToLatin1()), new RequestHead(), limits);

    public static ParsedHead Of(ReadOnlySequence<byte> buffer, RequestHead head, ParserLimits? limits = null)
    {
        ParseStatus status = HttpRequestParser.Parse(
            in buffer, limits ?? ParserLimits.Default, head, out SequencePosition consumed, out RequestRejection rejection);
        string description = status == ParseStatus.Complete ? Describe(head) : "";
        return new ParsedHead(status, rejection, buffer.Slice(0, consumed).Length, description);
    }

    /// <summary>A head that is as it should be.</summary>
    public static RequestHead Complete(string request)
    {
        var head = new RequestHead();
        ParsedHead parsed = Of(new ReadOnlySequence<byte>(request.ToLatin1()), head);
        Assert.That(parsed.Rejection, Is.EqualTo(RequestRejection.None));
        Assert.That(parsed.Status, Is.EqualTo(ParseStatus.Complete));
        return head;
    }

    private static string Describe(RequestHead head)
    {
        string text = $"{Text.Latin1(head.MethodName)} {Text.Latin1(head.Target)} {(head.IsHttp11 ? "1.1" : "1.0")} {head.TargetForm} "
            + $"path={Text.Latin1(head.Path)} query={Text.Latin1(head.Query)} host={Text.Latin1(head.Host)} "
            + $"body={head.BodyKind}:{head.ContentLength} keep={head.KeepAlive} expects={head.ExpectsContinue}";
        for (int index = 0; index < head.HeaderCount; index++)
            text += $" [{Text.Latin1(head.HeaderName(index))}={Text.Latin1(head.HeaderValue(index))}]";
        return text;
    }
}
