using System.Buffers;
using SseServer.Protocol.EventStream;

namespace SseServer.Tests.Fuzzing;

/// <summary>The parser of publishers' event streams against the letter of WHATWG HTML, and against itself with other splits.</summary>
public sealed class EventStreamFuzzTests
{
    [Test]
    public void Reads_exactly_what_the_reference_reads([Range(1, 8)] int seed) => Fuzz.Check(seed, samples => samples.EventStream(), text =>
    {
        var events = Read(1 << 24, new ReadOnlySequence<byte>(Fuzz.Bytes(text)));
        Assert.That(events, Is.EqualTo(ReferenceEventStream.Read(text)), () => Fuzz.Show(text));
        return events.Count > 0;
    });

    [Test]
    public void Result_is_the_same_however_the_bytes_are_split([Range(11, 14)] int seed)
        => Fuzz.Check(seed, samples => samples.EventStream(), (text, random) =>
    {
        var bytes = Fuzz.Bytes(text);
        var cut = random.Next(bytes.Length + 1);
        var limit = random.Next(1, 64);
        var whole = Read(limit, new ReadOnlySequence<byte>(bytes));
        Assert.That(Read(limit, Fuzz.Cut(bytes, random)), Is.EqualTo(whole), () => Fuzz.Show(text));
        Assert.That(Read(limit, new ReadOnlySequence<byte>(bytes[..cut]), Fuzz.Cut(bytes[cut..], random)), Is.EqualTo(whole),
            () => Fuzz.Show(text));
    });

    private static List<string> Read(int limit, params ReadOnlySequence<byte>[] reads)
    {
        var parser = new EventStreamParser(limit);
        var events = new List<string>();
        foreach (var read in reads)
        {
            var input = read;
            EventStreamParseStatus status;
            while ((status = parser.Parse(ref input)) == EventStreamParseStatus.Event)
            {
                var retry = parser.RetryMilliseconds < 0 ? "" : $"{parser.RetryMilliseconds}";
                events.Add($"{Fuzz.Text(parser.Name)}|{Fuzz.Text(parser.Data)}|{Fuzz.Text(parser.Id)}|{retry}");
            }

            if (status == EventStreamParseStatus.NeedMore) continue;
            events.Add(status == EventStreamParseStatus.InvalidUtf8 ? "not UTF-8" : "too large");
            break;
        }

        return events;
    }
}
