using System.Buffers;
using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

/// <summary>What the decoder says of a body, as values that tests compare.</summary>
internal sealed record DecodedBody(ParseStatus Status, RequestRejection Rejection, string Data, string Rest)
{
    public static DecodedBody Of(string body, ParserLimits? limits = null) =>
        Of(limits ?? ParserLimits.Default, new ReadOnlySequence<byte>(body.ToLatin1()));

    public static DecodedBody Of(ParserLimits limits, params ReadOnlySequence<byte>[] reads)
    {
        var decoder = new ChunkedBodyDecoder(limits);
        var output = new ArrayBufferWriter<byte>();
        ParseStatus status = ParseStatus.Incomplete;
        RequestRejection rejection = RequestRejection.None;
        string rest = "";
        foreach (ReadOnlySequence<byte> read in reads)
        {
            ReadOnlySequence<byte> input = read;
            status = decoder.Decode(ref input, output, out rejection);
            if (status != ParseStatus.Rejected)
                rest += Text.Latin1(input.ToArray());
        }

        Assert.That(decoder.DecodedBytes, Is.EqualTo(output.WrittenCount));
        return new DecodedBody(status, rejection, Text.Latin1(output.WrittenSpan), rest);
    }
}
