using SseServer.Auth;
using SseServer.Endpoints;

namespace SseServer.Tests.Endpoints;

public sealed class RenewableStreamsTests
{
    private readonly RenewableStreams _streams = new(new AccessPolicy(TopicPatterns.None), TimeSpan.FromSeconds(60));

    [Test]
    public void Stream_is_in_the_table_from_its_opening_to_its_end()
    {
        var caller = Identity.OfToken("alice", DateTimeOffset.UnixEpoch, TokenGrant.None);
        var stream = _streams.Begin(caller, [])!;
        Assert.That(_streams.Find(stream.Handle), Is.Null);
        stream.Open(null!);
        Assert.That(_streams.Find(stream.Handle), Is.SameAs(stream));
        stream.End();
        Assert.That(_streams.Find(stream.Handle), Is.Null);
    }

    [Test]
    public void Stream_of_a_credential_that_does_not_expire_is_not_renewable()
        => Assert.That(_streams.Begin(Identity.Anonymous, []), Is.Null);
}
