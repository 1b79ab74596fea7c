using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>Where a send stopped within a run: the frame that it stopped in counts as sent, and its rest is sent later.</summary>
/// <param name="Frames">The frames up to and including the one that was cut.</param>
/// <param name="End">Where the cut frame ends, counted in bytes from the beginning of the run.</param>
/// <param name="Id">The id of the cut frame.</param>
internal readonly record struct FrameCut(int Frames, int End, EventId Id);
