using System.Text;
using SseServer.Auth;

namespace SseServer.Hosting.Settings;

/// <summary>The settings of keys, and of topics that need a grant.</summary>
internal static class AuthSettings
{
    /// <summary>Declares and reads them.</summary>
    public static AuthOptions Read(SettingsReader reader)
    {
        var defaults = AuthOptions.Default;
        var options = defaults with
        {
            Keys = ReadKeys(reader),
            Jwt = JwtSettings.Read(reader),
            ProtectedTopics = ReadPatterns(reader, "Auth:ProtectedTopics", "Topics and patterns that need a grant to be read; others are open to everyone."),
            MaxTokenBytes = (int)reader.Bytes("Auth:MaxTokenBytes", defaults.MaxTokenBytes, 256, 64 * 1024, "Bytes of a key or token; longer ones are refused unread."),
        };
        Check(reader, options);
        return options;
    }

    private static List<StaticKey> ReadKeys(SettingsReader reader)
    {
        var publishKeys = reader.Map("Auth:PublishKeys", "Keys that publish to every topic, by name: Auth:PublishKeys:NAME=KEY. Publishers send Authorization: Bearer KEY.");
        var scoped = reader.Each("Auth:Keys", "NAME", (name, key) => ReadKey(reader, name, key));
        return [.. publishKeys.Select(pair => new StaticKey { Name = pair.Key, Secret = pair.Value, Publish = TopicPatterns.Everything }), .. scoped];
    }

    private static StaticKey? ReadKey(SettingsReader reader, string name, string key)
    {
        var secret = reader.Text($"{key}:Secret", null, "The key with rights of its own, shown as Authorization: Bearer KEY.", secret: true);
        var read = new StaticKey
        {
            Name = name,
            Secret = secret ?? "",
            Publish = ReadPatterns(reader, $"{key}:Publish", "Topics and patterns that the key may publish to."),
            Subscribe = ReadPatterns(reader, $"{key}:Subscribe", "Topics and patterns that the key may read where they are protected."),
            IsAdmin = reader.Flag($"{key}:Admin", false, "Whether the key may see the server's own state."),
        };
        if (secret is not null) return read;
        reader.Reject($"{key}:Secret", "", "is missing", "the key's text, 32 random characters or so");
        return null;
    }

    private static TopicPatterns ReadPatterns(SettingsReader reader, string key, string help)
    {
        if (TopicPatterns.TryCreate(reader.List(key, [], help), out var patterns, out var problem, out var offender)) return patterns;
        reader.Reject(key, offender!, "is no topic pattern", "orders/42, orders/* or orders/**: " + problem.TrimEnd('.'));
        return TopicPatterns.None;
    }

    private static void Check(SettingsReader reader, AuthOptions options)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in options.Keys)
        {
            var name = SecretText.Shown(key.Name);
            if (!names.Add(key.Name))
                reader.Reject("Auth:PublishKeys", name, $"has the key {name}, which Auth:Keys has too", "each name once");
            else if (!secrets.TryAdd(key.Secret, name))
                reader.Reject("Auth:PublishKeys", name, $"or Auth:Keys gives {name} the same text as {secrets[key.Secret]}",
                    "each key once");
            if (Encoding.UTF8.GetByteCount(key.Secret) > options.MaxTokenBytes)
                reader.Reject("Auth:MaxTokenBytes", $"{options.MaxTokenBytes}", $"is less than the key {name} has",
                    "as many bytes as the longest key, or more");
        }

        if (!options.ProtectedTopics.IsEmpty && !options.IsConfigured)
            reader.Reject("Auth:ProtectedTopics", "", "closes topics that nobody could read", "it together with a key in Auth:Keys:NAME, or tokens by Auth:Jwt");
    }
}
