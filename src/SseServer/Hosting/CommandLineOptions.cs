using System.CommandLine;
using System.CommandLine.Parsing;
using SseServer.Hosting.Settings;

namespace SseServer.Hosting;

/// <summary>The options other than settings: their names, values and meanings, and what to say where one is wrong.</summary>
internal sealed class CommandLineOptions
{
    private readonly RootCommand _root = new("Serves Server-Sent Events.");

    public CommandLineOptions()
    {
        // The library's own help, version and completion print and exit by themselves; here parsing only parses.
        _root.Options.Clear();
        _root.Directives.Clear();
        foreach (var option in All)
            _root.Options.Add(option);
    }

    public Option<string[]> Listen { get; } = new("--listen")
    {
        HelpName = "HOST:PORT",
        Arity = ArgumentArity.OneOrMore,
        Description = "Where to listen, with TLS after https://; short for --Server:Listen. Several: repeat it, or use commas.",
    };

    public Option<bool> Demo { get; } = new("--demo")
    {
        Arity = ArgumentArity.Zero,
        Description = "Publishes sample events; short for --Demo:Enabled=true.",
    };

    public Option<string> Config { get; } = new("--config")
    {
        HelpName = "FILE",
        Description = "Reads settings from a JSON file.",
    };

    public Option<string> Check { get; } = new("--check")
    {
        HelpName = "URL",
        Description = "Asks a running server, as in --check http://127.0.0.1:8080/healthz; exits with 0 where it answers 200, else 1. The certificate of https://localhost and loopback addresses is not verified.",
    };

    public Option<bool> Version { get; } = new("--version")
    {
        Arity = ArgumentArity.Zero,
        Description = "Prints the version.",
    };

    public Option<bool> Help { get; } = new("--help", "-h", "-?")
    {
        Arity = ArgumentArity.Zero,
        Description = "Prints this text.",
    };

    /// <summary>Every option, in the order of the help text.</summary>
    public IReadOnlyList<Option> All => [Listen, Demo, Config, Check, Version, Help];

    public ParseResult Parse(IReadOnlyList<string> args)
        => _root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });

    /// <summary>One sentence for every problem the parser found.</summary>
    public IEnumerable<string> Describe(ParseResult parsed)
    {
        foreach (var error in parsed.Errors)
        {
            if (error.SymbolResult is OptionResult { Option: var option } result)
                yield return result.Tokens.Count == 0
                    ? $"The option {option.Name} needs a value; write {option.Name} {option.HelpName}."
                    : $"The option {option.Name} is given {result.Tokens.Count} times; give it once.";
        }

        var unknown = parsed.UnmatchedTokens;
        // What stands after an unknown option was probably its value, and is not a problem of its own.
        var options = unknown.Where(token => token.StartsWith('-')).ToList();
        foreach (var token in options.Count > 0 ? options : unknown)
            yield return DescribeUnknown(token);
    }

    private string DescribeUnknown(string token)
    {
        var name = token.Split('=')[0];
        if (!name.StartsWith('-'))
            return $"The argument '{token}' is not understood; options begin with --, and --help lists them.";
        var meant = Suggestion.For(name, All.Select(option => option.Name));
        return meant is null
            ? $"The option {name} is not known; --help lists the options."
            : $"The option {name} is not known; did you mean {meant}?";
    }
}
