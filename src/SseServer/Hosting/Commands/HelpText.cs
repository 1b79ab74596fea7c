using SseServer.Endpoints;
using SseServer.Hosting.Settings;

namespace SseServer.Hosting.Commands;

/// <summary>
/// What <c>--help</c> prints. For the server: its options, the commands, and every declared setting with its default, range and meaning.
/// For another command: its options.
/// </summary>
internal static class HelpText
{
    private const int Width = 100;
    private const int Indent = 6;

    private static readonly Dictionary<string, string> Sections = new()
    {
        ["Server"] = "addresses and host names",
        ["Tls"] = "certificate of https addresses",
        ["Proxy"] = "proxies in front of the server",
        ["Auth"] = "keys, tokens and protected topics",
        ["Cors"] = "pages of other origins",
        ["Topics"] = "number of topics, and rules for some of them",
        ["Retention"] = "how much history is kept",
        ["History"] = "history on disk",
        ["Streams"] = "event streams and reconnection",
        ["Limits"] = "limits for requests, connections, streams and memory",
        ["Presence"] = "subscriber counts and webhooks",
        ["Relay"] = "topics fed from other servers",
        ["Drain"] = "how the server stops",
        ["Logging"] = "the log on standard output",
        ["Metrics"] = "access to /metrics",
        ["Demo"] = "sample events",
    };

    /// <summary>Writes the help of a command.</summary>
    public static void Write(
        TextWriter output, Command command, IReadOnlyList<Command> commands, IReadOnlyList<SettingDescriptor> settings)
    {
        if (command.Words.Length > 0) WriteCommand(output, command);
        else WriteServer(output, command, commands, settings);
    }

    private static void WriteCommand(TextWriter output, Command command)
    {
        output.WriteLine($"Usage: sse-server {command.Name} [OPTION...] [--Section:Key=VALUE...]");
        output.WriteLine();
        WriteWrapped(output, command.Help, indent: 0);
        WriteOptions(output, command);
    }

    private static void WriteServer(
        TextWriter output, Command command, IReadOnlyList<Command> commands, IReadOnlyList<SettingDescriptor> settings)
    {
        output.WriteLine($"sse-server {ProductVersion.Text}, a Server-Sent Events server.");
        output.WriteLine();
        output.WriteLine("Usage: sse-server [OPTION...] [--Section:Key=VALUE...]");
        output.WriteLine("       sse-server COMMAND [OPTION...] [--Section:Key=VALUE...]");
        WriteOptions(output, command);
        output.WriteLine();
        output.WriteLine("Commands (sse-server COMMAND --help lists their options):");
        foreach (var other in commands.Where(other => other.Words.Length > 0))
        {
            output.WriteLine($"  {other.Name}");
            WriteWrapped(output, other.Help);
        }

        output.WriteLine();
        output.WriteLine("Settings come from the JSON file, overridden by the environment (SSE_Section__Key), overridden by the");
        output.WriteLine("command line (--Section:Key=VALUE). The server does not start with an unknown or invalid setting.");
        output.WriteLine("A duration has a unit (500ms, 15s, 2m, 24h, 7d), a size may have one (64KB, 16MB, 1GB).");
        foreach (var section in settings.GroupBy(setting => setting.Key.Split(':')[0]).OrderBy(Position)) WriteSection(output, section);
    }

    // Sections in the order of the table above; one that it does not know comes last.
    private static int Position(IGrouping<string, SettingDescriptor> section)
        => Sections.Keys.ToList().IndexOf(section.Key) is >= 0 and var index ? index : Sections.Count;

    private static void WriteSection(TextWriter output, IGrouping<string, SettingDescriptor> section)
    {
        output.WriteLine();
        output.WriteLine(Sections.TryGetValue(section.Key, out var title) ? $"{section.Key}: {title}" : section.Key);
        foreach (var setting in section)
        {
            output.WriteLine($"  {setting.Key} ({DescribeValue(setting)})");
            WriteWrapped(output, setting.Help);
        }
    }

    private static void WriteOptions(TextWriter output, Command command)
    {
        output.WriteLine();
        output.WriteLine("Options:");
        foreach (var option in command.Options.Append(CommandOption.ForHelp))
        {
            var value = option.ValueName is null ? "" : " " + option.ValueName;
            output.WriteLine($"  {string.Join(", ", [option.Name, .. option.Aliases])}{value}");
            WriteWrapped(output, option.Help);
        }
    }

    private static string DescribeValue(SettingDescriptor setting)
    {
        var kind = setting.Kind switch
        {
            SettingKind.Duration => "duration",
            SettingKind.Integer => "number",
            SettingKind.Bytes => "size",
            SettingKind.Flag => "true or false",
            SettingKind.List => "list",
            SettingKind.Map => "names and texts",
            _ => "text",
        };
        var allowed = setting.Allowed.Length == 0 || setting.Kind == SettingKind.Flag ? "" : $", {setting.Allowed}";
        return setting.Default.Length == 0 ? $"{kind}{allowed}" : $"{kind}{allowed}, default {setting.Default}";
    }

    private static void WriteWrapped(TextWriter output, string text, int indent = Indent)
    {
        var column = 0;
        foreach (var word in text.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                output.WriteLine();
                column = 0;
            }

            output.Write(column == 0 ? new string(' ', indent) : " ");
            output.Write(word);
            column += (column == 0 ? indent : 1) + word.Length;
        }

        output.WriteLine();
    }
}
