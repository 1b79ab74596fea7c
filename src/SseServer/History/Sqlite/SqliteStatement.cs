using SQLitePCL;

namespace SseServer.History.Sqlite;

/// <summary>
/// A prepared statement. Parameters count from 1, columns from 0. Spans of a row are valid until the next step or reset.
/// </summary>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt handle) : IDisposable
{
    public SqliteStatement Bind(int parameter, long value)
    {
        if (raw.sqlite3_bind_int64(handle, parameter, value) != raw.SQLITE_OK) Throw();
        return this;
    }

    public SqliteStatement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        if (raw.sqlite3_bind_blob(handle, parameter, value) != raw.SQLITE_OK) Throw();
        return this;
    }

    /// <summary>Runs the statement to its end; its rows, if any, are dropped.</summary>
    public void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>Goes to the next row; false if there is none, and then the statement can run again.</summary>
    public bool Step()
    {
        var result = raw.sqlite3_step(handle);
        if (result == raw.SQLITE_ROW) return true;
        if (result != raw.SQLITE_DONE) Throw();
        raw.sqlite3_reset(handle);
        return false;
    }

    /// <summary>Drops the rows that are left. Until then the statement keeps its transaction open.</summary>
    public void Reset() => raw.sqlite3_reset(handle);

    /// <summary>Runs the statement for the one number that it returns; 0 if it returns no row, or NULL.</summary>
    public long TakeNumber()
    {
        if (!Step()) return 0;
        var number = Number(0);
        Reset();
        return number;
    }

    public long Number(int column) => raw.sqlite3_column_int64(handle, column);

    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(handle, column);

    public string Text(int column) => raw.sqlite3_column_text(handle, column).utf8_to_string();

    public int StepsRun() => raw.sqlite3_stmt_status(handle, 4 /* SQLITE_STMTSTATUS_VM_STEP */, 0);

    public void Dispose() => handle.Dispose();

    private void Throw()
    {
        var failure = database.Failure();
        raw.sqlite3_reset(handle);
        throw failure;
    }
}
