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
            Assert.That(framing.TryAdvance(TwoRecords.AsSpan(at, read)), Is.True);
            at += read;
            if (at is 5 or 9 or 14 or 270) ends.Add(at);
            isHeader = at is < 5 or (>= 9 and < 14);
            if (isHeader) Assert.That(framing.Wanted, Is.LessThanOrEqualTo(5));
        }

        Assert.That(ends, Is.EqualTo(new[] { 5, 9, 14, 270 }), "no read went across one of these");
        Assert.That(framing.Wanted, Is.EqualTo(TlsRecordFraming.HeaderBytes));
    }

    [TestCase(0, false)]
    [TestCase(1, true)]
    [TestCase(16 * 1024 + 2048, true)]
    [TestCase(16 * 1024 + 2049, false)]
    [TestCase(ushort.MaxValue, false)]
    public void Length_that_no_record_may_have_is_told_with_the_header(int length, bool isAllowed)
    {
        var framing = default(TlsRecordFraming);
        Assert.That(framing.TryAdvance([23, 3, 3, (byte)(length >> 8)]), Is.True);
        Assert.That(framing.TryAdvance([(byte)length]), Is.EqualTo(isAllowed));
        Assert.That(TlsRecordFraming.IsAllowed(length), Is.EqualTo(isAllowed));
    }
}
