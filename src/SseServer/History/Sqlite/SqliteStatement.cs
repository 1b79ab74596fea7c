using SQLitePCL;

namespace SseServer.History.Sqlite;

/// <summary>A prepared statement. Parameters count from 1, columns from 0. Spans of a row are good until the next step or reset.</summary>
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

    /// <summary>Runs it to its end; it gives no rows.</summary>
    public void Run()
    {
        while (Step())
        {
            // Rows of a pragma are of no interest.
        }
    }

    /// <summary>Goes to the next row; false, and ready to run again, where there is none.</summary>
    public bool Step()
    {
        var result = raw.sqlite3_step(handle);
        if (result == raw.SQLITE_ROW) return true;
        if (result != raw.SQLITE_DONE) Throw();
        raw.sqlite3_reset(handle);
        return false;
    }

    /// <summary>Leaves the rows that are left; until then the statement holds its transaction open.</summary>
    public void Reset() => raw.sqlite3_reset(handle);

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
