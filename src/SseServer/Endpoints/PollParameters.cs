using System.Buffers.Text;

namespace SseServer.Endpoints;

/// <summary>The parameters of a poll: <c>poll=</c> and <c>limit=</c>. Immutable.</summary>
/// <param name="Limit">The most events in the response.</param>
/// <param name="Wait">How long it waits for the first one.</param>
internal sealed record PollParameters(int Limit, TimeSpan Wait)
{
    // Some tens of kilobytes for events of usual size.
    public const int DefaultLimit = 100;

    // A response of this many usual events is parsed at once without trouble; a client asks again for more.
    public const int MaxLimit = 1000;

    /// <summary>The longest wait: proxies cut responses that are silent for longer (nginx after 60 s).</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    /// <summary>Reads the parameters; returns null, or a sentence that says what is wrong and what to do.</summary>
    /// <param name="parameters">The request's parameters.</param>
    /// <param name="isJson">Whether the response is JSON, and so a poll even without <c>poll=</c>.</param>
    /// <param name="poll">The result; null if the request asks for a stream.</param>
    public static string? Read(RequestParameters parameters, bool isJson, out PollParameters? poll)
    {
        poll = null;
        var isPoll = parameters.TryGet("poll"u8, out var text);
        var wait = TimeSpan.Zero;
        if (isPoll && (!DurationParameter.TryParse(text, out wait) || wait > MaxWait))
            return "poll= must be a duration from 0s to 60s, such as 25s.";
        var hasLimit = parameters.TryGet("limit"u8, out text);
        var limit = DefaultLimit;
        if (hasLimit && (text.ContainsAnyExceptInRange((byte)'0', (byte)'9') || !Utf8Parser.TryParse(text, out limit, out _)
            || limit is < 1 or > MaxLimit)) return "limit= must be a whole number from 1 to 1000.";
        if (isPoll || isJson) poll = new(limit, wait);
        else if (hasLimit) return "limit= is for polls, and a stream has no limit; add poll=, or omit limit=.";
        return null;
    }
}
