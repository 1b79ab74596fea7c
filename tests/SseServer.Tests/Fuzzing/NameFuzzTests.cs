using System.Text.RegularExpressions;
using System.Text.Unicode;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Endpoints;
using SseServer.Protocol.Http;
using SseServer.Protocol.Topics;

namespace SseServer.Tests.Fuzzing;

/// <summary>Queries, escapes, topics, patterns and times: none throws, and accepted ones mean what they say.</summary>
public sealed partial class NameFuzzTests
{
    [Test]
    public void Queries_fall_apart_at_their_delimiters([Range(1, 4)] int seed) => Fuzz.Check(seed, samples => samples.Query(), (text, _) =>
    {
        var read = new List<string>();
        foreach (var parameter in new QueryString(Fuzz.Bytes(text))) read.Add($"{Fuzz.Text(parameter.Name)}={Fuzz.Text(parameter.Value)}");
        var expected = text.Split('&').Where(pair => pair.Length > 0)
            .Select(pair => pair.Contains('=', StringComparison.Ordinal) ? pair : pair + "=");
        Assert.That(read, Is.EqualTo(expected), () => Fuzz.Show(text));
    });

    [Test]
    public void Escapes_are_decoded_once_or_refused([Range(11, 14)] int seed) => Fuzz.Check(seed, samples => samples.Query(), text =>
    {
        var bytes = Fuzz.Bytes(text);
        var isValid = PercentDecoding.TryDecode(bytes, bytes, plusIsSpace: false, out var written);
        Assert.That(isValid, Is.EqualTo(!BrokenEscape().IsMatch(text)), () => Fuzz.Show(text));
        var expected = Escape().Replace(text, match => ((char)Convert.ToByte(match.Value[1..], 16)).ToString());
        if (isValid) Assert.That(Fuzz.Text(bytes.AsSpan(0, written)), Is.EqualTo(expected), () => Fuzz.Show(text));
        return isValid;
    });

    [Test]
    public void Topic_is_a_pattern_that_matches_itself([Range(21, 24)] int seed) => Fuzz.Check(seed, samples => samples.Topic(), text =>
    {
        var bytes = Fuzz.Bytes(text);
        if (!TopicName.TryCreate(bytes, out _, out var problem))
        {
            Assert.That(problem, Does.EndWith("."), () => Fuzz.Show(text));
            return false;
        }

        Assert.That(Utf8.IsValid(bytes) && bytes.Length is > 0 and <= TopicName.MaxBytes, () => Fuzz.Show(text));
        Assert.That(text.Split('/'), Has.None.EqualTo("").And.None.EqualTo(".").And.None.EqualTo("..").And.None.Contains("*"),
            () => Fuzz.Show(text));
        Assert.That(TopicPattern.TryCreate(bytes, out var pattern, out _) && pattern!.Matches(bytes), () => Fuzz.Show(text));
        Assert.That(Selector.TryCreate(bytes, out _, out _), () => Fuzz.Show(text));
        return true;
    });

    [Test]
    public void Pattern_covers_itself_and_what_its_wildcards_stand_for([Range(31, 34)] int seed)
        => Fuzz.Check(seed, samples => samples.Pattern(), text =>
    {
        var bytes = Fuzz.Bytes(text);
        var isPattern = TopicPattern.TryCreate(bytes, out var pattern, out var problem);
        Assert.That(problem is null, Is.EqualTo(isPattern), () => Fuzz.Show(text));
        Assert.That(Selector.TryCreate(bytes, out _, out _), Is.EqualTo(isPattern), () => Fuzz.Show(text));
        if (!isPattern) return false;
        var topic = string.Join('/', text.Split('/').Select(segment => segment switch
        {
            "*" => "one",
            "**" => "one/two",
            _ => segment,
        }));
        Assert.That(pattern!.Covers(bytes) && pattern.Matches(Fuzz.Bytes(topic)), () => Fuzz.Show(text));
        return true;
    });

    [Test]
    public void Time_is_taken_or_refused([Range(41, 44)] int seed) => Fuzz.Check(seed, samples => samples.Since(), text =>
    {
        var now = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
        var isTaken = SinceParameter.TryParse(Fuzz.Bytes(text), now, out var start);
        var form = $@"\A(all|latest|-[1-9][0-9]{{0,3}}|[0-9]{{1,9}}(ms|s|m|h|d)|{Time})\z";
        if (isTaken && start.From != ResumePoint.Start.AfterId) Assert.That(text, Does.Match(form));
        // An id of either kind; a slip in another form is none.
        else if (isTaken) Assert.That(text, Does.Not.Match(@"\A([+-][0-9]+|[0-9]+[A-Za-z]{1,2}|[0-9]{4}-[ -~]{2}-[ -~]{2}([Tt ].*)?)\z"));
        return isTaken;
    });

    private const string Time = "[0-9-]{10}[Tt][0-9:.]{8,21}([Zz]|[ +-][0-9:]{5})";

    [GeneratedRegex("%(?![0-9A-Fa-f]{2})")]
    private static partial Regex BrokenEscape();

    [GeneratedRegex("%[0-9A-Fa-f]{2}")]
    private static partial Regex Escape();
}
