using SseServer.Transport.Tls;

namespace SseServer.Tests.Transport.Tls;

public sealed class TlsRecordFramingTests
{
    private static readonly byte[] TwoRecords = [23, 3, 3, 0, 4, 1, 2, 3, 4, 23, 3, 3, 1, 0, .. new byte[256]];

    [Test]
    public void Reads_of_any_size_end_with_the_record([Range(1, 12)] int size)
    {
        var framing = default(TlsRecordFraming);
        var ends = new List<int>();
        var isHeader = true;
        for (var at = 0; at < TwoRecords.Length;)
        {
            var read = Math.Min(size, framing.Wanted);
            framing.Advance(TwoRecords.AsSpan(at, read));
            at += read;
            if (at is 5 or 9 or 14 or 270) ends.Add(at);
            isHeader = at is < 5 or (>= 9 and < 14);
            if (isHeader) Assert.That(framing.Wanted, Is.LessThanOrEqualTo(5));
        }

        Assert.That(ends, Is.EqualTo(new[] { 5, 9, 14, 270 }), "no read went across one of these");
        Assert.That(framing.Wanted, Is.EqualTo(TlsRecordFraming.HeaderBytes));
    }

    [Test]
    public void Record_without_a_fragment_is_only_a_header()
    {
        var framing = default(TlsRecordFraming);
        framing.Advance([23, 3, 3, 0, 0]);
        Assert.That(framing.Wanted, Is.EqualTo(TlsRecordFraming.HeaderBytes));
    }
}
