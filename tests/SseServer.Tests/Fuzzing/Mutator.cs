using System.Text.RegularExpressions;

namespace SseServer.Tests.Fuzzing;

/// <summary>
/// Damages texts (one character for each byte) along the grammar they share: words, numbers, delimiters and lines are moved,
/// repeated, left out and replaced by those at the edges of what parsers expect. The same random numbers give the same damage.
/// </summary>
internal sealed partial class Mutator(Random random)
{
    private static readonly string[] Words =
    [
        "\r\n", "\r", "\n", "\r\n\r\n", "\n\n", "\r\r\n", "\0", " ", "\t", "\v", "\f", "\x1B", "\x7F", "\x80", "\xA0", "\xFF", "\xC3\xA9",
        "\xC0\xAF",
        "\xEF\xBB\xBF", "\xED\xA0\x80", "\xE2\x80\xAE", ":", ";", ",", "=", "\"", "'", "\\", "/", "//", "?", "#", "&", "+", "-", "_", "*",
        "**", ".", "..",
        "@", "[", "]", "{", "}", "$", "|", "<", ">", "%", "%0", "%00", "%0d%0a", "%2F", "%2e%2e", "%25", "%C3%A9", "%ED%A0%80", "%u0041",
        "GET", "POST", "HEAD", "OPTIONS", "CONNECT", "HTTP/1.0", "HTTP/1.1", "HTTP/1.9", "HTTP/2.0", "http://localhost", "http://b:80",
        "Host", "Host: b\r\n", "Host: localhost\r\n", "Content-Length", "Content-Length: 0\r\n", "Content-Length: 5\r\n",
        "Content_Length: 5\r\n",
        "Transfer-Encoding", "Transfer-Encoding: chunked\r\n", "chunked", "identity", "gzip", "Connection: close\r\n", "close",
        "keep-alive",
        "Expect: 100-continue\r\n", "100-continue", "Upgrade: h2c\r\n", " folded\r\n", "0\r\n\r\n", "5;a=\"b\"\r\n", "0;a\r\n", "X: y\r\n",
        "data", "data: ", "event: ", "id: ", "retry: ", "topic", "null", "true", "[]", "{}", "\\u0000", "\\ud800", "\\\"", "1e999", "-0",
        "[[[[",
    ];

    private static readonly string[] Numbers =
    [
        "0", "00", "1", "-1", "+1", "007", "9", "10", "255", "256", "257", "65535", "65536", "2147483647", "2147483648", "4294967295",
        "4294967296",
        "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "99999999999999999999999",
        "f", "ff", "7fffffff", "80000000", "7fffffffffffffff", "8000000000000000", "ffffffffffffffff", "10000000000000000", "0x10", "1e3",
        "1.5", "1_0",
    ];

    /// <summary>Damages a text at one to four places; parts of <paramref name="other"/> may get into it.</summary>
    public string Mutate(string text, string other)
    {
        var tokens = Split(text);
        for (var count = random.Next(1, 5); count > 0 && tokens.Count > 0; count--) MutateOnce(tokens, other);
        return string.Concat(tokens);
    }

    // Words, numbers, line ends, and every other character by itself.
    [GeneratedRegex(@"[A-Za-z]+|[0-9]+|\r\n|.", RegexOptions.Singleline)]
    private static partial Regex Tokens();

    private static List<string> Split(string text) => [.. Tokens().Matches(text).Select(match => match.Value)];

    private void MutateOnce(List<string> tokens, string other)
    {
        var at = random.Next(tokens.Count);
        var length = Math.Min(random.Next(1, 8), tokens.Count - at);
        switch (random.Next(14))
        {
            case 0:
                tokens.RemoveAt(at);
                break;
            case 1:
                tokens.RemoveRange(at, length);
                break;
            case 2:
                tokens.InsertRange(random.Next(tokens.Count), tokens.GetRange(at, length));
                break;
            case 3:
                var with = random.Next(tokens.Count);
                (tokens[at], tokens[with]) = (tokens[with], tokens[at]);
                break;
            case 4:
                tokens.Insert(at, Pick(Words));
                break;
            case 5:
                tokens[at] = Pick(Words);
                break;
            case 6:
                tokens[NumberFrom(tokens, at)] = Pick(Numbers);
                break;
            case 7:
                tokens[at] = tokens[at].Any(char.IsAsciiLetterLower) ? tokens[at].ToUpperInvariant() : tokens[at].ToLowerInvariant();
                break;
            case 8:
                tokens.RemoveRange(at, tokens.Count - at);
                break;
            case 9:
                Splice(tokens, at, Split(other));
                break;
            case 10:
                tokens[at] = string.Concat(Enumerable.Repeat(tokens[at], 1 << random.Next(12)));
                break;
            case 11:
                tokens[at] = ((char)random.Next(256)).ToString();
                break;
            case 12:
                tokens[at] = string.Concat(tokens[at].Select(character => $"%{(int)character:X2}"));
                break;
            default:
                DoubleLine(tokens, at);
                break;
        }
    }

    private string Pick(string[] choices) => choices[random.Next(choices.Length)];

    /// <summary>The first number at or after a position, or that position if there is none.</summary>
    private static int NumberFrom(List<string> tokens, int at)
    {
        var number = tokens.FindIndex(at, token => char.IsAsciiDigit(token[0]));
        return number < 0 ? at : number;
    }

    private void Splice(List<string> tokens, int at, List<string> others)
    {
        if (others.Count == 0) return;
        tokens.RemoveRange(at, tokens.Count - at);
        tokens.AddRange(others.Skip(random.Next(others.Count)));
    }

    private void DoubleLine(List<string> tokens, int at)
    {
        var start = tokens.LastIndexOf("\r\n", at) + 1;
        var end = tokens.IndexOf("\r\n", at);
        if (end < start) return;
        var line = tokens.GetRange(start, end + 1 - start);
        tokens.InsertRange(random.Next(2) == 0 ? start : end + 1, line);
    }
}
