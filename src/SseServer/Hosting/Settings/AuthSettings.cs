using System.Text;
using SseServer.Auth;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for keys and protected topics.</summary>
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
            ProtectedTopics = ReadPatterns(reader, "Auth:ProtectedTopics",
                "Topics and patterns that only a key or token with the right may read. All others are open to everyone. "
                    + "secret/** protects secret as well.", withParents: true),
            MaxTokenBytes = (int)reader.Bytes("Auth:MaxTokenBytes", defaults.MaxTokenBytes, 256, 64 * 1024,
                "Longest key or token; longer ones are refused unread."),
        };
        Check(reader, options);
        return options;
    }

    private static List<StaticKey> ReadKeys(SettingsReader reader)
    {
        var publishKeys = reader.Map("Auth:PublishKeys",
            "Keys that may publish to every topic, by name: Auth:PublishKeys:NAME=KEY. Publishers send Authorization: Bearer KEY.");
        var scoped = reader.Each("Auth:Keys", "NAME", (name, key) => ReadKey(reader, name, key));
        var full = publishKeys.Select(pair => new StaticKey { Name = pair.Key, Secret = pair.Value, Publish = TopicPatterns.Everything });
        return [.. full, .. scoped];
    }

    private static StaticKey? ReadKey(SettingsReader reader, string name, string key)
    {
        var secret = reader.Text($"{key}:Secret", null, "A key with rights of its own, sent as Authorization: Bearer KEY.", secret: true);
        var read = new StaticKey
        {
            Name = name,
            Secret = secret ?? "",
            Publish = ReadPatterns(reader, $"{key}:Publish", "Topics and patterns that the key may publish to."),
            Subscribe = ReadPatterns(reader, $"{key}:Subscribe", "Protected topics and patterns that the key may read."),
            IsAdmin = reader.Flag($"{key}:Admin", false, "Whether the key may see the server's state, such as /metrics."),
        };
        if (secret is not null) return read;
        reader.Reject($"{SecretText.ShownKey($"{key}:Secret")} is missing; set it to about 32 random characters.");
        return null;
    }

    // With parents, secret/** is also secret: to protect too much is noticed at once, and to protect too little when it is too late. A
    // refusal of the setting would only make everyone write both.
    private static TopicPatterns ReadPatterns(SettingsReader reader, string key, string help, bool withParents = false)
    {
        var texts = reader.List(key, [], help);
        if (withParents)
            texts = [.. texts, .. texts.Where(text => text.EndsWith("/**", StringComparison.Ordinal)).Select(text => text[..^3])];
        if (TopicPatterns.TryCreate(texts, out var patterns, out var problem, out var offender)) return patterns;
        reader.Reject(key, offender!, $"is not a topic or pattern such as orders/42, orders/* or orders/**: {problem}");
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
                reader.Reject($"Auth:PublishKeys and Auth:Keys both have a key '{name}'; give each key a name of its own.");
            else if (!secrets.TryAdd(key.Secret, name))
                reader.Reject($"The keys '{secrets[key.Secret]}' and '{name}' in Auth have the same secret; give each its own.");
            if (Encoding.UTF8.GetByteCount(key.Secret) > options.MaxTokenBytes)
                reader.Reject("Auth:MaxTokenBytes", $"{options.MaxTokenBytes}",
                    $"is less than the length of the key '{name}'; allow at least as many bytes as the longest key has.");
        }

        if (!options.ProtectedTopics.IsEmpty && !options.IsConfigured)
            reader.Reject(
                "Auth:ProtectedTopics is set, but nobody could read these topics; add a key in Auth:Keys:NAME, or tokens by Auth:Jwt.");
    }
}
