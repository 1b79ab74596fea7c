using System.CommandLine;
using System.CommandLine.Parsing;
using SseServer.Hosting.Settings;

namespace SseServer.Hosting;

/// <summary>Parses options that are no settings, and says what is wrong with them.</summary>
internal sealed class OptionParser
{
    private readonly RootCommand _root = new("Serves Server-Sent Events.");
    private readonly IReadOnlyList<Option> _options;

    public OptionParser(IReadOnlyList<Option> options)
    {
        // The library's own help, version and completion print and exit by themselves; here parsing only parses.
        _root.Options.Clear();
        _root.Directives.Clear();
        _options = options;
        foreach (var option in options)
            _root.Options.Add(option);
    }

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
        var meant = Suggestion.For(name, _options.Select(option => option.Name));
        // It may be a secret that lost its setting, as in --Auth:PublishKeys:ci = SECRET.
        if (!name.StartsWith('-'))
            return meant is null
                ? "An argument that belongs to no option is not understood; options begin with --, and --help lists them."
                : $"The argument '{name}' is not understood; did you mean {meant}?";
        return meant is null
            ? $"The option {SecretText.Shown(name)} is not known; --help lists the options."
            : $"The option {name} is not known; did you mean {meant}?";
    }
}
