using System.Buffers;

namespace SseServer.Protocol.Http;

/// <summary>
/// Decodes a chunked body (RFC 9112 section 7.1), however it is split into reads. Data is copied in blocks; everything else goes byte by
/// byte through a state machine that keeps no bytes. Lines end with CR LF only. Extensions and trailers are checked and dropped. The caller
/// limits the data, by <see cref="DecodedBytes"/>. A mutable value: do not copy it.
/// <code>
/// chunked-body = *( chunk-size [ chunk-ext ] CRLF chunk-data CRLF ) last-chunk trailer-section CRLF
/// </code>
/// </summary>
public struct ChunkedBodyDecoder
{
    private readonly ParserLimits? _limits;
    private ChunkedBodyState _state;
    private RequestRejection _rejection;
    private int _lineBytes;
    private int _extensionBytes;
    private long _chunkRemaining;

    /// <summary>Creates a decoder at the beginning of a body.</summary>
    public ChunkedBodyDecoder(ParserLimits limits) => _limits = limits;

    /// <summary>The number of bytes decoded.</summary>
    public long DecodedBytes { get; private set; }

    private readonly ParserLimits Limits => _limits ?? ParserLimits.Default;

    /// <summary>Decodes the input as far as it goes.</summary>
    /// <param name="input">More of the body; advanced past the consumed bytes, so to the bytes after the body once it is Complete.</param>
    /// <param name="output">Receives the data.</param>
    /// <param name="rejection">The reason if the body is Rejected, otherwise None.</param>
    /// <returns>Complete once the trailer section is read. A rejected body stays rejected.</returns>
    public ParseStatus Decode(ref ReadOnlySequence<byte> input, IBufferWriter<byte> output, out RequestRejection rejection)
    {
        ArgumentNullException.ThrowIfNull(output);
        long consumed = 0;
        foreach (ReadOnlyMemory<byte> segment in input)
        {
            if (_state == ChunkedBodyState.Finished || _rejection != RequestRejection.None)
                break;
            consumed += DecodeSegment(segment.Span, output);
        }

        input = input.Slice(consumed);
        rejection = _rejection;
        if (rejection != RequestRejection.None)
            return ParseStatus.Rejected;
        return _state == ChunkedBodyState.Finished ? ParseStatus.Complete : ParseStatus.Incomplete;
    }

    private int DecodeSegment(ReadOnlySpan<byte> segment, IBufferWriter<byte> output)
    {
        int at = 0;
        while (at < segment.Length && _state != ChunkedBodyState.Finished)
        {
            if (_state == ChunkedBodyState.Data)
            {
                int length = (int)Math.Min(_chunkRemaining, segment.Length - at);
                output.Write(segment.Slice(at, length));
                at += length;
                DecodedBytes += length;
                _chunkRemaining -= length;
                if (_chunkRemaining == 0)
                    _state = ChunkedBodyState.DataCarriageReturn;
                continue;
            }

            _rejection = Step(segment[at]);
            if (_rejection != RequestRejection.None)
                break;
            at++;
        }

        return at;
    }

    private RequestRejection Step(byte value) => _state switch
    {
        ChunkedBodyState.SizeStart or ChunkedBodyState.Size => StepSize(value),
        >= ChunkedBodyState.BeforeExtension and <= ChunkedBodyState.AfterExtensionQuote => StepExtension(value),
        ChunkedBodyState.SizeLineFeed => EndSizeLine(value),
        ChunkedBodyState.DataCarriageReturn =>
            Expect(value, '\r', ChunkedBodyState.DataLineFeed, RequestRejection.MissingChunkEnd),
        ChunkedBodyState.DataLineFeed => Expect(value, '\n', ChunkedBodyState.SizeStart, RequestRejection.MissingChunkEnd),
        ChunkedBodyState.EndLineFeed => Expect(value, '\n', ChunkedBodyState.Finished, RequestRejection.InvalidTrailer),
        _ => StepTrailer(value),
    };

    private RequestRejection Expect(byte value, char expected, ChunkedBodyState next, RequestRejection otherwise)
    {
        _lineBytes = 0;
        _state = next;
        return value == expected ? RequestRejection.None : otherwise;
    }

    // chunk-size = 1*HEXDIG

    private RequestRejection StepSize(byte value)
    {
        if (char.IsAsciiHexDigit((char)value))
        {
            if (_chunkRemaining > long.MaxValue >> 4)
                return RequestRejection.ChunkSizeOverflow;
            int digit = char.IsAsciiDigit((char)value) ? value - '0' : (value | 0x20) - 'a' + 10;
            _chunkRemaining = (_chunkRemaining << 4) | (uint)digit;
            _state = ChunkedBodyState.Size;
            return CountChunkLine();
        }

        if (_state == ChunkedBodyState.SizeStart)
            return RequestRejection.InvalidChunkSize;
        return ChunkExtension.TryEndElement(ref _state, value) ? CountChunkLine() : RequestRejection.InvalidChunkSize;
    }

    // Section 7.1.1: unknown extensions are ignored, and their total is limited.

    private RequestRejection StepExtension(byte value) =>
        ChunkExtension.TryStep(ref _state, value) ? CountChunkLine() : RequestRejection.InvalidChunkExtension;

    private RequestRejection EndSizeLine(byte value) => Expect(
        value,
        '\n',
        _chunkRemaining == 0 ? ChunkedBodyState.TrailerStart : ChunkedBodyState.Data,
        RequestRejection.InvalidChunkExtension);

    // trailer-section = *( field-line CRLF )

    private RequestRejection StepTrailer(byte value)
    {
        if (++_lineBytes > Limits.MaxTrailerBytes && !(_state == ChunkedBodyState.TrailerStart && value == '\r'))
            return RequestRejection.TrailerTooLarge;

        switch (_state)
        {
            case ChunkedBodyState.TrailerStart when value == '\r':
                _state = ChunkedBodyState.EndLineFeed;
                return RequestRejection.None;
            case ChunkedBodyState.TrailerStart or ChunkedBodyState.TrailerName when HttpTokens.IsTokenByte(value):
                _state = ChunkedBodyState.TrailerName;
                return RequestRejection.None;
            case ChunkedBodyState.TrailerName when value == ':':
                _state = ChunkedBodyState.TrailerValue;
                return RequestRejection.None;
            case ChunkedBodyState.TrailerValue when value == '\r':
                _state = ChunkedBodyState.TrailerLineFeed;
                return RequestRejection.None;
            case ChunkedBodyState.TrailerValue when HttpTokens.IsFieldValueByte(value):
                return RequestRejection.None;
            case ChunkedBodyState.TrailerLineFeed when value == '\n':
                _state = ChunkedBodyState.TrailerStart;
                return RequestRejection.None;
            default:
                return RequestRejection.InvalidTrailer;
        }
    }

    private RequestRejection CountChunkLine()
    {
        if (_state == ChunkedBodyState.SizeLineFeed)
            return RequestRejection.None;
        if (_state != ChunkedBodyState.Size && ++_extensionBytes > Limits.MaxChunkExtensionBytes)
            return RequestRejection.ChunkExtensionsTooLarge;
        return ++_lineBytes > Limits.MaxChunkLineBytes ? RequestRejection.ChunkLineTooLong : RequestRejection.None;
    }
}
