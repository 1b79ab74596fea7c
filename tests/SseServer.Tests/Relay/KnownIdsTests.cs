using SseServer.Relay;

namespace SseServer.Tests.Relay;

public sealed class KnownIdsTests
{
    [Test]
    public void Id_is_known_until_as_many_others_came_as_are_kept()
    {
        var ids = new KnownIds(3);

        Assert.That(ids.TryAdd("a"u8), Is.True);
        Assert.That(ids.TryAdd("a"u8), Is.False);
        Assert.That(ids.TryAdd("b"u8), Is.True);
        Assert.That(ids.TryAdd("c"u8), Is.True);
        Assert.That(ids.TryAdd("a"u8), Is.False, "a repeat takes no place");
        Assert.That(ids.TryAdd("d"u8), Is.True);
        Assert.That(ids.TryAdd("b"u8), Is.False);
        Assert.That(ids.TryAdd("a"u8), Is.True, "the oldest is forgotten");
        Assert.That(ids.Count, Is.EqualTo(3));
    }
}
