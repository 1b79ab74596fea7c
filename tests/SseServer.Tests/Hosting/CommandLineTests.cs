using SseServer.Hosting;

namespace SseServer.Tests.Hosting;

internal sealed class CommandLineTests
{
    [Test]
    public void Nothing_runs_the_server_with_defaults()
    {
        var parsed = Parse("");

        Assert.That(parsed.Action, Is.EqualTo(CommandLineAction.Run));
        Assert.That(parsed.ConfigFile, Is.Null);
        Assert.That(parsed.Settings, Is.Empty);
        Assert.That(parsed.Errors, Is.Empty);
    }

    [TestCase("--listen *:80", "Server:Listen=*:80")]
    [TestCase("--listen=[::1]:80", "Server:Listen=[::1]:80")]
    [TestCase("--listen *:80 --listen 127.0.0.1:81", "Server:Listen=*:80,127.0.0.1:81")]
    [TestCase("--demo", "Demo:Enabled=true")]
    [TestCase("--Drain:Seconds 9", "Drain:Seconds=9")]
    [TestCase("--Drain:Seconds=9", "Drain:Seconds=9")]
    [TestCase("--Auth:Keys:web=a=b", "Auth:Keys:web=a=b")]
    [TestCase("--Hub:Offset -5", "Hub:Offset=-5")]
    [TestCase("--A:B=1 --demo --C:D 2", "A:B=1", "C:D=2", "Demo:Enabled=true")]
    [TestCase("--Server:Listen=*:1 --listen *:2", "Server:Listen=*:1", "Server:Listen=*:2")]
    public void Options_and_settings_become_settings(string args, params string[] settings)
    {
        var parsed = Parse(args);

        Assert.That(parsed.Errors, Is.Empty);
        Assert.That(parsed.Settings.Select(setting => $"{setting.Key}={setting.Value}"), Is.EqualTo(settings));
    }

    [Test]
    public void Config_names_a_file()
        => Assert.That(Parse("--config server.json").ConfigFile, Is.EqualTo("server.json"));

    [Test]
    public void Check_takes_a_URL()
    {
        var parsed = Parse("--check http://127.0.0.1:8080/healthz");

        Assert.That(parsed.Action, Is.EqualTo(CommandLineAction.Check));
        Assert.That(parsed.CheckUrl, Is.EqualTo(new Uri("http://127.0.0.1:8080/healthz")));
    }

    [TestCase("--version", "Version")]
    [TestCase("--help", "Help")]
    [TestCase("-h", "Help")]
    [TestCase("--help --nonsense", "Help")]
    public void Questions_are_recognised(string args, string action)
    {
        var parsed = Parse(args);

        Assert.That(parsed.Action.ToString(), Is.EqualTo(action));
        Assert.That(parsed.Errors, Is.Empty);
    }

    [TestCase("--lisen *:80", "The option --lisen is not known; did you mean --listen?")]
    [TestCase("--lisen=*:80", "The option --lisen is not known; did you mean --listen?")]
    [TestCase("--frobnicate", "The option --frobnicate is not known; --help lists the options.")]
    [TestCase("serve", "The argument 'serve' is not understood; options begin with --, and --help lists them.")]
    [TestCase("--listen", "The option --listen needs a value; write --listen HOST:PORT.")]
    [TestCase("--config --demo --config x", "The option --config is given 2 times; give it once.")]
    [TestCase("--config", "The option --config needs a value; write --config FILE.")]
    [TestCase("--Drain:Seconds", "The setting --Drain:Seconds has no value; write --Drain:Seconds=VALUE.")]
    [TestCase("--Drain:Seconds --demo", "The setting --Drain:Seconds has no value; write --Drain:Seconds=VALUE.")]
    [TestCase("--check localhost", "--check: 'localhost' is not a URL it can ask; give one such as http://127.0.0.1:8080/healthz.")]
    [TestCase("--check ftp://localhost/", "--check: 'ftp://localhost/' is not a URL it can ask; give one such as http://127.0.0.1:8080/healthz.")]
    public void Each_problem_is_one_sentence(string args, string sentence)
        => Assert.That(Parse(args).Errors, Is.EqualTo(new[] { sentence }));

    [Test]
    public void All_problems_are_reported_at_once()
        => Assert.That(Parse("--lisen --A:B --verzion").Errors, Has.Count.EqualTo(3));

    private static CommandLine Parse(string args) => CommandLine.Parse(args.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
