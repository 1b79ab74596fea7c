using Microsoft.Extensions.Configuration;
using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class SettingsReaderTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Test]
    public void Absent_and_empty_values_give_the_defaults()
    {
        foreach (var reader in new[] { Reader(), Reader("A:D", "", "A:I", " ", "A:B", "", "A:F", "", "A:T", "", "A:C", "") })
        {
            Assert.That(reader.Duration("A:D", Second, Second, Second * 9, ""), Is.EqualTo(Second));
            Assert.That(reader.Integer("A:I", 7, 1, 9, ""), Is.EqualTo(7));
            Assert.That(reader.Bytes("A:B", 1024, 1, 9999, ""), Is.EqualTo(1024));
            Assert.That(reader.Flag("A:F", true, ""), Is.True);
            Assert.That(reader.Text("A:T", "x", ""), Is.EqualTo("x"));
            Assert.That(reader.Choice("A:C", "red", ["red", "blue"], ""), Is.EqualTo("red"));
            Assert.That(reader.Errors, Is.Empty);
        }
    }

    [Test]
    public void Given_values_are_read()
    {
        var reader = Reader("A:D", "5s", "A:I", "9", "A:B", "2KB", "A:F", "TRUE", "A:T", " y ", "A:C", "BLUE");

        Assert.That(reader.Duration("A:D", Second, Second, Second * 9, ""), Is.EqualTo(Second * 5));
        Assert.That(reader.Integer("A:I", 7, 1, 9, ""), Is.EqualTo(9));
        Assert.That(reader.Bytes("A:B", 1024, 1, 9999, ""), Is.EqualTo(2048));
        Assert.That(reader.Flag("A:F", false, ""), Is.True);
        Assert.That(reader.Text("A:T", "x", ""), Is.EqualTo("y"));
        Assert.That(reader.Choice("A:C", "red", ["red", "blue"], ""), Is.EqualTo("blue"));
        Assert.That(reader.Errors, Is.Empty);
    }

    [Test]
    public void Every_wrong_value_is_reported_with_its_key_its_reason_and_what_is_right()
    {
        var reader = Reader(
            "A:D", "5", "A:D2", "10s", "A:I", "x", "A:I2", "0", "A:B", "1TB", "A:B2", "1MB", "A:F", "yes", "A:C", "green");

        reader.Duration("A:D", Second, Second, Second * 9, "");
        reader.Duration("A:D2", Second, Second, Second * 9, "");
        reader.Integer("A:I", 7, 1, 9, "");
        reader.Integer("A:I2", 7, 1, int.MaxValue, "");
        reader.Bytes("A:B", 1024, 1, 2048, "");
        reader.Bytes("A:B2", 1024, 1, 2048, "");
        reader.Flag("A:F", true, "");
        reader.Choice("A:C", "red", ["red", "blue"], "");

        Assert.That(reader.Errors, Is.EqualTo(new[]
        {
            "A:D: '5' is not a duration; it must be a number with a unit, such as 500ms, 15s, 2m or 24h, between 1s and 9s.",
            "A:D2: '10s' is out of range; it must be between 1s and 9s.",
            "A:I: 'x' is not a whole number; it must be between 1 and 9.",
            "A:I2: '0' is out of range; it must be 1 or more.",
            "A:B: '1TB' is not a size; it must be a number of bytes, such as 65536, 64KB, 16MB or 1GB, between 1 and 2KB.",
            "A:B2: '1MB' is out of range; it must be between 1 and 2KB.",
            "A:F: 'yes' is not valid; it must be true or false.",
            "A:C: 'green' is not valid; it must be one of red, blue.",
        }));
    }

    [Test]
    public void Secret_values_are_never_printed()
    {
        var reader = Reader("A:Keys", "hunter2", "A:Token", "hunter3");

        reader.Map("A:Keys", "");
        reader.Text("A:Token", null, "", secret: true);
        reader.Reject("A:Token", "hunter3", "is too short; use 16 letters or more.");

        Assert.That(reader.Errors, Is.EqualTo(new[]
        {
            "A:Keys is a single text; use a JSON object, or settings A:Keys:NAME.",
            "A:Token is too short; use 16 letters or more.",
        }));
    }

    // A higher source replaces the whole list; otherwise the end of a longer one below would remain, and the other form would win.
    [TestCase("A:L:0 x A:L:1 y", "A:L z", "z")]
    [TestCase("A:L:0 x A:L:1 y", "A:L:0 z", "z")]
    [TestCase("A:L x,y", "A:L:0 z", "z")]
    [TestCase("A:L:0 x A:L:1 y", "B z", "x y")]
    public void List_of_a_higher_source_replaces_one_below(string below, string above, string expected)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(Pairs(below.Split(' ')))
            .AddInMemoryCollection(Pairs(above.Split(' '))).Build());
        Assert.That(reader.List("A:L", [], ""), Is.EqualTo(expected.Split(' ')));
    }

    [Test]
    public void List_is_read_from_numbered_keys_or_from_commas()
    {
        var reader = Reader("A:Array:0", "x", "A:Array:1", "y", "A:Commas", "x, y,", "A:None", "");

        Assert.That(reader.List("A:Array", [], ""), Is.EqualTo(new[] { "x", "y" }));
        Assert.That(reader.List("A:Commas", [], ""), Is.EqualTo(new[] { "x", "y" }));
        Assert.That(reader.List("A:None", ["z"], ""), Is.Empty);
        Assert.That(reader.List("A:Absent", ["z"], ""), Is.EqualTo(new[] { "z" }));
        Assert.That(reader.UnknownKeys(), Is.Empty);
    }

    [Test]
    public void Map_is_read_from_the_keys_below_its_own()
    {
        var reader = Reader("A:Keys:Web", "secret", "A:Keys:app", "other");

        Assert.That(reader.Map("A:Keys", ""), Is.EquivalentTo(new Dictionary<string, string> { ["Web"] = "secret", ["app"] = "other" }));
        Assert.That(reader.Errors, Is.Empty);
        Assert.That(reader.UnknownKeys(), Is.Empty);
    }

    [Test]
    public void Map_entry_without_a_text_is_reported()
    {
        var reader = Reader("A:Keys:web", "");

        Assert.That(reader.Map("A:Keys", ""), Is.Empty);
        Assert.That(reader.Errors, Is.EqualTo(new[] { "A:Keys:web is empty; give it a value or leave it out." }));
    }

    [Test]
    public void Things_are_read_by_their_names_and_have_settings_of_their_own()
    {
        var reader = Reader("A:Things:one:Size", "1", "A:Things:Two:Size", "2", "A:Things:Two:Colour", "red");

        var things = reader.Each("A:Things", "NAME", (name, key) => name + reader.Integer($"{key}:Size", 0, 0, 9, ""));

        Assert.That(things, Is.EquivalentTo(new[] { "one1", "Two2" }));
        Assert.That(reader.UnknownKeys(), Is.EqualTo(new[] { "A:Things:Two:Colour is not a setting; --help lists them all." }));
    }

    [Test]
    public void Things_of_which_there_are_none_are_declared_with_a_placeholder()
    {
        var reader = Reader();

        var things = reader.Each<string>("A:Things", "NAME", (name, key) =>
        {
            reader.Integer($"{key}:Size", 0, 0, 9, "How large.");
            reader.Reject($"{key}:Size", "", "is missing; use a size.");
            return name;
        });

        Assert.That(things, Is.Empty);
        Assert.That(reader.Errors, Is.Empty);
        Assert.That(reader.Descriptors.Single().Key, Is.EqualTo("A:Things:NAME:Size"));
    }

    [Test]
    public void Keys_that_no_declaration_reads_are_reported_with_the_one_that_was_meant()
    {
        var reader = Reader("Hub:Retntion", "1", "Hub:Retention:0", "1", "Colour", "red", "Serilog:WriteTo:0:Name", "Console",
            "HUB:RETENTION", "2");

        reader.Integer("Hub:Retention", 1, 1, 9, "");

        Assert.That(reader.UnknownKeys(), Is.EqualTo(new[]
        {
            "Colour is not a setting; --help lists them all.",
            "Hub:Retention:0 is not a setting; did you mean Hub:Retention?",
            "Hub:Retntion is not a setting; did you mean Hub:Retention?",
            "Serilog:WriteTo:0:Name is no longer a setting; use Logging:Format (text or json) and Logging:Level instead.",
        }));
    }

    [Test]
    public void Each_declaration_describes_its_setting()
    {
        var reader = Reader();

        reader.Duration("A:D", Second * 120, Second, Second * 3600, "Waits.");
        reader.Map("A:Keys", "Keys.");

        Assert.That(reader.Descriptors, Is.EqualTo(new[]
        {
            new SettingDescriptor("A:D", SettingKind.Duration, "2m", "1s to 1h", "Waits."),
            new SettingDescriptor("A:Keys", SettingKind.Map, "", "", "Keys.", IsSecret: true),
        }));
        Assert.That(reader.Descriptors[0].EnvironmentVariable, Is.EqualTo("SSE_A__D"));
    }

    [Test]
    public void One_key_cannot_be_declared_twice()
    {
        var reader = Reader();
        reader.Flag("A:F", true, "");

        Assert.That(() => reader.Flag("a:f", false, ""), Throws.ArgumentException);
    }

    private static SettingsReader Reader(params string[] keysAndValues)
        => new(new ConfigurationBuilder().AddInMemoryCollection(Pairs(keysAndValues)).Build());

    private static IEnumerable<KeyValuePair<string, string?>> Pairs(string[] keysAndValues)
        => keysAndValues.Chunk(2).Select(pair => new KeyValuePair<string, string?>(pair[0], pair[1]));
}
