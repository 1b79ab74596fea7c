using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace SseServer.Endpoints;

/// <summary>
/// The page at <see cref="ProblemCode.Page"/>, to which the <c>type</c> of every refusal leads: docs/errors.md, embedded in the binary, as
/// HTML. Reads only the Markdown of that page: headings, paragraphs, code, and links, of which the text remains, because the other pages
/// are not served.
/// </summary>
internal static partial class ErrorsPage
{
    private static readonly byte[] Page = Encoding.UTF8.GetBytes(ToHtml(Resource.ReadText("errors.md")));

    public static ReadOnlySpan<byte> Bytes => Page;

    // Only text: nothing is loaded, run or sent.
    public static ReadOnlySpan<byte> ContentSecurityPolicy
        => "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"u8;

    /// <summary>Returns the page as HTML; each heading is the fragment of its text.</summary>
    public static string ToHtml(string markdown)
    {
        var html = new StringBuilder("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Errors</title>\n");
        var isCode = false;
        foreach (var line in markdown.Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) html.Append((isCode = !isCode) ? "<pre>" : "</pre>\n");
            else if (isCode) html.Append(WebUtility.HtmlEncode(line)).Append('\n');
            else if (line.Length > 0) AppendBlock(html, line);
        }

        return html.ToString();
    }

    private static void AppendBlock(StringBuilder html, string line)
    {
        var level = line.Length - line.TrimStart('#').Length;
        var text = line[level..].Trim();
        var inline = Code().Replace(Link().Replace(WebUtility.HtmlEncode(text), "$1"), "<code>$1</code>");
        if (level == 0) html.Append("<p>").Append(inline).Append("</p>\n");
        else html.Append($"<h{level} id=\"{WebUtility.HtmlEncode(text)}\">{inline}</h{level}>\n");
    }

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]+\)")]
    private static partial Regex Link();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
