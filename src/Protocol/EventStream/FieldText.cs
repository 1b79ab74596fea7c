using System.Buffers;
using System.Text.Unicode;

namespace SseServer.Protocol.EventStream;

/// <summary>Which bytes the value of a one-line field may contain. The types of such values check it once, at creation.</summary>
internal static class FieldText
{
    private const byte Delete = 0x7F;

    // C1 controls, U+0080 to U+009F, are C2 80 to C2 9F in UTF-8.
    private const byte C1Lead = 0xC2;
    private const byte FirstAfterC1 = 0xA0;

    private static readonly SearchValues<byte> AsciiControls = SearchValues.Create(CreateAsciiControls());

    /// <summary>Whether text is valid UTF-8 without C0 controls (which include line breaks and NUL) and DEL.</summary>
    public static bool IsLine(ReadOnlySpan<byte> utf8) => !utf8.ContainsAny(AsciiControls) && Utf8.IsValid(utf8);

    /// <summary>Whether valid UTF-8 contains a C1 control.</summary>
    public static bool HasC1Control(ReadOnlySpan<byte> utf8)
    {
        while (true)
        {
            var lead = utf8.IndexOf(C1Lead);
            if (lead < 0 || lead + 1 >= utf8.Length) return false;
            if (utf8[lead + 1] < FirstAfterC1) return true;
            utf8 = utf8[(lead + 2)..];
        }
    }

    private static byte[] CreateAsciiControls()
    {
        var controls = new byte[' ' + 1];
        for (var control = 0; control < ' '; control++)
            controls[control] = (byte)control;
        controls[' '] = Delete;
        return controls;
    }
}
