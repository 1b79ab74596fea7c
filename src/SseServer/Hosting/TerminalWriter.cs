using System.Text;

namespace SseServer.Hosting;

/// <summary>
/// Writes to the command line's output what a terminal may be given (<see cref="TerminalText"/>). Line breaks are the program's own. One
/// thread at a time.
/// </summary>
/// <param name="inner">Where it goes; not closed.</param>
/// <param name="form">How other characters are written instead.</param>
internal sealed class TerminalWriter(TextWriter inner, TerminalText.Form form = TerminalText.Form.Readable)
    : TextWriter(inner.FormatProvider)
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Write(value.ToString());

    // All other overloads of the base class come down to these.
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
