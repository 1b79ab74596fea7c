using System.Text;

namespace SseServer.Endpoints;

/// <summary>
/// A listed origin with a wildcard: <c>https://*.app.example</c> matches one or more whole labels before the name, with the same scheme and
/// port, and never the name itself. The owner of any name below it can have a page there, so it grants reading only. Immutable.
/// </summary>
internal sealed class OriginWildcard
{
    private readonly byte[] _prefix;
    private readonly byte[] _suffix;

    /// <param name="origin">The origin in the form that browsers send, with <c>*.</c> before the name.</param>
    public OriginWildcard(string origin)
    {
        var star = origin.IndexOf('*', StringComparison.Ordinal);
        (_prefix, _suffix) = (Encoding.ASCII.GetBytes(origin[..star]), Encoding.ASCII.GetBytes(origin[(star + 1)..]));
    }

    /// <summary>Returns whether a listed origin has a wildcard.</summary>
    public static bool IsWildcard(string origin) => origin.Contains("://*.", StringComparison.Ordinal);

    public bool Matches(ReadOnlySpan<byte> origin)
    {
        if (origin.Length <= _prefix.Length + _suffix.Length) return false;
        if (!Ascii.EqualsIgnoreCase(origin[.._prefix.Length], _prefix)) return false;
        if (!Ascii.EqualsIgnoreCase(origin[^_suffix.Length..], _suffix)) return false;
        var labels = origin[_prefix.Length..^_suffix.Length];
        foreach (var label in labels.Split((byte)'.'))
            if (!IsLabel(labels[label])) return false;
        return true;
    }

    // Browsers look up names with underscores too.
    private static bool IsLabel(ReadOnlySpan<byte> label)
    {
        foreach (var value in label)
            if (!char.IsAsciiLetterOrDigit((char)value) && value is not ((byte)'-' or (byte)'_')) return false;
        return !label.IsEmpty;
    }
}
