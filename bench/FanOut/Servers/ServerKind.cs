using System.Diagnostics;
using System.Text;

namespace SseServer.Bench.FanOut.Servers;

/// <summary>A server that can be measured: how it is started and what its requests look like.</summary>
internal abstract class ServerKind
{
    /// <summary>The name on the command line.</summary>
    public abstract string Key { get; }

    /// <summary>The name in tables.</summary>
    public abstract string Title { get; }

    /// <summary>Whether streams of different topics get different events.</summary>
    public virtual bool HasTopics => false;

    /// <summary>Whether a stream resumes after a <c>Last-Event-ID</c>.</summary>
    public virtual bool HasReplay => false;

    /// <summary>Whether one request can publish many events (NDJSON).</summary>
    public virtual bool HasBatches => false;

    /// <summary>Whether losses, repeats or damage make the bench fail.</summary>
    public virtual bool IsUnderTest => false;

    /// <summary>Gets ready to start, once; null, or the reason why this server cannot be measured here.</summary>
    public abstract string? Prepare();

    /// <summary>
    /// The command that serves on 127.0.0.1:<paramref name="port"/>. <paramref name="scratch"/> is a directory of its own.
    /// </summary>
    public abstract ProcessStartInfo Command(int port, string scratch);

    /// <summary>The target of a stream's GET.</summary>
    public virtual string SubscribePath(string topic) => "/events";

    /// <summary>The target of a POST.</summary>
    public virtual string PublishPath(string topic) => "/events";

    /// <summary>The target of a POST without subscribers: the cheapest one that the server has.</summary>
    public virtual string PublishOnlyPath(string topic) => PublishPath(topic);

    /// <summary>The request for a stream, after <paramref name="lastEventId"/> unless it is empty.</summary>
    public byte[] SubscribeRequest(string topic, string lastEventId = "")
    {
        var resume = lastEventId.Length == 0 ? "" : $"Last-Event-ID: {lastEventId}\r\n";
        return Encoding.ASCII.GetBytes($"GET {SubscribePath(topic)} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: "
            + $"text/event-stream\r\n{resume}\r\n");
    }
}
