using SseServer.History;
using SseServer.History.Postgres;

namespace SseServer.Hosting.Settings;

/// <summary>The settings for the store.</summary>
internal static class HistorySettings
{
    /// <summary>Declares and reads them.</summary>
    public static HistoryOptions Read(SettingsReader reader)
    {
        // In memory unless asked, so that a first start writes no file.
        var path = reader.Text("History:Path", null,
            "File that keeps the history across restarts, such as /var/lib/sse-server/history.db. If not set, history is in memory only.");
        var url = reader.Text("History:Url", null,
            "PostgreSQL database that several servers share, such as postgres://sse@db.example.org/sse?sslmode=verify-full. Create its "
            + "schema with 'sse-server history migrate'. Not together with History:Path.",
            secret: true);
        var listenUrl = reader.Text("History:ListenUrl", null,
            "The same database without the pooler that is between and breaks LISTEN. If not set, History:Url is used.", secret: true);
        var tailUrl = reader.Text("History:TailUrl", null,
            "Standbys of the same database from which new events are read, to spare the primary. If none answers, History:Url is read.",
            secret: true);
        var schema = reader.Text("History:Schema", PostgresOptions.DefaultSchema,
            "Schema of the history in the database of History:Url. Servers with the same schema share their topics.")!;
        var passwordFile = reader.Text("History:PasswordFile", null,
            "File with the password of the database's user, read at each connect. If not set, the password is in History:Url.");
        if (!PostgresSchema.IsName(schema))
            reader.Reject("History:Schema", schema, "is not a schema's name; use a lower-case letter, then such letters, digits and _.");
        var options = new HistoryOptions { Path = path, Schema = schema };
        if (url is null) return options;
        if (path is not null) reader.Reject("History:Url and History:Path are both set; set only one of them.");
        var main = Parse(reader, "History:Url", url);
        var listen = listenUrl is null ? null : Parse(reader, "History:ListenUrl", listenUrl);
        var tail = tailUrl is null ? null : Parse(reader, "History:TailUrl", tailUrl);
        if (main is null) return options;
        var postgres = new PostgresOptions
        {
            Url = main,
            ListenUrl = listen,
            TailUrl = tail,
            Schema = schema,
            PasswordFile = passwordFile,
        };
        return options with { Path = null, Postgres = postgres };
    }

    // The text may hold a password, so it is not repeated.
    private static PostgresUrl? Parse(SettingsReader reader, string key, string text)
    {
        if (PostgresUrl.TryParse(text, out var url, out var problem)) return url;
        reader.Reject($"{key} {problem}");
        return null;
    }
}
