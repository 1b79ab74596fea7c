using FsCheck;
using FsCheck.Fluent;

namespace SseServer.Protocol.Tests.Properties;

/// <summary>Generators of the pieces that messages are made of. Texts have one character for each byte.</summary>
internal static class Pieces
{
    private const string TokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz";

    public static Gen<string> Token => TextOf(Gen.Elements(TokenCharacters.ToCharArray())).Where(text => text.Length > 0);

    /// <summary>Spaces and tabs, most often few.</summary>
    public static Gen<string> White => Gen.Elements("", "", " ", "  ", "\t", " \t ");

    /// <summary>A field value without white space around it.</summary>
    public static Gen<string> FieldValue
        => TextOf(Gen.Elements("abZ019 \t:;,=\"\\()<>@/?{}\xE9\x80\xFF".ToCharArray())).Select(text => text.Trim(' ', '\t'));

    public static Gen<byte[]> Bytes => Gen.OneOf(
        Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(),
        Gen.Elements("\r\n0;%&=+ a"u8.ToArray()).ArrayOf());

    /// <summary>Text with all kinds of line breaks, and what looks like fields of an event stream.</summary>
    public static Gen<string> Lines => Gen.Elements(
        "", "a", " ", "\n", "\r", "\r\n", "\n\n", ":", "data: ", "data", "id: 1", "event: x", "retry: 5", "größe", "\U0001F600", "\t",
            "\uFEFF", "\0")
        .ArrayOf().Select(string.Concat);

    private static Gen<string> TextOf(Gen<char> character) => character.ArrayOf().Select(characters => new string(characters));
}
