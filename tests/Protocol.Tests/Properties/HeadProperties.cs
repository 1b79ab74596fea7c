using System.Buffers;
using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Properties;

public class HeadProperties
{
    [Test]
    public void Any_valid_head_is_read_as_it_was_meant() => Law.Holds(HeadModel.Any, model =>
    {
        using var head = new RequestHead();
        ParsedHead parsed = ParsedHead.Of(new ReadOnlySequence<byte>((model + "next").ToLatin1()), head);
        return parsed.Status == ParseStatus.Complete
            && parsed.Consumed == model.ToString().Length
            && Text.Latin1(head.MethodName) == model.Method
            && Text.Latin1(head.Target) == model.Target
            && Text.Latin1(head.Path) == model.Path
            && Text.Latin1(head.Query) == (model.Query ?? "")
            && head.IsHttp11 == (model.Version != "1.0")
            && FieldsOf(head).SequenceEqual(model.Fields.Select(field => (field.Name, field.Value)));
    });

    [Test]
    public void Any_valid_head_is_read_the_same_wherever_it_is_cut() => Law.HoldsWhereverCut(HeadModel.Any, (model, cuts) =>
    {
        byte[] bytes = (model + "next").ToLatin1();
        byte[][] parts = Sequences.PartsOf(bytes, cuts);
        using var whole = new RequestHead();
        using var segments = new RequestHead();
        ParsedHead expected = ParsedHead.Of(new ReadOnlySequence<byte>(bytes), whole);
        return ParsedHead.Of(Sequences.Of(parts), segments) == expected && ReadInParts(parts) == expected;
    });

    // What goes in is taken for good once: reading it again from what was understood gives the same.
    [Test]
    public void Any_accepted_head_means_the_same_written_anew() => Law.Holds(HeadModel.Any, model =>
    {
        using var first = new RequestHead();
        using var second = new RequestHead();
        ParsedHead parsed = ParsedHead.Of(new ReadOnlySequence<byte>(model.ToString().ToLatin1()), first);
        string anew = $"{Text.Latin1(first.MethodName)} {Text.Latin1(first.Target)} HTTP/{(first.IsHttp11 ? "1.1" : "1.0")}\r\n"
            + string.Concat(FieldsOf(first).Select(field => $"{field.Name}: {field.Value}\r\n")) + "\r\n";
        return ParsedHead.Of(new ReadOnlySequence<byte>(anew.ToLatin1()), second).Description == parsed.Description;
    });

    private static IEnumerable<(string Name, string Value)> FieldsOf(RequestHead head)
    {
        for (int index = 0; index < head.HeaderCount; index++)
            yield return (Text.Latin1(head.HeaderName(index)), Text.Latin1(head.HeaderValue(index)));
    }

    /// <summary>Reads as from a connection: after each part all that has arrived.</summary>
    private static ParsedHead ReadInParts(byte[][] parts)
    {
        using var head = new RequestHead();
        int first = Array.FindIndex(parts, part => part.Length > 0) + 1;
        for (int count = first; count < parts.Length; count++)
        {
            ParsedHead parsed = ParsedHead.Of(Sequences.Of(parts[..count]), head);
            if (parsed.Status != ParseStatus.Incomplete)
                return parsed;
        }

        return ParsedHead.Of(Sequences.Of(parts), head);
    }
}
