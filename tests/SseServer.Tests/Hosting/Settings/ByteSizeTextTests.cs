using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class ByteSizeTextTests
{
    [TestCase("0", 0)]
    [TestCase("65536", 65_536)]
    [TestCase("64KB", 65_536)]
    [TestCase("64 kb", 65_536)]
    [TestCase("16MB", 16_777_216)]
    [TestCase("1GB", 1_073_741_824)]
    public void Size_is_read_in_units_of_1024(string text, long bytes)
    {
        Assert.That(ByteSizeText.TryParse(text, out var value), Is.True);
        Assert.That(value, Is.EqualTo(bytes));
    }

    [TestCase("")]
    [TestCase("KB")]
    [TestCase("-1")]
    [TestCase("1.5MB")]
    [TestCase("1TB")]
    [TestCase("1BK")]
    [TestCase("99999999999GB")]
    public void Text_that_is_no_size_is_refused(string text)
        => Assert.That(ByteSizeText.TryParse(text, out _), Is.False);

    [TestCase(0, "0")]
    [TestCase(1_000, "1000")]
    [TestCase(65_536, "64KB")]
    [TestCase(1_073_741_824, "1GB")]
    public void Size_is_written_in_the_largest_unit_that_divides_it(long bytes, string text)
        => Assert.That(ByteSizeText.Format(bytes), Is.EqualTo(text));
}
