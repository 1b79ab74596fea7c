using SseServer.History;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History;

/// <summary>The contract of a store that one server alone writes: what its lives and its totals are at the next start.</summary>
internal abstract class OwnedStoreContract : EventStoreContract
{
    [Test]
    public void Totals_and_marks_come_back_at_the_next_start()
    {
        long bytes;
        using (var store = (IOwnedStore)OpenStore())
        {
            StoredEvent[] events = [new("a", 20, "x"), new("b", 21, "y"), new("a", 22, "z")];
            StoreEvents.Commit(store, events[..2]);
            StoreEvents.Commit(store, events[2]);
            bytes = StoreEvents.Frame(events[0], out _).Length * 2;
            store.Close(25);
        }

        using var again = NewOwnedStore();
        var start = again.Open(30, 40);

        Assert.That((start.Origin, start.HighWater, start.LastId, start.WasClean), Is.EqualTo((1L, 25L, 22L, true)));
        Assert.That((start.Floor, start.UncleanThrough), Is.EqualTo((0L, 0L)));
        var topics = start.Topics.OrderBy(topic => topic.Name[0]).ToList();
        Assert.That(topics.Select(topic => topic.Name), Is.EqualTo(new[] { "a"u8.ToArray(), "b"u8.ToArray() }));
        Assert.That((topics[0].FirstId, topics[0].LastId, topics[0].Count), Is.EqualTo((20L, 22L, 2L)));
        Assert.That((topics[0].Bytes, topics[0].LostThrough), Is.EqualTo((bytes, 0L)));
    }

    [Test]
    public void Store_that_was_not_closed_knows_up_to_which_id_events_may_be_lost()
    {
        using (var store = NewOwnedStore()) store.Open(1, 500);
        using (var store = NewOwnedStore())
        {
            var start = store.Open(600, 700);
            Assert.That((start.WasClean, start.HighWater, start.UncleanThrough), Is.EqualTo((false, 500L, 500L)));
            store.Close(650);
        }

        using var last = NewOwnedStore();
        var again = last.Open(800, 900);

        Assert.That((again.WasClean, again.HighWater, again.UncleanThrough), Is.EqualTo((true, 650L, 500L)));
    }

    [Test]
    public void Mark_stays_when_the_clock_was_set_back()
    {
        using (var store = NewOwnedStore()) store.Open(1000, 2000);
        using (var store = NewOwnedStore()) Assert.That(store.Open(10, 20).HighWater, Is.EqualTo(2000));
        using var last = NewOwnedStore();

        Assert.That(last.Open(10, 20).HighWater, Is.EqualTo(2001),
            "The second life began above the mark, and subscribers were greeted with that id.");
    }

    [Test]
    public void Commit_without_events_raises_the_mark()
    {
        using (var store = NewOwnedStore())
        {
            store.Open(1, 10);
            store.Commit(new StoreCommit { HighWater = 99 });
        }

        using var again = NewOwnedStore();
        var start = again.Open(20, 30);

        Assert.That((start.HighWater, start.LastId), Is.EqualTo((99L, 0L)));
    }

    private IOwnedStore NewOwnedStore() => (IOwnedStore)NewStore();
}
