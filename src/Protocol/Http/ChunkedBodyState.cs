namespace SseServer.Protocol.Http;

/// <summary>What a <see cref="ChunkedBodyDecoder"/> expects next.</summary>
internal enum ChunkedBodyState
{
    SizeStart,
    Size,

    // From here to AfterExtensionQuote: the steps of ChunkExtension.
    BeforeExtension,
    ExtensionNameStart,
    ExtensionName,
    AfterExtensionName,
    ExtensionValueStart,
    ExtensionValue,
    ExtensionQuote,
    ExtensionQuotedPair,
    AfterExtensionQuote,

    SizeLineFeed,
    Data,
    DataCarriageReturn,
    DataLineFeed,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLineFeed,
    EndLineFeed,
    Finished,
}
