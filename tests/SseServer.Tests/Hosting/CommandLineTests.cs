using SseServer.Hosting.Commands;

namespace SseServer.Tests.Hosting;

internal sealed class CommandLineTests
{
    [Test]
    public void Nothing_runs_the_server_with_defaults()
    {
        var parsed = Parse("");

        Assert.That(parsed.Command, Is.SameAs(ServerCommand.Command));
        Assert.That(parsed.Value(CommandOption.ForConfig), Is.Null);
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
        => Assert.That(Parse("--config server.json").Value(CommandOption.ForConfig), Is.EqualTo("server.json"));

    [Test]
    public void Check_takes_a_URL()
    {
        var parsed = Parse("--check http://127.0.0.1:8080/healthz");

        Assert.That(parsed.Errors, Is.Empty);
        Assert.That(parsed.Value(ServerCommand.HealthCheckUrl), Is.EqualTo("http://127.0.0.1:8080/healthz"));
    }

    [TestCase("history check --History:Path=h.db", "history check", "History:Path=h.db")]
    [TestCase("history stats --History:Path h.db --config c.json", "history stats", "History:Path=h.db")]
    [TestCase("history export --topic orders/* --topic news --since 6h --History:Path=h.db", "history export", "History:Path=h.db")]
    public void History_has_commands_of_its_own(string args, string command, params string[] settings)
    {
        var parsed = Parse(args);

        Assert.That(parsed.Errors, Is.Empty);
        Assert.That(parsed.Command.Name, Is.EqualTo(command));
        Assert.That(parsed.Settings.Select(setting => $"{setting.Key}={setting.Value}"), Is.EqualTo(settings));
    }

    [Test]
    public void Export_takes_topics_and_a_beginning()
    {
        var parsed = Parse("history export --topic orders/* --topic news --since 6h --config c.json");

        var options = parsed.Command.Options.ToDictionary(option => option.Name);
        Assert.That(parsed.Values(options["--topic"]), Is.EqualTo(new[] { "orders/*", "news" }));
        Assert.That(parsed.Value(options["--since"]), Is.EqualTo("6h"));
        Assert.That(parsed.Value(CommandOption.ForConfig), Is.EqualTo("c.json"));
    }

    [TestCase("--help", "")]
    [TestCase("-h", "")]
    [TestCase("-?", "")]
    [TestCase("--help --nonsense --config", "")]
    [TestCase("history --help", "")]
    [TestCase("history export --since soon -h", "history export")]
    public void Help_is_for_the_command_and_has_no_errors(string args, string command)
    {
        var parsed = Parse(args);

        Assert.That(parsed.Has(CommandOption.ForHelp), Is.True);
        Assert.That(parsed.Command.Name, Is.EqualTo(command));
        Assert.That(parsed.Errors, Is.Empty);
    }

    [Test]
    public void Version_is_recognised()
    {
        Assert.That(Parse("--version").Has(ServerCommand.Version), Is.True);
        Assert.That(Parse("--version").Errors, Is.Empty);
    }

    [Test]
    public void Every_option_of_a_command_has_a_name_of_its_own()
    {
        foreach (var command in CommandTable.All)
            Assert.That(command.Options.Append(CommandOption.ForHelp).SelectMany(option => option.Aliases.Append(option.Name)), Is.Unique);
        Assert.That(CommandTable.All.Select(command => command.Name), Is.Unique);
    }

    [TestCase("--lisen *:80", "--lisen is not an option; did you mean --listen?")]
    [TestCase("--lisen=*:80", "--lisen is not an option; did you mean --listen?")]
    [TestCase("--frobnicate", "--frobnicate is not an option; --help lists the options.")]
    [TestCase("serve", "An argument is neither a command nor an option; options begin with --, and --help lists them.")]
    [TestCase("demo", "'demo' is not a command; did you mean --demo?")]
    [TestCase("histroy check", "'histroy' is not a command; did you mean history?")]
    [TestCase("history check again", "An argument is neither a command nor an option; options begin with --, and --help lists them.")]
    [TestCase("--listen", "--listen needs a value; write --listen HOST:PORT.")]
    [TestCase("--config a --demo --config x", "--config is given 2 times; give it once.")]
    [TestCase("--config --demo --config x", "--config needs a value; write --config FILE.")]
    [TestCase("--config=", "--config needs a value; write --config FILE.")]
    [TestCase("--demo=true", "--demo takes no value; write --demo alone.")]
    [TestCase("--config", "--config needs a value; write --config FILE.")]
    [TestCase("--Drain:Seconds", "--Drain:Seconds has no value; write --Drain:Seconds=VALUE.")]
    [TestCase("--Drain:Seconds --demo", "--Drain:Seconds has no value; write --Drain:Seconds=VALUE.")]
    [TestCase("--check localhost", "--check: 'localhost' is not an http or https URL; write one such as http://127.0.0.1:8080/healthz.")]
    [TestCase("--check ftp://localhost/",
        "--check: 'ftp://localhost/' is not an http or https URL; write one such as http://127.0.0.1:8080/healthz.")]
    [TestCase("history", "history needs a command; use history check, stats, export, import or migrate.")]
    [TestCase("history --History:Path=x", "history needs a command; use history check, stats, export, import or migrate.")]
    [TestCase("history chek", "'chek' is not a history command; did you mean history check?")]
    [TestCase("history vacuum", "'vacuum' is not a history command; use history check, stats, export, import or migrate.")]
    [TestCase("history check --topic a", "--topic is not an option; --help lists the options.")]
    [TestCase("history export --topic a//b",
        "--topic: 'a//b' is not a topic or pattern: A topic name has an empty segment: no leading, trailing or double '/'.")]
    [TestCase("history export --since soon",
        "--since: 'soon' is not a start; write a time such as 2026-01-31T12:00:00Z, a duration such as 6h, or an event id.")]
    public void Each_problem_is_one_sentence(string args, string sentence)
        => Assert.That(Parse(args).Errors, Is.EqualTo(new[] { sentence }));

    [Test]
    public void All_problems_are_reported_at_once()
        => Assert.That(Parse("--lisen --A:B --verzion").Errors, Has.Count.EqualTo(3));

    private static CommandLine Parse(string args)
        => CommandLine.Parse(args.Split(' ', StringSplitOptions.RemoveEmptyEntries), CommandTable.All);
}
