using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Buffers.Binary;
using System.Text;

namespace SseServer.History.Postgres;

/// <summary>
/// The tables and functions of a shared history, which stand in the SQL files of <c>History/Postgres/Schema</c>. Immutable.
/// </summary>
internal sealed class PostgresSchema
{
    /// <summary>The version that this program creates and reads.</summary>
    public const int Version = 1;

    // In the order in which they are created: nodes and publish refer to the tables of the history.
    private static readonly string[] Parts = ["history.sql", "nodes.sql", "publish.sql"];

    /// <param name="name">Of <see cref="IsName"/>.</param>
    public PostgresSchema(string name)
    {
        Name = name;
        Quoted = $"\"{name}\"";
        AppendLock = HashOf("sse-server " + name) & ~7L;
    }

    /// <summary>The schema's name.</summary>
    public string Name { get; }

    /// <summary>The schema's name as SQL takes it.</summary>
    public string Quoted { get; }

    /// <summary>The advisory lock that everybody holds who appends, until the end of the transaction.</summary>
    public long AppendLock { get; }

    /// <summary>The advisory lock of the one node that trims, for as long as its session.</summary>
    public long RetentionLock => AppendLock + 1;

    /// <summary>The advisory lock of the one node that has a task, for as long as its session.</summary>
    public long TaskLock(string task) => HashOf($"sse-server {Name} task {task}");

    /// <summary>The advisory lock of whoever creates or changes the schema.</summary>
    public long MigrationLock => AppendLock + 2;

    /// <summary>
    /// Whether a text can be a schema's name here: a lower-case letter, then up to 62 such letters, digits and underscores.
    /// </summary>
    public static bool IsName(string text)
        => text.Length is > 0 and <= 63 && char.IsAsciiLetterLower(text[0])
            && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    /// <summary>The SQL that creates everything, in one transaction.</summary>
    public string CreationScript()
    {
        var script = new StringBuilder();
        script.Append(CultureInfo.InvariantCulture, $"begin;\nselect pg_advisory_xact_lock({MigrationLock});\n");
        // The functions of one file call those of another.
        script.Append(CultureInfo.InvariantCulture, $"set local check_function_bodies to off;\ncreate schema if not exists {Quoted};\n\n");
        foreach (var part in Parts) script.Append(Fill(Read(part))).Append('\n');
        script.Append(Fill($$"""
            insert into {schema}.settings (version, origin)
                values ({{Version}}, (extract(epoch from clock_timestamp()) * 1000)::bigint << 20);
            select setval('{schema}.ids', origin) from {schema}.settings;
            commit;

            """));
        return script.ToString();
    }

    /// <summary>SQL with the schema's name in the place of <c>{schema}</c>.</summary>
    public string Fill(string sql) => sql
        .Replace("{schema}", Quoted, StringComparison.Ordinal)
        .Replace("{lock}", AppendLock.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{channel}", $"'{Name}'", StringComparison.Ordinal);

    private static long HashOf(string text) => BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Read(string part)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(part)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
