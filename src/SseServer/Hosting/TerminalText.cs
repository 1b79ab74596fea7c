using System.Globalization;
using System.Text;

namespace SseServer.Hosting;

/// <summary>
/// Escapes text from clients before people read it, so that nothing in it moves the cursor, changes colours, reorders, hides or breaks a
/// line. Terminals act on C0 and C1 controls (some of which begin escape sequences), editors and viewers also on direction marks and on
/// line and paragraph separators. Pure.
/// </summary>
internal static class TerminalText
{
    /// <summary>How an unsafe character is written.</summary>
    public enum Form
    {
        /// <summary><c>&lt;U+001B&gt;</c>: for people.</summary>
        Readable,

        /// <summary><c>\u001b</c>: in JSON, where it means the same character.</summary>
        Json,
    }

    /// <summary>The text with every unsafe character escaped; the same object if there is none.</summary>
    /// <param name="text">Any text, even with unpaired surrogates.</param>
    /// <param name="form">How unsafe characters are written.</param>
    /// <param name="keepsLines">Keeps LF and CR LF, the program's own line breaks. A lone CR is escaped, because it overwrites the
    /// line.</param>
    public static string Escape(string text, Form form = Form.Readable, bool keepsLines = false)
    {
        StringBuilder? escaped = null;
        for (var i = 0; i < text.Length;)
        {
            var isWhole = Rune.TryGetRuneAt(text, i, out var rune);
            var length = isWhole ? rune.Utf16SequenceLength : 1;
            var isSafe = isWhole && (IsSafe(rune) || (keepsLines && IsLineBreak(text, i)));
            if (!isSafe) escaped ??= new StringBuilder(text, 0, i, text.Length + 16);
            if (isSafe) escaped?.Append(text, i, length);
            else Append(escaped!, text.AsSpan(i, length), isWhole ? rune.Value : text[i], form);
            i += length;
        }

        return escaped?.ToString() ?? text;
    }

    // Format characters are direction marks (U+202E), joiners, tags, and others that are invisible. Combining marks are not among them.
    private static bool IsSafe(Rune rune) => rune.IsAscii
        ? rune.Value is >= ' ' and < 0x7F
        : Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static bool IsLineBreak(string text, int index)
        => text[index] == '\n' || (text[index] == '\r' && index + 1 < text.Length && text[index + 1] == '\n');

    private static void Append(StringBuilder escaped, ReadOnlySpan<char> units, int value, Form form)
    {
        if (form == Form.Readable) escaped.Append(CultureInfo.InvariantCulture, $"<U+{value:X4}>");
        // RFC 8259 section 7: a character outside the Basic Multilingual Plane is a surrogate pair.
        else foreach (var unit in units) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
    }
}
