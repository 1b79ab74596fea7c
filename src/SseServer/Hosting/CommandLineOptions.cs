using System.CommandLine;

namespace SseServer.Hosting;

/// <summary>The server's options other than settings: their names, values and meanings.</summary>
internal sealed class CommandLineOptions
{
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
}
