using System.Buffers;
using SseServer.Protocol.Http;

namespace SseServer.Tests.Fuzzing;

/// <summary>The decoder of chunked bodies against a slow reference, and against itself with other splits.</summary>
public sealed class ChunkedBodyFuzzTests
{
    [Test]
    public void Decodes_exactly_what_the_reference_decodes([Range(1, 8)] int seed) => Fuzz.Check(seed, Sample, text =>
    {
        var result = Decode([new ReadOnlySequence<byte>(Fuzz.Bytes(text))]);
        var expected = ReferenceChunks.Decode(text);
        (string, string)? decoded = result.Status == ParseStatus.Complete ? (result.Data, result.Rest) : null;
        Assert.That(decoded, Is.EqualTo(expected), () => $"{result.Rejection}: {Fuzz.Show(text)}");
        return decoded is not null;
    });

    [Test]
    public void Result_is_the_same_however_the_bytes_are_split([Range(11, 14)] int seed) => Fuzz.Check(seed, Sample, (text, random) =>
    {
        var bytes = Fuzz.Bytes(text);
        var cut = random.Next(bytes.Length + 1);
        var whole = Decode([new ReadOnlySequence<byte>(bytes)]);
        var inSegments = Decode([Fuzz.Cut(bytes, random)]);
        var inReads = Decode([new ReadOnlySequence<byte>(bytes[..cut]), Fuzz.Cut(bytes[cut..], random)]);
        Assert.That(new[] { inSegments, inReads }, Is.All.EqualTo(whole), () => Fuzz.Show(text));
    });

    private static string Sample(Samples samples) => samples.Chunked(samples.Text() + samples.EventStream()) + "next";

    private static Result Decode(ReadOnlySequence<byte>[] reads)
    {
        var decoder = new ChunkedBodyDecoder(ParserLimits.Default);
        var output = new ArrayBufferWriter<byte>();
        var (status, rejection, rest) = (ParseStatus.Incomplete, RequestRejection.None, "");
        foreach (var read in reads)
        {
            var input = read;
            status = decoder.Decode(ref input, output, out rejection);
            rest += status == ParseStatus.Complete ? Fuzz.Text(input.ToArray()) : "";
        }

        return new Result(status, rejection, Fuzz.Text(output.WrittenSpan), rest);
    }

    private sealed record Result(ParseStatus Status, RequestRejection Rejection, string Data, string Rest);
}
