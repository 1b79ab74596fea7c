using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class DurationTextTests
{
    [TestCase("500ms", 500)]
    [TestCase("15s", 15_000)]
    [TestCase("15 s", 15_000)]
    [TestCase("2M", 120_000)]
    [TestCase("24h", 86_400_000)]
    [TestCase("7d", 604_800_000)]
    [TestCase("0s", 0)]
    [TestCase("00:00:15", 15_000)]
    [TestCase("00:00:00.5", 500)]
    public void Duration_is_read_with_its_unit(string text, long milliseconds)
    {
        Assert.That(DurationText.TryParse(text, out var value), Is.True);
        Assert.That(value, Is.EqualTo(TimeSpan.FromMilliseconds(milliseconds)));
    }

    [TestCase("15")]
    [TestCase("")]
    [TestCase("s")]
    [TestCase("-1s")]
    [TestCase("1.5s")]
    [TestCase("15 seconds")]
    [TestCase("99999999999999d")]
    [TestCase("00:99:00")]
    public void Text_without_a_plain_meaning_is_refused(string text)
        => Assert.That(DurationText.TryParse(text, out _), Is.False);

    [TestCase(0, "0s")]
    [TestCase(500, "500ms")]
    [TestCase(1_500, "1500ms")]
    [TestCase(120_000, "2m")]
    [TestCase(86_400_000, "24h")]
    [TestCase(172_800_000, "2d")]
    public void Duration_is_written_in_its_largest_whole_unit(long milliseconds, string text)
    {
        var value = TimeSpan.FromMilliseconds(milliseconds);

        Assert.That(DurationText.Format(value), Is.EqualTo(text));
        Assert.That(DurationText.TryParse(text, out var read), Is.True);
        Assert.That(read, Is.EqualTo(value));
    }
}
