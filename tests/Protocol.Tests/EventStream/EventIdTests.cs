using System.Text;
using SseServer.Protocol.EventStream;

namespace SseServer.Protocol.Tests.EventStream;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class EventIdTests
{
    [TestCase(0L, "0-0")]
    [TestCase(1L, "0-1")]
    [TestCase(1L << 20, "1-0")]
    [TestCase((1763790000123L << 20) + 7, "1763790000123-7")]
    [TestCase(long.MaxValue, "8796093022207-1048575")]
    public void Text_form_round_trips(long value, string text)
    {
        Span<byte> bytes = stackalloc byte[EventId.MaxTextLength];
        var length = new EventId(value).Format(bytes);

        Assert.That(Encoding.UTF8.GetString(bytes[..length]), Is.EqualTo(text));
        Assert.That(new EventId(value).ToString(), Is.EqualTo(text));
        Assert.That(EventId.TryParse(bytes[..length], out var parsed), Is.True);
        Assert.That(parsed.Value, Is.EqualTo(value));
    }

    [TestCase("")]
    [TestCase("-")]
    [TestCase("1")]
    [TestCase("1-")]
    [TestCase("-1")]
    [TestCase("01-1")]
    [TestCase("1-01")]
    [TestCase("1-00")]
    [TestCase("+1-1")]
    [TestCase("1-+1")]
    [TestCase("1--1")]
    [TestCase("1-1-1")]
    [TestCase(" 1-1")]
    [TestCase("1-1 ")]
    [TestCase("1-1048576")]
    [TestCase("8796093022208-0")]
    [TestCase("99999999999999999999-0")]
    [TestCase("1-99999999999999999999")]
    [TestCase("a-1")]
    [TestCase("１-1")]
    public void Only_the_canonical_form_is_read(string text)
        => Assert.That(EventId.TryParse(Encoding.UTF8.GetBytes(text), out _), Is.False);

    [TestCase("1-1", true)]
    [TestCase("007-0", true)]
    [TestCase("99999999999999999999-0", true)]
    [TestCase("order-17", false)]
    [TestCase("1-", false)]
    [TestCase("-1", false)]
    [TestCase("1-1-1", false)]
    public void Server_form_is_digits_hyphen_digits_even_if_out_of_range(string text, bool expected)
        => Assert.That(EventId.HasServerForm(Encoding.UTF8.GetBytes(text)), Is.EqualTo(expected));

    [Test]
    public void Ids_are_ordered_by_time_then_sequence()
    {
        var ids = new[] { EventId.FirstAt(1), EventId.Next(EventId.FirstAt(1), 1), EventId.FirstAt(2), EventId.FirstAt(10) };

        Assert.That(ids, Is.Ordered.Ascending);
        Assert.That(ids[0] < ids[1] && ids[1] > ids[0] && ids[1] <= ids[2] && ids[3] >= ids[3], Is.True);
    }

    [Test]
    public void Next_begins_a_millisecond_at_sequence_0() => Assert.That(EventId.Next(EventId.FirstAt(5), 6).ToString(), Is.EqualTo("6-0"));

    [Test]
    public void Next_counts_on_within_a_millisecond() => Assert.That(EventId.Next(EventId.FirstAt(5), 5).ToString(), Is.EqualTo("5-1"));

    [Test]
    public void Next_counts_on_when_the_clock_steps_back()
        => Assert.That(EventId.Next(EventId.FirstAt(5), 3).ToString(), Is.EqualTo("5-1"));

    [Test]
    public void A_full_sequence_carries_into_the_milliseconds()
    {
        var full = new EventId(EventId.FirstAt(6).Value - 1);

        Assert.That(full.ToString(), Is.EqualTo("5-1048575"));
        Assert.That(EventId.Next(full, 5).ToString(), Is.EqualTo("6-0"));
    }

    [TestCase(-1, "0-0")]
    [TestCase(long.MinValue, "0-0")]
    [TestCase(long.MaxValue, "8796093022207-0")]
    public void A_time_out_of_range_gives_the_nearest_id(long milliseconds, string expected)
        => Assert.That(EventId.FirstAt(milliseconds).ToString(), Is.EqualTo(expected));
}
