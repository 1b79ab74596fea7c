using System.Text;

namespace SseServer.Hosting;

/// <summary>
/// Makes everything that a command prints safe for a terminal (<see cref="TerminalText"/>). Line breaks are kept, because they are the
/// program's own. Not thread-safe.
/// </summary>
/// <param name="inner">The target; not closed.</param>
/// <param name="form">How unsafe characters are written.</param>
internal sealed class TerminalWriter(TextWriter inner, TerminalText.Form form = TerminalText.Form.Readable)
    : TextWriter(inner.FormatProvider)
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Write(value.ToString());

    // All other overloads of the base class call these.
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(string? value)
    {
        if (value is not null) inner.Write(TerminalText.Escape(value, form, keepsLines: true));
    }

    public override void WriteLine() => inner.WriteLine();

    public override void WriteLine(string? value)
    {
        Write(value);
        inner.WriteLine();
    }

    public override void Flush() => inner.Flush();
}
