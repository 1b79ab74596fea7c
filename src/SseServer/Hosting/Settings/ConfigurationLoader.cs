using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace SseServer.Hosting.Settings;

/// <summary>Combines the sources: the JSON file, overridden by the environment, overridden by the command line.</summary>
internal static class ConfigurationLoader
{
    /// <summary>Returns the configuration, or null and one sentence in <paramref name="problem"/> if the file cannot be used.</summary>
    public static IConfigurationRoot? Load(
        string? file,
        IEnumerable<KeyValuePair<string, string?>> environment,
        IEnumerable<KeyValuePair<string, string?>> commandLine,
        out string? problem)
    {
        problem = null;
        var builder = new ConfigurationBuilder();
        try
        {
            if (file is not null) builder.AddJsonStream(new MemoryStream(File.ReadAllBytes(file)));
            builder.AddInMemoryCollection(Distinct(EnvironmentSettings.Select(environment)));
            builder.AddInMemoryCollection(Distinct(commandLine));
            return builder.Build();
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or ArgumentException or JsonException or FormatException)
        {
            problem = Describe(file!, exception);
            return null;
        }
    }

    // Keys are equal in any case, so a later one replaces an earlier one.
    private static Dictionary<string, string?> Distinct(IEnumerable<KeyValuePair<string, string?>> settings)
    {
        var distinct = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in settings)
            distinct[key] = value;

        return distinct;
    }

    private static string Describe(string file, Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException =>
            $"The configuration file '{file}' does not exist; --config takes the path of a JSON file.",
        JsonException { LineNumber: { } line, BytePositionInLine: { } column } =>
            string.Create(CultureInfo.InvariantCulture,
                $"The configuration file '{file}' is not valid JSON at line {line + 1}, byte {column + 1}; fix it there or just before."),
        FormatException =>
            $"The configuration file '{file}' cannot be used: {exception.Message.TrimEnd('.')}; it must hold one JSON object without "
                + "repeated keys.",
        _ => $"The configuration file '{file}' cannot be read: {exception.Message.TrimEnd('.')}; --config takes the path of a JSON file.",
    };
}
