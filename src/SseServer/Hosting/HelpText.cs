using System.CommandLine;
using SseServer.Hosting.Settings;

namespace SseServer.Hosting;

/// <summary>What <c>--help</c> prints: the options, then every declared setting with its default, range and meaning.</summary>
internal static class HelpText
{
    private const int Width = 100;
    private const int Indent = 6;

    public static void Write(TextWriter output, IReadOnlyList<SettingDescriptor> settings)
    {
        output.WriteLine($"sse-server {ProductVersion.Text}, a Server-Sent Events server.");
        output.WriteLine();
        output.WriteLine("Usage: sse-server [options] [--Section:Key=VALUE ...]");
        output.WriteLine("       sse-server history check|stats|export --History:Path=FILE [options]");
        output.WriteLine();
        output.WriteLine("Options:");
        WriteOptions(output, new CommandLineOptions().All);
        output.WriteLine();
        output.WriteLine("The history's tools only read, also while the server runs:");
        foreach (var (name, help) in HistoryToolOptions.Tools)
        {
            output.WriteLine($"  history {name}");
            WriteWrapped(output, help);
        }
        WriteOptions(output, new HistoryToolOptions().For(HistoryTool.Export));
        output.WriteLine();
        output.WriteLine("Settings come from the JSON file, above it the environment (SSE_Section__Key), above it the command line");
        output.WriteLine("(--Section:Key=VALUE). A setting that is not known, or out of its range, is refused at start.");
        output.WriteLine("Durations have a unit (500ms, 15s, 2m, 24h, 7d), sizes may have one (64KB, 16MB, 1GB).");
        output.WriteLine();
        output.WriteLine("Settings:");
        foreach (var setting in settings)
        {
            output.WriteLine($"  {setting.Key} ({DescribeValue(setting)})");
            WriteWrapped(output, setting.Help);
        }
    }

    private static void WriteOptions(TextWriter output, IReadOnlyList<Option> options)
    {
        foreach (var option in options)
        {
            output.WriteLine($"  {string.Join(", ", [option.Name, .. option.Aliases])}{(option.HelpName is null ? "" : " " + option.HelpName)}");
            WriteWrapped(output, option.Description ?? "");
        }
    }

    private static string DescribeValue(SettingDescriptor setting)
    {
        var kind = setting.Kind switch
        {
            SettingKind.Duration => "duration",
            SettingKind.Integer => "number",
            SettingKind.Bytes => "size",
            SettingKind.Flag => "flag",
            SettingKind.List => "list",
            SettingKind.Map => "names and texts",
            _ => "text",
        };
        var allowed = setting.Allowed.Length == 0 || setting.Kind == SettingKind.Flag ? "" : $", {setting.Allowed}";
        return setting.Default.Length == 0 ? $"{kind}{allowed}" : $"{kind}{allowed}, default {setting.Default}";
    }

    private static void WriteWrapped(TextWriter output, string text)
    {
        var column = 0;
        foreach (var word in text.Split(' '))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                output.WriteLine();
                column = 0;
            }
            output.Write(column == 0 ? new string(' ', Indent) : " ");
            output.Write(word);
            column += (column == 0 ? Indent : 1) + word.Length;
        }
        output.WriteLine();
    }
}
