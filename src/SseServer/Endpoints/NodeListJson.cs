using System.Buffers;
using System.Globalization;
using System.Text.Json;
using SseServer.History;
using SseServer.Hub;

namespace SseServer.Endpoints;

/// <summary>Writes <c>GET /admin/nodes</c> as JSON.</summary>
internal static class NodeListJson
{
    /// <summary>Returns <c>{"nodes":[..]}</c>; without a shared history the list is empty.</summary>
    public static ReadOnlySpan<byte> Write(EventHub hub)
    {
        var json = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("nodes"u8);
            foreach (var node in hub.Cluster?.Nodes ?? []) WriteNode(writer, node, node.Node == hub.Cluster!.Id);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return json.WrittenSpan;
    }

    private static void WriteNode(Utf8JsonWriter writer, in ClusterNodeState node, bool isThis)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, node.Name);
        writer.WriteString("version"u8, node.Version);
        writer.WriteBoolean("self"u8, isThis);
        writer.WriteString("started"u8, TimeOf(node.Started));
        writer.WriteString("seen"u8, TimeOf(node.Seen));
        writer.WriteNumber("streams"u8, node.Streams);
        writer.WriteString("head"u8, new Protocol.EventStream.EventId(node.Head).ToString());
        writer.WriteNumber("lagMilliseconds"u8, (long)node.Lag.TotalMilliseconds);
        writer.WriteStartArray("tasks"u8);
        foreach (var task in node.Tasks) writer.WriteStringValue(task);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string TimeOf(DateTimeOffset time)
        => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
