using System.Text;
using System.Text.Json;
using SseServer.Protocol.EventStream;

namespace SseServer.Protocol.Tests.EventStream;

/// <summary>Frames are read back, and written as JSON objects.</summary>
public sealed class FrameFieldsTests
{
    [TestCase("id: 1-0\ndata: x\n\n", "1-0", "", -1, "x", false)]
    [TestCase("id: 1-0\nevent: a\nretry: 10\ndata: x\ndata:  y\ndata: \n\n", "1-0", "a", 10, "x\n y\n", false)]
    [TestCase("id: mine\ndata: data: id: \n\nid: 1-0\n\n", "mine", "", -1, "data: id: ", false)]
    [TestCase("id: 1-0\ndata: \n\n", "1-0", "", -1, "", false)]
    [TestCase("id: 1-0\ndata:AP8=\n\n", "1-0", "", -1, "AP8=", true)]
    [TestCase("id: mine\nevent: b\ndata:\n\nid: 1-0\n\n", "mine", "b", -1, "", true)]
    [TestCase("id: 1-0\n\n", "1-0", "", -1, null, false)]
    public void Fields_of_a_frame(string payload, string id, string name, int retry, string? data, bool isBase64)
    {
        var fields = FrameFields.Read(Encoding.UTF8.GetBytes(payload));

        Assert.That(Encoding.UTF8.GetString(fields.Id), Is.EqualTo(id));
        Assert.That(Encoding.UTF8.GetString(fields.Name), Is.EqualTo(name));
        Assert.That(fields.RetryMilliseconds, Is.EqualTo(retry));
        Assert.That(fields.HasPublisherId, Is.EqualTo(id == "mine"));
        Assert.That((fields.HasEvent, fields.IsBase64), Is.EqualTo((data is not null, isBase64)));
        var lines = fields.DataLines;
        var read = new List<string>();
        while (fields.TryTakeData(ref lines, out var line)) read.Add(Encoding.UTF8.GetString(line));
        Assert.That(read, Is.EqualTo(data?.Split('\n') ?? []));
    }

    [Test]
    public void Base64_data_is_marked_by_the_space_that_it_does_not_have()
    {
        var e = new ServerSentEvent { Data = "AP8="u8, IsBase64 = true, RetryMilliseconds = -1 };
        var bytes = new byte[EventStreamEncoder.Measure(e)];

        Assert.That(EventStreamEncoder.Write(bytes, e), Is.EqualTo(bytes.Length));
        Assert.That(Encoding.ASCII.GetString(bytes), Is.EqualTo("data:AP8=\n\n"));
    }

    [Test]
    public void Json_object_is_one_line_with_the_time_of_the_id()
    {
        var fields = FrameFields.Read("id: 1763790004385-7\nevent: shipped\ndata: a\"b\ndata: é\u2028\n\n"u8);
        var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, EventJson.WriterOptions))
            EventJson.Write(writer, "orders/42"u8, EventId.FirstAt(1763790004385), fields);

        var text = Encoding.UTF8.GetString(stream.ToArray());
        Assert.That(text, Does.Not.Contain("\n").And.Contain("\"time\":\"2025-11-22T05:40:04.385Z\""));
        Assert.That(JsonDocument.Parse(text).RootElement.GetProperty("data").GetString(), Is.EqualTo("a\"b\né\u2028"));
    }
}
