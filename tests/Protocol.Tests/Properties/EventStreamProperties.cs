using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Tests.EventStream;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Properties;

public class EventStreamProperties
{
    private const int MaxEventBytes = 4096;

    private static Gen<Event> AnyEvent =>
        from data in Pieces.Lines
        from name in Gen.Elements("", "tick", "größe", "a b", ":", "data")
        from id in Gen.Elements("", "1", "a b", "größe", ":", "0-0")
        from retry in Gen.Elements(-1, 0, 1, 2500, int.MaxValue)
        select new Event(data, name, id, retry);

    [Test]
    public void Any_events_are_read_as_they_were_encoded_wherever_they_are_cut() =>
        Law.HoldsWhereverCut(AnyEvent.ArrayOf(), (events, cuts) =>
        {
            var output = new ArrayBufferWriter<byte>();
            foreach (Event e in events)
                e.Encode(output);

            ReadOnlySequence<byte>[] reads =
                [.. Sequences.PartsOf(output.WrittenSpan.ToArray(), cuts).Select(part => new ReadOnlySequence<byte>(part))];
            return ParsedEvents.Of(new EventStreamParser(MaxEventBytes), reads) == string.Concat(events.Select(e => e.Describe()));
        });

    [Test]
    public void Any_text_is_read_the_same_wherever_it_is_cut() => Law.HoldsWhereverCut(Pieces.Lines, (text, cuts) =>
    {
        byte[][] parts = Sequences.PartsOf(text.ToUtf8(), cuts);
        ReadOnlySequence<byte>[] reads = [.. parts.Select(part => new ReadOnlySequence<byte>(part))];
        string expected = ParsedEvents.Of(text, MaxEventBytes);
        return ParsedEvents.Of(new EventStreamParser(MaxEventBytes), Sequences.Of(parts)) == expected
            && ParsedEvents.Of(new EventStreamParser(MaxEventBytes), reads) == expected;
    });

    [Test]
    public void Any_bytes_end_in_events_or_in_one_refusal_wherever_they_are_cut() => Law.HoldsWhereverCut(
        Gen.Elements("data: \n\r:\xC3\xA9\xFF\0id"u8.ToArray()).ArrayOf(),
        (bytes, cuts) =>
        {
            byte[][] parts = Sequences.PartsOf(bytes, cuts);
            return ParsedEvents.Of(new EventStreamParser(8), Sequences.Of(parts))
                == ParsedEvents.Of(new EventStreamParser(8), new ReadOnlySequence<byte>(bytes));
        });

    // A name or an id that could end its line would let a publisher forge events (WHATWG HTML 9.2.6).
    [Test]
    public void No_name_and_no_id_holds_a_line_break() => Law.Holds(Pieces.Lines, text =>
    {
        bool breaks = text.AsSpan().IndexOfAny("\r\n\0\t") >= 0;
        bool isName = EventName.TryCreate(text.ToUtf8(), out _);
        bool isId = PublisherEventId.TryCreate(text.ToUtf8(), out _);
        return !(breaks && (isName || isId));
    });

    private sealed record Event(string Data, string Name, string Id, int Retry)
    {
        public void Encode(ArrayBufferWriter<byte> output)
        {
            EventName name = default;
            PublisherEventId id = default;
            if (Name.Length > 0 && !EventName.TryCreate(Name.ToUtf8(), out name))
                throw new InvalidOperationException("The generator makes names that are none.");
            if (Id.Length > 0 && !PublisherEventId.TryCreate(Id.ToUtf8(), out id))
                throw new InvalidOperationException("The generator makes ids that are none.");
            EventStreamEncoder.Write(output, new ServerSentEvent { Name = name, Id = id, RetryMilliseconds = Retry, Data = Data.ToUtf8() });
        }

        // As ParsedEvents words it: all line breaks come out as LF.
        public string Describe()
        {
            var text = new StringBuilder("[");
            if (Name.Length > 0)
                text.Append(Name).Append(':');
            text.Append(Data.Replace("\r\n", "\n").Replace('\r', '\n'));
            if (Id.Length > 0)
                text.Append('#').Append(Id);
            if (Retry >= 0)
                text.Append('~').Append(Retry);
            return text.Append(']').ToString();
        }
    }
}
