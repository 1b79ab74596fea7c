using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace SseServer.Tests.Fuzzing;

/// <summary>
/// A second, slow definition of an acceptable request head: regular expressions over the whole text, without code of the parser. Texts have
/// one character per byte.
/// </summary>
internal static partial class ReferenceHead
{
    private const int MaxLine = 8192;
    private const int MaxFields = 32768;
    private const int MaxCount = 100;

    /// <summary>The length of the head with its empty line; -1 if there is no empty line.</summary>
    public static int Measure(string text)
    {
        var start = EmptyLines().Match(text).Length;
        var end = text.IndexOf("\r\n\r\n", start, StringComparison.Ordinal);
        return end < 0 ? -1 : end + 4;
    }

    /// <summary>Whether a strict server accepts a head, including its empty line.</summary>
    public static bool Accepts(string head)
    {
        var lines = head[EmptyLines().Match(head).Length..^4].Split("\r\n");
        var fields = lines[1..];
        if (!Line().IsMatch(lines[0]) || lines[0].Length > MaxLine || fields.Length > MaxCount) return false;
        if (fields.Sum(field => field.Length + 2) > MaxFields || !fields.All(field => Field().IsMatch(field))) return false;

        var parts = lines[0].Split(' ');
        var isHttp11 = parts[2] != "HTTP/1.0";
        return AcceptsFraming(fields, isHttp11)
            && AcceptsExpectations(fields, isHttp11)
            && AcceptsTarget(parts[0], parts[1], Values(fields, "Host"), isHttp11);
    }

    [GeneratedRegex(@"\A(?:\r\n){0,4}")]
    private static partial Regex EmptyLines();

    [GeneratedRegex(@"\A[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} [!-~]+ HTTP/1\.[0-9]\z")]
    private static partial Regex Line();

    [GeneratedRegex(@"\A[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\x80-\xFF]*\z")]
    private static partial Regex Field();

    [GeneratedRegex(@"\A/(?:[^?#%\\]|%(?:[2-68-9A-Fa-f][0-9A-Fa-f]|7[0-9A-Ea-e]))*(?:\?[^#]*)?\z")]
    private static partial Regex Origin();

    [GeneratedRegex(@"\A(https?)://([^/?]*)(.*)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Absolute();

    [GeneratedRegex(@"\A(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~]+)(?::([0-9]*))?\z")]
    private static partial Regex Host();

    private static string[] Values(string[] fields, string name) =>
    [
        .. fields.Where(field => field.Split(':')[0].Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(field => field[(field.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim(' ', '\t')),
    ];

    private static bool AcceptsFraming(string[] fields, bool isHttp11)
    {
        if (Values(fields, "Content_Length").Length + Values(fields, "Transfer_Encoding").Length > 0) return false;
        return (Values(fields, "Content-Length"), Values(fields, "Transfer-Encoding")) switch
        {
            ([], []) => true,
            ([var length], []) => length.All(char.IsAsciiDigit) && (length == "0" || !length.StartsWith('0'))
                && decimal.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= long.MaxValue,
            ([], [var coding]) => isHttp11 && coding.Equals("chunked", StringComparison.OrdinalIgnoreCase),
            _ => false,
        };
    }

    private static bool AcceptsExpectations(string[] fields, bool isHttp11) => !isHttp11
        || Values(fields, "Expect").SelectMany(value => value.Split(',')).Select(element => element.Trim(' ', '\t'))
            .All(element => element.Length == 0 || element.Equals("100-continue", StringComparison.OrdinalIgnoreCase));

    private static bool AcceptsTarget(string method, string target, string[] hosts, bool isHttp11)
    {
        if (method == "CONNECT" || hosts.Length > 1 || (hosts.Length == 0 && isHttp11)) return false;
        if (hosts.Length == 1 && HostOf(hosts[0], 80) is null) return false;
        if (Origin().IsMatch(target) || (target == "*" && method == "OPTIONS")) return true;

        var absolute = Absolute().Match(target);
        if (!absolute.Success) return false;
        var rest = absolute.Groups[3].Value;
        var port = absolute.Groups[1].Value.Length == 5 ? 443 : 80;
        var host = HostOf(absolute.Groups[2].Value, port);
        return host is not null && Origin().IsMatch(rest.StartsWith('/') ? rest : "/" + rest)
            && (hosts.Length == 0 || HostOf(hosts[0], port) == host);
    }

    /// <summary>Host and port in a comparable form; null if they are invalid.</summary>
    private static string? HostOf(string value, int defaultPort)
    {
        var match = Host().Match(value);
        if (!match.Success) return null;
        var name = match.Groups[1].Value;
        if (name[0] == '[' && (!IPAddress.TryParse(name[1..^1], out _) || !name.Contains(':', StringComparison.Ordinal))) return null;
        var port = match.Groups[2].Value.TrimStart('0');
        if (port.Length > 5 || (port.Length > 0 && int.Parse(port, CultureInfo.InvariantCulture) > 65535)) return null;
        var number = match.Groups[2].Value.Length == 0 ? defaultPort : port.Length == 0 ? 0 : int.Parse(port, CultureInfo.InvariantCulture);
        return $"{name.ToLowerInvariant()}:{number}";
    }
}
