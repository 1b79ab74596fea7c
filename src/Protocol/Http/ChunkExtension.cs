namespace SseServer.Protocol.Http;

/// <summary>
/// The grammar of the extensions after a chunk's size (RFC 9112 section 7.1.1), one byte a step. Extensions are dropped, but invalid ones
/// are rejected, because another reader could see the line end elsewhere.
/// <code>
/// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
/// chunk-ext-name = token; chunk-ext-val = token / quoted-string
/// </code>
/// </summary>
internal static class ChunkExtension
{
    /// <summary>Takes the next byte of an extension; false if it is not allowed there.</summary>
    public static bool TryStep(ref ChunkedBodyState state, byte value)
    {
        bool isSpace = value is (byte)' ' or (byte)'\t';
        bool isToken = HttpTokens.IsTokenByte(value);
        switch (state)
        {
            case ChunkedBodyState.BeforeExtension:
                return isSpace || TryMove(ref state, ChunkedBodyState.ExtensionNameStart, value == ';');
            case ChunkedBodyState.ExtensionNameStart:
                return isSpace || TryMove(ref state, ChunkedBodyState.ExtensionName, isToken);
            case ChunkedBodyState.ExtensionName:
                return isToken
                    || TryMove(ref state, ChunkedBodyState.AfterExtensionName, isSpace)
                    || TryMove(ref state, ChunkedBodyState.ExtensionValueStart, value == '=')
                    || TryEndElement(ref state, value);
            case ChunkedBodyState.AfterExtensionName:
                return isSpace
                    || TryMove(ref state, ChunkedBodyState.ExtensionValueStart, value == '=')
                    || TryMove(ref state, ChunkedBodyState.ExtensionNameStart, value == ';');
            case ChunkedBodyState.ExtensionValueStart:
                return isSpace
                    || TryMove(ref state, ChunkedBodyState.ExtensionQuote, value == '"')
                    || TryMove(ref state, ChunkedBodyState.ExtensionValue, isToken);
            case ChunkedBodyState.ExtensionValue:
                return isToken || TryEndElement(ref state, value);

            // quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE (RFC 9110 section 5.6.4)
            case ChunkedBodyState.ExtensionQuote:
                return TryMove(ref state, ChunkedBodyState.AfterExtensionQuote, value == '"')
                    || TryMove(ref state, ChunkedBodyState.ExtensionQuotedPair, value == '\\')
                    || HttpTokens.IsFieldValueByte(value);
            case ChunkedBodyState.ExtensionQuotedPair:
                return TryMove(ref state, ChunkedBodyState.ExtensionQuote, HttpTokens.IsFieldValueByte(value));
            default:
                return TryEndElement(ref state, value);
        }
    }

    /// <summary>
    /// Takes the byte that ends a size or an extension: a semicolon, white space before one, or the CR of the line's end; false for any
    /// other.
    /// </summary>
    public static bool TryEndElement(ref ChunkedBodyState state, byte value) =>
        TryMove(ref state, ChunkedBodyState.BeforeExtension, value is (byte)' ' or (byte)'\t')
        || TryMove(ref state, ChunkedBodyState.ExtensionNameStart, value == ';')
        || TryMove(ref state, ChunkedBodyState.SizeLineFeed, value == '\r');

    private static bool TryMove(ref ChunkedBodyState state, ChunkedBodyState next, bool condition)
    {
        if (condition)
            state = next;
        return condition;
    }
}
