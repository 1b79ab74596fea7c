namespace SseServer.History.Sqlite;

/// <summary>The tables of an open store, on the writer's connection. For the writer's thread.</summary>
internal sealed class StoreTables
{
    /// <exception cref="StoreException">A row that is kept in memory is damaged.</exception>
    public StoreTables(SqliteDatabase database)
    {
        Database = database;
        Topics = new TopicTable(database);
        Lives = new LifeTable(database);
        Store = new StoreTable(database);
        Blocks = new BlockTable(database);
        Keys = new KeyTable(database);
        PublisherIds = new PublisherIdTable(database, Topics);
    }

    public SqliteDatabase Database { get; }

    public StoreTable Store { get; }

    public LifeTable Lives { get; }

    public TopicTable Topics { get; }

    public BlockTable Blocks { get; }

    public KeyTable Keys { get; }

    public PublisherIdTable PublisherIds { get; }
}
