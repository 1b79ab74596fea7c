using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class SuggestionTests
{
    private static readonly string[] Known = ["Server:Listen", "Demo:Enabled", "Drain:Seconds"];

    [TestCase("Server:Lisen", "Server:Listen")]
    [TestCase("server:listen", "Server:Listen")]
    [TestCase("Demo:Enable", "Demo:Enabled")]
    [TestCase("Listen", "Server:Listen")]
    public void Nearest_candidate_is_suggested(string written, string meant)
        => Assert.That(Suggestion.For(written, Known), Is.EqualTo(meant));

    [TestCase("Colour")]
    [TestCase("Logging:Level:Default")]
    public void Nothing_is_suggested_for_what_resembles_nothing(string written)
        => Assert.That(Suggestion.For(written, Known), Is.Null);

    [TestCase("", "abc", 3)]
    [TestCase("abc", "abc", 0)]
    [TestCase("ABC", "abc", 0)]
    [TestCase("kitten", "sitting", 3)]
    public void Distance_counts_inserted_deleted_and_changed_letters(string left, string right, int distance)
    {
        Assert.That(Suggestion.Distance(left, right), Is.EqualTo(distance));
        Assert.That(Suggestion.Distance(right, left), Is.EqualTo(distance));
    }
}
