using System.Globalization;
using System.Text;

namespace SseServer.Hosting;

/// <summary>
/// Text of others where people read it: nothing in it moves a cursor, recolours, reorders, hides or breaks a line. A terminal acts on C0
/// and C1 controls (some of them begin escape sequences); an editor or a viewer also on marks of direction and on the separators of lines
/// and paragraphs. Pure.
/// </summary>
internal static class TerminalText
{
    /// <summary>How a character that must not appear is written instead.</summary>
    public enum Form
    {
        /// <summary><c>&lt;U+001B&gt;</c>: for people.</summary>
        Readable,

        /// <summary><c>\u001b</c>: within JSON, where it means the same character.</summary>
        Json,
    }

    /// <summary>The text with every such character written out; the same object where there is none.</summary>
    /// <param name="text">Any text, halves of surrogate pairs too.</param>
    /// <param name="form">How they are written.</param>
    /// <param name="keepsLines">Line breaks (LF, CR LF) are the writer's own and stay; another CR does not, since it has the line
    /// overwritten.</param>
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

    // Format characters are the marks of direction (U+202E), joiners, tags, and others that show nothing by themselves. Letters' own
    // marks are not among them.
    private static bool IsSafe(Rune rune) => rune.IsAscii
        ? rune.Value is >= ' ' and < 0x7F
        : Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static bool IsLineBreak(string text, int index)
        => text[index] == '\n' || (text[index] == '\r' && index + 1 < text.Length && text[index + 1] == '\n');

    private static void Append(StringBuilder escaped, ReadOnlySpan<char> units, int value, Form form)
    {
        if (form == Form.Readable) escaped.Append(CultureInfo.InvariantCulture, $"<U+{value:X4}>");
        // RFC 8259 section 7: a character beyond the basic plane is its pair.
        else foreach (var unit in units) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
    }
}
