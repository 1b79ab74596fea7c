using Microsoft.Extensions.Configuration;
using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class ConfigurationLoaderTests
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"sse-server-{Guid.NewGuid():N}.json");

    [TearDown]
    public void DeleteFile() => File.Delete(_file);

    [Test]
    public void Command_line_wins_over_environment_and_environment_over_file()
    {
        File.WriteAllText(_file, """{ "A": { "X": "file", "Y": "file", "Z": "file" } } // comments are allowed""");

        var configuration = Load([new("SSE_A__Y", "environment"), new("SSE_a__z", "environment")], [new("a:z", "command line")]);

        Assert.That(configuration!["A:X"], Is.EqualTo("file"));
        Assert.That(configuration["A:Y"], Is.EqualTo("environment"));
        Assert.That(configuration["A:Z"], Is.EqualTo("command line"));
    }

    [Test]
    public void Later_setting_of_the_command_line_replaces_an_earlier_one()
    {
        File.WriteAllText(_file, "{}");

        Assert.That(Load([], [new("A:X", "1"), new("a:x", "2")])!["A:X"], Is.EqualTo("2"));
    }

    [Test]
    public void File_that_does_not_exist_is_one_sentence()
        => AssertProblem($"The configuration file '{_file}' does not exist; --config takes the path of a JSON file.");

    [TestCase("{ \"A\": 1, }}", "is not valid JSON at line 1, byte 12; fix it there or just before.")]
    [TestCase("{\n\"A\" 1 }", "is not valid JSON at line 2, byte 5; fix it there or just before.")]
    [TestCase("", "is not valid JSON at line 1, byte 1; fix it there or just before.")]
    public void File_that_is_not_JSON_is_one_sentence_with_the_place(string json, string end)
    {
        File.WriteAllText(_file, json);

        AssertProblem($"The configuration file '{_file}' {end}");
    }

    [TestCase("[]")]
    [TestCase("{ \"A\": 1, \"a\": 2 }")]
    public void File_that_is_not_one_object_with_distinct_keys_is_one_sentence(string json)
    {
        File.WriteAllText(_file, json);

        Assert.That(Load([], [], out var problem), Is.Null);
        Assert.That(problem,
            Does.StartWith($"The configuration file '{_file}' cannot be used: ").And.EndsWith("must hold one JSON object without repeated "
            + "keys."));
    }

    [Test]
    public void Directory_in_place_of_a_file_is_one_sentence()
    {
        Assert.That(ConfigurationLoader.Load(Path.GetTempPath(), [], [], out var problem), Is.Null);
        Assert.That(problem, Does.StartWith($"The configuration file '{Path.GetTempPath()}' cannot be read: "));
    }

    private void AssertProblem(string sentence)
    {
        Assert.That(Load([], [], out var problem), Is.Null);
        Assert.That(problem, Is.EqualTo(sentence));
    }

    private IConfigurationRoot? Load(KeyValuePair<string, string?>[] environment, KeyValuePair<string, string?>[] commandLine)
    {
        var configuration = Load(environment, commandLine, out var problem);
        Assert.That(problem, Is.Null);
        return configuration;
    }

    private IConfigurationRoot? Load(
        KeyValuePair<string, string?>[] environment, KeyValuePair<string, string?>[] commandLine, out string? problem)
        => ConfigurationLoader.Load(_file, environment, commandLine, out problem);
}
