using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// What one request's body holds of <see cref="BodyMemory"/>, whose lock guards every field but one. Kept with what a publish needs and
/// used for one request after the other.
/// </summary>
internal sealed class BodyHold
{
    /// <summary>Whom it counts for; null while it holds nothing that counts.</summary>
    internal BodyMemory.Client? Client { get; set; }

    internal BodyHold? Previous { get; set; }

    internal BodyHold? Next { get; set; }

    /// <summary>The body while it is read; null once it is complete, so that it is not given up any more.</summary>
    internal RequestBody? Body { get; set; }

    internal long Bytes { get; set; }

    /// <summary>It counts, or did since it was new. Only the request's own path reads and writes it, without the lock.</summary>
    internal bool HasCounted { get; set; }

    /// <summary>The timestamp since when it counts.</summary>
    internal long Since { get; set; }

    /// <summary>Why the body was refused or given up; <see cref="LimitKind.None"/> while it was not.</summary>
    internal LimitKind GivenUpFor { get; set; }
}
