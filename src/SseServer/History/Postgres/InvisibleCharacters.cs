using System.Globalization;
using System.Text;
using SseServer.Protocol.Topics;

namespace SseServer.History.Postgres;

/// <summary>
/// The characters beyond ASCII that no topic name may contain, for SQL, which does not know Unicode's categories. Taken from the rule for
/// topic names itself. Any thread.
/// </summary>
internal static class InvisibleCharacters
{
    private const int FirstBeyondAscii = 0x80;
    private const int AfterLast = 0x110000;

    private static readonly Lazy<string> Text = new(Create);

    /// <summary>Their code points as a literal of PostgreSQL's <c>int4multirange</c>: <c>{[128,161),...}</c>.</summary>
    public static string Multirange => Text.Value;

    private static string Create()
    {
        var ranges = new List<string>();
        var start = -1;
        for (var code = FirstBeyondAscii; code <= AfterLast; code++)
        {
            // After the last character a range ends, too.
            var isVisible = code == AfterLast || IsVisible(code);
            if (!isVisible && start < 0) start = code;
            if (!isVisible || start < 0) continue;
            ranges.Add(string.Create(CultureInfo.InvariantCulture, $"[{start},{code})"));
            start = -1;
        }

        return $"{{{string.Join(',', ranges)}}}";
    }

    private static bool IsVisible(int code)
    {
        if (!Rune.IsValid(code)) return false;
        Span<byte> name = stackalloc byte[4];
        return TopicName.TryCreate(name[..new Rune(code).EncodeToUtf8(name)], out _, out _);
    }
}
