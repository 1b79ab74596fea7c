namespace SseServer.Tests.Presence.Support;

/// <summary>A request as received.</summary>
internal sealed record WebhookDelivery(string Head, string Body)
{
    public string Id => Field("webhook-id");

    public long Timestamp => long.Parse(Field("webhook-timestamp"), System.Globalization.CultureInfo.InvariantCulture);

    public string Signature => Field("webhook-signature");

    /// <summary>The reported state and topic: <c>occupied chat/7</c>.</summary>
    public string Change
    {
        get
        {
            var json = System.Text.Json.JsonDocument.Parse(Body).RootElement;
            return json.GetProperty("type").GetString()!["topic.".Length..] + " "
                + json.GetProperty("data").GetProperty("topic").GetString();
        }
    }

    public string Field(string name)
        => Head.Split("\r\n").Single(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))[(name.Length + 1)..].Trim();
}
