using System.Buffers;
using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Properties;

public class ChunkedBodyProperties
{
    private static Gen<string> Extension =>
        from space in Pieces.White
        from name in Pieces.Token
        from value in Gen.OneOf(
            Gen.Constant(""),
            Pieces.Token.Select(token => "=" + token),
            Pieces.FieldValue.Select(text => $" =\t\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\""))
        select $"{space};{space}{name}{value}";

    private static Gen<string> Extensions => Gen.OneOf(Gen.Constant(""), Extension, Extension.Two().Select(two => two.Item1 + two.Item2));

    private static Gen<string> Trailers => Gen.OneOf(Gen.Constant(""), HeadModel.Field.Any.Select(line => line + "\r\n"));

    private static Gen<Chunk> AnyChunk =>
        from data in Pieces.Bytes.Where(data => data.Length > 0)
        from zeros in Gen.Elements("", "", "0", "000")
        from format in Gen.Elements("x", "X")
        from extensions in Extensions
        select new Chunk(data, zeros, format, extensions);

    private static Gen<Body> AnyBody =>
        from chunks in AnyChunk.ArrayOf()
        from zeros in Gen.Elements("0", "0", "000")
        from extensions in Extensions
        from trailers in Trailers
        select new Body(chunks, zeros + extensions + "\r\n" + trailers + "\r\n");

    [Test]
    public void Any_chunking_decodes_to_its_data_wherever_it_is_cut() => Law.HoldsWhereverCut(AnyBody, (body, cuts) =>
    {
        var expected = new DecodedBody(ParseStatus.Complete, RequestRejection.None, body.Data, "next");
        byte[][] parts = Sequences.PartsOf((body + "next").ToLatin1(), cuts);
        ReadOnlySequence<byte>[] reads = [.. parts.Select(part => new ReadOnlySequence<byte>(part))];
        return DecodedBody.Of(Limits, Sequences.Of(parts)) == expected && DecodedBody.Of(Limits, reads) == expected;
    });

    [Test]
    public void No_beginning_of_a_body_is_taken_for_the_whole() => Law.Holds(AnyBody.Zip(Gen.Choose(0, 10_000)), pair =>
    {
        string text = pair.Item1.ToString();
        return DecodedBody.Of(text[..(pair.Item2 % text.Length)], Limits).Status == ParseStatus.Incomplete;
    });

    [Test]
    public void The_envelope_of_a_chunk_is_what_the_decoder_reads() => Law.Holds(Pieces.Bytes.Where(data => data.Length > 0), data =>
    {
        byte[] prefix = new byte[ChunkEnvelope.MeasurePrefix(data.Length)];
        ChunkEnvelope.WritePrefix(prefix, data.Length);
        string body = Text.Latin1([.. prefix, .. data, .. ChunkEnvelope.Suffix, .. ChunkEnvelope.End]);
        return DecodedBody.Of(body) == new DecodedBody(ParseStatus.Complete, RequestRejection.None, Text.Latin1(data), "");
    });

    // The model knows no limits.
    private static ParserLimits Limits { get; } = new()
    {
        MaxChunkLineBytes = int.MaxValue,
        MaxChunkExtensionBytes = int.MaxValue,
        MaxTrailerBytes = int.MaxValue,
    };

    private sealed record Chunk(byte[] Bytes, string Zeros, string Format, string Extensions)
    {
        public override string ToString() =>
            $"{Zeros}{Bytes.Length.ToString(Format, CultureInfo.InvariantCulture)}{Extensions}\r\n{Text.Latin1(Bytes)}\r\n";
    }

    private sealed record Body(Chunk[] Chunks, string End)
    {
        public string Data => string.Concat(Chunks.Select(chunk => Text.Latin1(chunk.Bytes)));

        public override string ToString() => string.Concat<Chunk>(Chunks) + End;
    }
}
