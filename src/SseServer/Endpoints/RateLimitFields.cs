using System.Globalization;
using System.Text;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// The fields that tell a publisher its rate (draft-ietf-httpapi-ratelimit-headers-10): <c>RateLimit-Policy: "publish";q=200;w=2</c> is
/// what it may do, and <c>RateLimit: "publish";r=150;t=1</c> is what is left. Both count events, not requests.
/// </summary>
/// <param name="Quota">The most events that may be published at once.</param>
/// <param name="WindowSeconds">Seconds in which an empty allowance fills, rounded up.</param>
/// <param name="Remaining">Events that may be published now.</param>
/// <param name="ResetSeconds">Seconds until the allowance is full again, rounded up; 0 if it is.</param>
internal readonly record struct RateLimitFields(int Quota, long WindowSeconds, long Remaining, long ResetSeconds)
{
    /// <summary>Adds the fields to a response that has started.</summary>
    public void Write(HttpExchange exchange)
    {
        exchange.Header("RateLimit-Policy"u8, Ascii($"\"publish\";q={Quota};w={WindowSeconds}"));
        exchange.Header("RateLimit"u8, Ascii($"\"publish\";r={Remaining};t={ResetSeconds}"));
    }

    private static byte[] Ascii(FormattableString text) => Encoding.ASCII.GetBytes(text.ToString(CultureInfo.InvariantCulture));
}
