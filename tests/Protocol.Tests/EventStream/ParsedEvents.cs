using System.Buffers;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.EventStream;

/// <summary>Runs a parser over input and writes down all it says, one line for each event.</summary>
internal static class ParsedEvents
{
    public static string Of(EventStreamParser parser, params ReadOnlySequence<byte>[] reads)
    {
        string all = "";
        foreach (ReadOnlySequence<byte> read in reads)
        {
            ReadOnlySequence<byte> input = read;
            EventStreamParseStatus status;
            while ((status = parser.Parse(ref input)) == EventStreamParseStatus.Event)
                all += Describe(parser);
            if (status != EventStreamParseStatus.NeedMore)
                return all + status;
            Assert.That(input.IsEmpty, Is.True, "NeedMore consumes all input.");
        }

        return all;
    }

    public static string Of(string stream, int maxEventBytes = 1024) =>
        Of(new EventStreamParser(maxEventBytes), new ReadOnlySequence<byte>(stream.ToUtf8()));

    private static string Describe(EventStreamParser parser)
    {
        string name = parser.Name.IsEmpty ? "" : $"{Text.Utf8(parser.Name)}:";
        string id = parser.HasId ? $"#{Text.Utf8(parser.Id)}" : "";
        string retry = parser.RetryMilliseconds < 0 ? "" : $"~{parser.RetryMilliseconds}";
        return $"[{name}{Text.Utf8(parser.Data)}{id}{retry}]";
    }
}
