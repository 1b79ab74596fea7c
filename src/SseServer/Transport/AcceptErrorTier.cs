namespace SseServer.Transport;

/// <summary>What a failed accept says about the listener.</summary>
internal enum AcceptErrorTier
{
    /// <summary>The client left before it was accepted, or its network failed: accept the next one at once.</summary>
    ClientFault,

    /// <summary>Descriptors or memory ran out: the same error comes again at once, so wait before the next accept.</summary>
    ResourcePressure,

    /// <summary>The listening socket itself is unusable.</summary>
    Fatal,
}
