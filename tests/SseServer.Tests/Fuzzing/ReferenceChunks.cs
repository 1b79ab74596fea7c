using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace SseServer.Tests.Fuzzing;

/// <summary>Decodes a chunked body with regular expressions over the whole text, without code of the decoder.</summary>
internal static partial class ReferenceChunks
{
    private const int MaxLine = 256;
    private const int MaxExtensions = 8192;
    private const int MaxTrailers = 8192;

    /// <summary>The data and the rest after the body; null if it is broken, incomplete, or has too large a framing.</summary>
    public static (string Data, string Behind)? Decode(string text)
    {
        var data = new StringBuilder();
        var extensions = 0;
        while (true)
        {
            var line = SizeLine().Match(text);
            if (!line.Success || line.Length - 2 > MaxLine) return null;
            extensions += line.Groups[2].Length;
            if (extensions > MaxExtensions) return null;
            var size = BigInteger.Parse("0" + line.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            text = text[line.Length..];
            if (size.IsZero) break;
            if (size + 2 > text.Length || text.Substring((int)size, 2) != "\r\n") return null;
            data.Append(text.AsSpan(0, (int)size));
            text = text[((int)size + 2)..];
        }

        var trailers = Trailers().Match(text);
        return trailers.Success && trailers.Groups[1].Length <= MaxTrailers ? (data.ToString(), text[trailers.Length..]) : null;
    }

    [GeneratedRegex(
        @"\A([0-9A-Fa-f]+)((?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*=[ \t]*(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"
        + @"""(?:[\t !#-\[\]-~\x80-\xFF]|\\[\t -~\x80-\xFF])*""))?)*)\r\n")]
    private static partial Regex SizeLine();

    [GeneratedRegex(@"\A((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\x80-\xFF]*\r\n)*)\r\n")]
    private static partial Regex Trailers();
}
