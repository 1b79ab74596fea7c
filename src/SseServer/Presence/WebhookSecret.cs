using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SseServer.Presence;

/// <summary>
/// Signs deliveries as Standard Webhooks specifies: HMAC-SHA256 over the id, the time and the body, joined by dots. Immutable; never
/// printed.
/// </summary>
internal sealed class WebhookSecret
{
    // Standard Webhooks, "Symmetric signatures": 24 to 64 bytes.
    public const int MinBytes = 24;

    private const string Base64Prefix = "whsec_";

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    /// <summary>
    /// Reads a key in base64 after <c>whsec_</c>, or any other text as it is. False if the base64 is invalid or the key is too short.
    /// </summary>
    public static bool TryCreate(string text, out WebhookSecret? secret)
    {
        secret = null;
        byte[] key;
        if (text.StartsWith(Base64Prefix, StringComparison.Ordinal))
        {
            var base64 = text.AsSpan(Base64Prefix.Length);
            if (!Base64.IsValid(base64)) return false;
            key = Convert.FromBase64String(base64.ToString());
        }
        else
        {
            key = Encoding.UTF8.GetBytes(text);
        }

        if (key.Length < MinBytes) return false;
        secret = new(key);
        return true;
    }

    /// <summary>Returns the value of <c>webhook-signature</c>: <c>v1,</c> and the signature in base64.</summary>
    /// <param name="id">The delivery's id.</param>
    /// <param name="unixSeconds">The time of this attempt.</param>
    /// <param name="body">The body of the request.</param>
    public string Sign(string id, long unixSeconds, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{unixSeconds}.")));
        hmac.AppendData(body);
        return "v1," + Convert.ToBase64String(hmac.GetHashAndReset());
    }
}
