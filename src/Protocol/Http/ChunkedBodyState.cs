namespace SseServer.Protocol.Http;

/// <summary>What a <see cref="ChunkedBodyDecoder"/> expects next.</summary>
internal enum ChunkedBodyState
{
    SizeStart,
    Size,
    SpaceAfterSize,
    Extension,
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
