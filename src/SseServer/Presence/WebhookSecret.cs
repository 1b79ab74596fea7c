using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SseServer.Presence;

/// <summary>
/// Signs deliveries as Standard Webhooks has it: HMAC-SHA256 over the id, the time and the body with dots between them. Immutable; its text never shows the key.
/// </summary>
internal sealed class WebhookSecret
{
    // Standard Webhooks, "Symmetric signatures": 24 to 64 bytes.
    public const int MinBytes = 24;

    private const string Base64Prefix = "whsec_";

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    /// <summary>The key in base64 after <c>whsec_</c>, or any other text as it is. False where it is not base64 after all, or the key is too short.</summary>
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

    /// <summary>The value of <c>webhook-signature</c>: <c>v1,</c> and the signature in base64.</summary>
    /// <param name="id">The delivery's id.</param>
    /// <param name="unixSeconds">The time of this attempt.</param>
    /// <param name="body">What is sent.</param>
    public string Sign(string id, long unixSeconds, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{unixSeconds}.")));
        hmac.AppendData(body);
        return "v1," + Convert.ToBase64String(hmac.GetHashAndReset());
    }
}
