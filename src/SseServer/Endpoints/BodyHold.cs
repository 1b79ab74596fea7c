using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// The account of one request's body in <see cref="BodyMemory"/>, whose lock guards every property but one. Pooled with its
/// <see cref="PublishContext"/>.
/// </summary>
internal sealed class BodyHold
{
    /// <summary>The client it counts for; null while nothing is counted.</summary>
    internal BodyMemory.Client? Client { get; set; }

    internal BodyHold? Previous { get; set; }

    internal BodyHold? Next { get; set; }

    /// <summary>The body while it is being read; null once it is complete and can no longer be given up.</summary>
    internal RequestBody? Body { get; set; }

    internal long Bytes { get; set; }

    /// <summary>Whether anything was counted for this request. Only the request's own code uses it, without the lock.</summary>
    internal bool HasCounted { get; set; }

    /// <summary>The timestamp at which counting began.</summary>
    internal long Since { get; set; }

    /// <summary>The limit at which the body was refused or given up, or <see cref="LimitKind.None"/>.</summary>
    internal LimitKind GivenUpFor { get; set; }
}
