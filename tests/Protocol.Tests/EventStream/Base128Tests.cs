using System.Text;
using SseServer.Protocol.EventStream;

namespace SseServer.Protocol.Tests.EventStream;

/// <summary>Binary data as seven bits a character.</summary>
public sealed class Base128Tests
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    [TestCase("", "~")]
    [TestCase("FF", "~\u007F@")]
    [TestCase("40", "~ \u0200", Description = "a space, then a forbidden group at the end")]
    [TestCase("00", "~\u0080", Description = "two forbidden groups are one character")]
    [TestCase("14", "~\u0100", Description = "LF, then NUL")]
    [TestCase("1A", "~\u0180", Description = "CR, then NUL")]
    [TestCase("0000", "~\u0080\u0200")]
    [TestCase("02", "~\u0001\u0200")]
    public void Text_is(string hex, string text)
    {
        var data = Convert.FromHexString(hex);
        Assert.That(Encode(data), Is.EqualTo(text));
        Assert.That(Decode(text), Is.EqualTo(data));
    }

    [Test]
    public void Random_bytes_come_back_in_one_line_of_valid_text_that_is_at_most_16_percent_longer()
    {
        var random = new Random(7);
        for (var round = 0; round < 20_000; round++)
        {
            var data = new byte[random.Next(0, 200)];
            random.NextBytes(data);
            // Some with many of the bytes that are forbidden as text.
            if (round % 3 == 0) for (var i = 0; i < data.Length; i++) if (random.Next(2) == 0) data[i] = (byte)random.Next(0, 27);
            var text = Encode(data);
            Assert.That(text, Does.Not.Contain('\0').And.Not.Contain('\r').And.Not.Contain('\n'));
            Assert.That(Decode(text), Is.EqualTo(data), Convert.ToHexString(data));
        }
    }

    [Test]
    public void Every_length_fits_the_bound_whatever_the_bytes([Values(0, 10, 13, 0x14, 0x1A, 0x55, 0xFF)] int value)
    {
        for (var length = 0; length < 600; length++)
        {
            var data = Enumerable.Repeat((byte)value, length).ToArray();
            var buffer = new byte[Base128.MaxEncodedLength(length)];
            var written = Base128.Encode(data, buffer);
            Assert.That(written, Is.InRange((length * 8 + 6) / 7 + 1, buffer.Length));
            Assert.That(Decode(Strict.GetString(buffer.AsSpan(0, written))), Is.EqualTo(data));
        }
    }

    [Test]
    public void Megabyte_is_14_3_percent_longer()
    {
        var data = new byte[1_000_000];
        new Random(1).NextBytes(data);
        var buffer = new byte[Base128.MaxEncodedLength(data.Length)];
        Assert.That(Base128.Encode(data, buffer) / 1_000_000d, Is.EqualTo(8 / 7d).Within(0.00001));
    }

    [Test]
    public void Encoder_allocates_nothing()
    {
        var data = new byte[10_000];
        var buffer = new byte[Base128.MaxEncodedLength(data.Length)];
        Base128.Encode(data, buffer);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Base128.Encode(data, buffer);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static string Encode(byte[] data)
    {
        var buffer = new byte[Base128.MaxEncodedLength(data.Length)];
        return Strict.GetString(buffer.AsSpan(0, Base128.Encode(data, buffer)));
    }

    // As in docs/binary.md, by another way than the encoder's: the groups as a text of bits.
    private static byte[] Decode(string text)
    {
        Assert.That(text[0], Is.EqualTo('~'));
        var bits = new StringBuilder();
        foreach (var character in text[1..])
        {
            var (row, group) = ((character >> 7) - 1, character & 127);
            if (row >= 0) bits.Append(Bits("\0\n\r"[row % 3]));
            if (row < 3) bits.Append(Bits(group));
        }

        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.ToString(i * 8, 8), 2))];
    }

    private static string Bits(int group) => Convert.ToString(group, 2).PadLeft(7, '0');
}
