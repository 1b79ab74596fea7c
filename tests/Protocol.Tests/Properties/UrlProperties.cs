using FsCheck.Fluent;
using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Properties;

public class UrlProperties
{
    [Test]
    public void Any_bytes_come_back_from_their_escapes() => Law.Holds(Pieces.Bytes.Zip(Pieces.Bytes), pair =>
        Decode(Encode(pair.Item1, pair.Item2), plusIsSpace: false) == Text.Latin1(pair.Item1));

    [Test]
    public void Any_query_is_read_as_it_was_written() => Law.Holds(Pieces.Bytes.Zip(Pieces.Bytes).ArrayOf(), pairs =>
    {
        string query = string.Join('&', pairs.Select(pair => Encode(pair.Item1, []) + "=" + Encode(pair.Item2, [])));
        var read = new List<(string, string)>();
        foreach (QueryParameter parameter in new QueryString(query.ToLatin1()))
            read.Add((Decode(Text.Latin1(parameter.Name), plusIsSpace: true)!, Decode(Text.Latin1(parameter.Value), plusIsSpace: true)!));
        return read.SequenceEqual(pairs.Select(pair => (Text.Latin1(pair.Item1), Text.Latin1(pair.Item2))));
    });

    [Test]
    public void Any_list_is_read_without_its_empty_elements() => Law.Holds(
        Gen.OneOf(Pieces.Token, Pieces.White, Gen.Elements("\"a,b\"", "\"\\\",\"", "a=\",\"")).ArrayOf(),
        elements =>
        {
            var read = new List<string>();
            foreach (ReadOnlySpan<byte> element in new ListValues(string.Join(',', elements).ToLatin1()))
                read.Add(Text.Latin1(element));
            return read.SequenceEqual(elements.Select(element => element.Trim(' ', '\t')).Where(element => element.Length > 0));
        });

    /// <summary>Escapes what must be, in the case that the second array's bytes choose.</summary>
    private static string Encode(byte[] bytes, byte[] cases) => string.Concat(bytes.Select((value, index) =>
        char.IsAsciiLetterOrDigit((char)value) ? ((char)value).ToString()
        : index < cases.Length && cases[index] % 2 == 0 ? $"%{value:x2}" : $"%{value:X2}"));

    private static string? Decode(string encoded, bool plusIsSpace)
    {
        byte[] bytes = encoded.ToLatin1();
        return PercentDecoding.TryDecode(bytes, bytes, plusIsSpace, out int written) ? Text.Latin1(bytes.AsSpan(0, written)) : null;
    }
}
