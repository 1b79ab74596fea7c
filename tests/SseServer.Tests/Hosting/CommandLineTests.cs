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

    [TestCase("history check --History:Path=h.db", "Check", "History:Path=h.db")]
    [TestCase("history stats --History:Path h.db --config c.json", "Stats", "History:Path=h.db")]
    [TestCase("history export --topic orders/* --topic news --since 6h --History:Path=h.db", "Export", "History:Path=h.db")]
    public void History_names_a_tool(string args, string tool, params string[] settings)
    {
        var parsed = Parse(args);

        Assert.That(parsed.Errors, Is.Empty);
        Assert.That(parsed.Action, Is.EqualTo(CommandLineAction.History));
        Assert.That(parsed.History!.Tool.ToString(), Is.EqualTo(tool));
        Assert.That(parsed.Settings.Select(setting => $"{setting.Key}={setting.Value}"), Is.EqualTo(settings));
    }

    [Test]
    public void Export_takes_topics_and_a_beginning()
    {
        var parsed = Parse("history export --topic orders/* --topic news --since 6h --config c.json");

        Assert.That(parsed.History!.Topics, Is.EqualTo(new[] { "orders/*", "news" }));
        Assert.That(parsed.History.Since, Is.EqualTo("6h"));
        Assert.That(parsed.ConfigFile, Is.EqualTo("c.json"));
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
    [TestCase("serve", "An argument that belongs to no option is not understood; options begin with --, and --help lists them.")]
    [TestCase("demo", "The argument 'demo' is not understood; did you mean --demo?")]
    [TestCase("--listen", "The option --listen needs a value; write --listen HOST:PORT.")]
    [TestCase("--config --demo --config x", "The option --config is given 2 times; give it once.")]
    [TestCase("--config", "The option --config needs a value; write --config FILE.")]
    [TestCase("--Drain:Seconds", "The setting --Drain:Seconds has no value; write --Drain:Seconds=VALUE.")]
    [TestCase("--Drain:Seconds --demo", "The setting --Drain:Seconds has no value; write --Drain:Seconds=VALUE.")]
    [TestCase("--check localhost", "--check: 'localhost' is not a URL it can ask; give one such as http://127.0.0.1:8080/healthz.")]
    [TestCase("--check ftp://localhost/", "--check: 'ftp://localhost/' is not a URL it can ask; give one such as http://127.0.0.1:8080/healthz.")]
    [TestCase("history", "sse-server history needs to be told what to do; write history check, history stats or history export.")]
    [TestCase("history --History:Path=x", "sse-server history needs to be told what to do; write history check, history stats or history export.")]
    [TestCase("history chek", "The history tool 'chek' is not known; did you mean check?")]
    [TestCase("history vacuum", "The history tool 'vacuum' is not known; there are check, stats and export.")]
    [TestCase("history check --topic a", "The option --topic is not known; --help lists the options.")]
    [TestCase("history export --topic a//b", "--topic 'a//b': A topic name has an empty segment: no leading, trailing or double '/'.")]
    [TestCase("history export --since soon", "--since 'soon' is not understood; write a time such as 2026-01-31T12:00:00Z, a duration back such as 6h, or an event id.")]
    public void Each_problem_is_one_sentence(string args, string sentence)
        => Assert.That(Parse(args).Errors, Is.EqualTo(new[] { sentence }));

    [Test]
    public void All_problems_are_reported_at_once()
        => Assert.That(Parse("--lisen --A:B --verzion").Errors, Has.Count.EqualTo(3));

    private static CommandLine Parse(string args) => CommandLine.Parse(args.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
