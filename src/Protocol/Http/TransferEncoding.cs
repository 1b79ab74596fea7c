namespace SseServer.Protocol.Http;

/// <summary>
/// The Transfer-Encoding of a request (RFC 9112 section 6.1). Only the plain word <c>chunked</c> in one field is accepted; everything else
/// is distinguished only to report what is wrong with it.
/// </summary>
internal static class TransferEncoding
{
    public static ReadOnlySpan<byte> FieldName => "Transfer-Encoding"u8;

    private static ReadOnlySpan<byte> Chunked => "chunked"u8;

    /// <summary>Checks the fields of a head that has <paramref name="count"/> of them.</summary>
    public static RequestRejection Check(RequestHead head, int count)
    {
        if (count == 1 && head.TryGetHeader(FieldName, out ReadOnlySpan<byte> only) && HttpTokens.EqualsIgnoreCase(only, Chunked))
            return RequestRejection.None;

        int chunked = 0;
        int others = 0;
        bool isChunkedLast = false;
        for (int index = 0; index < head.HeaderCount; index++)
        {
            if (!HttpTokens.EqualsIgnoreCase(head.HeaderName(index), FieldName))
                continue;
            foreach (ReadOnlySpan<byte> coding in new ListValues(head.HeaderValue(index)))
            {
                isChunkedLast = HttpTokens.EqualsIgnoreCase(coding, Chunked);
                if (isChunkedLast)
                    chunked++;
                else if (HttpTokens.IsToken(NameOf(coding)) && !HttpTokens.EqualsIgnoreCase(NameOf(coding), Chunked))
                    others++;
                else
                    return RequestRejection.InvalidTransferEncoding;
            }
        }

        if (chunked + others == 0)
            return RequestRejection.InvalidTransferEncoding;

        // Section 6.3: if chunked is not the last coding, the end of the body is unknown and the response must be 400.
        if (!isChunkedLast)
            return RequestRejection.ChunkedNotFinal;
        if (chunked > 1)
            return RequestRejection.ChunkedTwice;
        return others > 0 ? RequestRejection.UnsupportedTransferCoding : RequestRejection.InvalidTransferEncoding;
    }

    // transfer-coding = token *( OWS ";" OWS transfer-parameter )

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> coding)
    {
        int semicolon = coding.IndexOf((byte)';');
        return semicolon < 0 ? coding : HttpTokens.TrimWhitespace(coding[..semicolon]);
    }
}
