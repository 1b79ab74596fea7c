namespace SseServer.History.Sqlite;

/// <summary>The stored events with a publisher's id, by that id. For the writer's thread.</summary>
internal sealed class PublisherIdTable
{
    private readonly TopicTable _topics;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _find;
    private readonly SqliteStatement _delete;

    public PublisherIdTable(SqliteDatabase database, TopicTable topics)
    {
        _topics = topics;
        _insert = database.Prepare("INSERT INTO publisher_ids (publisher_id, id, topic_id, digest) VALUES (?1, ?2, ?3, ?4)");
        _find = database.Prepare("SELECT topic_id, id, digest FROM publisher_ids WHERE publisher_id = ?1 ORDER BY id");
        _delete = database.Prepare("DELETE FROM publisher_ids WHERE publisher_id = ?1 AND id = ?2");
    }

    public void Insert(ReadOnlySpan<byte> publisherId, long id, long topicId, long digest)
        => _insert.Bind(1, publisherId).Bind(2, id).Bind(3, topicId).Bind(4, digest).Run();

    public void Find(ReadOnlySpan<byte> publisherId, List<StoredLocation> locations)
    {
        _find.Bind(1, publisherId);
        while (_find.Step())
        {
            if (_topics.Find(_find.Number(0)) is { } topic) locations.Add(new(topic.Name, _find.Number(1), _find.Number(2)));
        }
    }

    public void Delete(ReadOnlySpan<byte> publisherId, long id) => _delete.Bind(1, publisherId).Bind(2, id).Run();
}
