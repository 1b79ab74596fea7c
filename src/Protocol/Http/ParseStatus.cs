namespace SseServer.Protocol.Http;

/// <summary>What a parser came to.</summary>
public enum ParseStatus
{
    /// <summary>What has arrived is in order, but is not all.</summary>
    Incomplete,

    /// <summary>All has arrived.</summary>
    Complete,

    /// <summary>What has arrived breaks a rule or a limit; a <see cref="RequestRejection"/> says which. The connection is of no further use.</summary>
    Rejected,
}
