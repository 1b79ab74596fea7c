using System.Text.Json;

namespace SseServer.Auth;

/// <summary>
/// The rights that a token's claim grants: <c>{"publish":["orders/*"],"subscribe":["orders/**"],"admin":false}</c>. What is left out is not
/// granted; other members are ignored. The claim can also be a list of words, or one text of words separated by spaces, as in <c>scope</c>
/// (RFC 8693 section 4.2): <c>sse:publish:orders/* sse:subscribe:orders/** sse:admin</c>. Words without the prefix are for other services.
/// </summary>
internal sealed class TokenGrant
{
    /// <summary>The rights of a token without the claim.</summary>
    public static readonly TokenGrant None = new();

    // Each publish and subscription goes through them; a client with more topics uses wildcards.
    public const int MaxPatterns = 100;

    // Without it, the admin of another service would be one here.
    private const string Prefix = "sse:";

    public TopicPatterns Publish { get; private init; } = TopicPatterns.None;

    public TopicPatterns Subscribe { get; private init; } = TopicPatterns.None;

    public bool IsAdmin { get; private init; }

    /// <summary>Returns null if the claim does not have that form.</summary>
    public static TokenGrant? Read(JsonElement claim)
    {
        if (claim.ValueKind == JsonValueKind.String) return OfWords(claim.GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (claim.ValueKind == JsonValueKind.Array)
        {
            var words = new List<string>();
            foreach (var item in claim.EnumerateArray())
                if (item.ValueKind == JsonValueKind.String) words.Add(item.GetString()!);
            return OfWords(words);
        }

        if (claim.ValueKind != JsonValueKind.Object) return null;
        if (!TryReadPatterns(claim, "publish"u8, out var publish) || !TryReadPatterns(claim, "subscribe"u8, out var subscribe)) return null;
        var hasAdmin = claim.TryGetProperty("admin"u8, out var admin);
        if (hasAdmin && admin.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) return null;
        return new() { Publish = publish, Subscribe = subscribe, IsAdmin = hasAdmin && admin.GetBoolean() };
    }

    private static TokenGrant? OfWords(IEnumerable<string> words)
    {
        const string publishPrefix = Prefix + "publish:";
        const string subscribePrefix = Prefix + "subscribe:";
        var (publish, subscribe, isAdmin) = (new List<string>(), new List<string>(), false);
        foreach (var word in words)
        {
            if (!word.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            if (word.StartsWith(publishPrefix, StringComparison.Ordinal)) publish.Add(word[publishPrefix.Length..]);
            else if (word.StartsWith(subscribePrefix, StringComparison.Ordinal)) subscribe.Add(word[subscribePrefix.Length..]);
            else if (word == Prefix + "admin") isAdmin = true;
            else return null;
        }

        if (publish.Count > MaxPatterns || subscribe.Count > MaxPatterns) return null;
        if (!TopicPatterns.TryCreate(publish, out var publishes, out _, out _)) return null;
        if (!TopicPatterns.TryCreate(subscribe, out var subscribes, out _, out _)) return null;
        return new() { Publish = publishes, Subscribe = subscribes, IsAdmin = isAdmin };
    }

    private static bool TryReadPatterns(JsonElement claim, ReadOnlySpan<byte> name, out TopicPatterns patterns)
    {
        patterns = TopicPatterns.None;
        if (!claim.TryGetProperty(name, out var list)) return true;
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxPatterns) return false;
        var texts = new List<string>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String) return false;
            texts.Add(item.GetString()!);
        }

        if (!TopicPatterns.TryCreate(texts, out var created, out _, out _)) return false;
        patterns = created;
        return true;
    }
}
