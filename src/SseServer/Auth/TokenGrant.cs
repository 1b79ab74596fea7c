using System.Text.Json;

namespace SseServer.Auth;

/// <summary>
/// The rights that a token's claim grants: <c>{"publish":["orders/*"],"subscribe":["orders/**"],"admin":false}</c>. What is left out is not
/// granted; other members are ignored.
/// </summary>
internal sealed class TokenGrant
{
    /// <summary>The rights of a token without the claim.</summary>
    public static readonly TokenGrant None = new();

    // Each publish and subscription goes through them; a client with more topics uses wildcards.
    public const int MaxPatterns = 100;

    public TopicPatterns Publish { get; private init; } = TopicPatterns.None;

    public TopicPatterns Subscribe { get; private init; } = TopicPatterns.None;

    public bool IsAdmin { get; private init; }

    /// <summary>Returns null if the claim does not have that form.</summary>
    public static TokenGrant? Read(JsonElement claim)
    {
        if (claim.ValueKind != JsonValueKind.Object) return null;
        if (!TryReadPatterns(claim, "publish"u8, out var publish) || !TryReadPatterns(claim, "subscribe"u8, out var subscribe)) return null;
        var hasAdmin = claim.TryGetProperty("admin"u8, out var admin);
        if (hasAdmin && admin.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) return null;
        return new() { Publish = publish, Subscribe = subscribe, IsAdmin = hasAdmin && admin.GetBoolean() };
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
