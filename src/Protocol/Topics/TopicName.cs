using System.Globalization;
using System.Text;

namespace SseServer.Protocol.Topics;

/// <summary>
/// A topic's name in its one normal form: percent-decoded once, compared byte by byte. Segments of visible UTF-8 separated by <c>/</c>;
/// never empty, never <c>.</c> or <c>..</c>; no control or invisible characters (but joiners within a word), no <c>*</c>; at most <see
/// cref="MaxBytes"/> bytes. Names that begin with <c>$</c> are the server's: they can be subscribed to, but not published to.
/// </summary>
public readonly ref struct TopicName
{
    /// <summary>The longest name or pattern, in bytes of UTF-8.</summary>
    public const int MaxBytes = 256;

    private TopicName(ReadOnlySpan<byte> utf8) => Utf8 = utf8;

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Utf8 { get; }

    /// <summary>The topic of a request that names none.</summary>
    public static TopicName Default => new("default"u8);

    /// <summary>It begins with <c>$</c>: it can be subscribed to, but not published to.</summary>
    public bool IsServerOwned => Utf8[0] == '$';

    /// <summary>
    /// Creates a name from <paramref name="utf8"/>. False, with a sentence that says what to correct, if it is not a topic name.
    /// </summary>
    public static bool TryCreate(ReadOnlySpan<byte> utf8, out TopicName name, out string? problem)
    {
        name = default;
        problem = Check(utf8, allowWildcards: false);
        if (problem is not null) return false;
        name = new(utf8);
        return true;
    }

    /// <summary>What is wrong with a topic name or, with wildcards allowed, with a pattern; null if nothing is.</summary>
    internal static string? Check(ReadOnlySpan<byte> utf8, bool allowWildcards)
    {
        if (utf8.IsEmpty) return "A topic name is empty; give at least one character.";
        if (utf8.Length > MaxBytes) return "A topic name is longer than 256 bytes.";
        if (!System.Text.Unicode.Utf8.IsValid(utf8)) return "A topic name is not valid UTF-8.";
        foreach (var segment in utf8.Split((byte)'/'))
        {
            var text = utf8[segment];
            if (text.IsEmpty) return "A topic name has an empty segment: no leading, trailing or double '/'.";
            if (text.SequenceEqual("."u8) || text.SequenceEqual(".."u8)) return "A topic name has a '.' or '..' segment.";
            if (text.Contains((byte)'*') && !(allowWildcards && IsWildcard(text)))
                return "A '*' is only allowed as a whole segment of a pattern, '**' only as its last one; patterns are for subscribing.";
        }

        var before = new Rune('/');
        var rest = utf8;
        foreach (var rune in EnumerateRunes(utf8))
        {
            rest = rest[rune.Utf8SequenceLength..];
            if (!IsVisible(rune) && !(IsJoiner(rune) && Joins(before, rest)))
                return "A topic name has a control, space-like or invisible character.";
            before = rune;
        }

        return null;
    }

    private static bool IsWildcard(ReadOnlySpan<byte> segment) => segment.SequenceEqual("*"u8) || segment.SequenceEqual("**"u8);

    // ZERO WIDTH NON-JOINER and JOINER. Persian and the scripts of India are not written correctly without them, and they hold emoji
    // sequences together.
    private static bool IsJoiner(Rune rune) => rune.Value is 0x200C or 0x200D;

    // Between two ASCII characters, beside another joiner, or at the end of a segment a joiner changes nothing that can be seen.
    private static bool Joins(Rune before, ReadOnlySpan<byte> rest)
    {
        if (Rune.DecodeFromUtf8(rest, out var after, out _) != System.Buffers.OperationStatus.Done) return false;
        return IsJoinable(before) && IsJoinable(after) && !(before.IsAscii && after.IsAscii);
    }

    private static bool IsJoinable(Rune rune) => rune.Value is not (' ' or '/') && IsVisible(rune);

    // A plain space is visible in quotes and common in names of people and places; other separators and format characters
    // (bidirectional overrides, for example) make two names look the same, so they are refused.
    private static bool IsVisible(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.SpaceSeparator or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate => false,
        _ => true,
    };

    private static RuneEnumerator EnumerateRunes(ReadOnlySpan<byte> utf8) => new(utf8);

    private ref struct RuneEnumerator(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public Rune Current { get; private set; }

        public readonly RuneEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.IsEmpty) return false;
            Rune.DecodeFromUtf8(_rest, out var rune, out var used);
            Current = rune;
            _rest = _rest[used..];
            return true;
        }
    }
}
