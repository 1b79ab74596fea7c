using System.Buffers.Binary;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
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

    /// <summary>
    /// What is wrong with a schema for this program, in one sentence that says what to do; null if nothing is. A newer schema may be used
    /// as long as it says that it works with this version, so that servers of two versions run side by side during an upgrade.
    /// </summary>
    /// <param name="version">The schema's version.</param>
    /// <param name="compatibleFrom">The oldest version of the program that it works with.</param>
    public string? FindProblem(int version, int compatibleFrom)
    {
        var found = string.Create(
            CultureInfo.InvariantCulture, $"The schema \"{Name}\" has version {version}, and this program needs {Version}; ");
        if (version < Version) return found + "run 'sse-server history migrate'.";
        return compatibleFrom > Version ? found + "use the newer version of the program." : null;
    }

    /// <summary>The SQL that creates everything, in one transaction.</summary>
    public string CreationScript() => $"begin;\n{MigrationLockStatement}{CreationStatements()}commit;\n";

    /// <summary>Waits until nobody else creates or changes the schema; until the end of the transaction.</summary>
    public string MigrationLockStatement
        => string.Create(CultureInfo.InvariantCulture, $"select pg_advisory_xact_lock({MigrationLock});\n");

    /// <summary>The SQL that creates everything, within a transaction.</summary>
    public string CreationStatements()
    {
        var script = new StringBuilder();
        // The functions of one file call those of another.
        script.Append("set local check_function_bodies to off;\n");
        // Whoever may not create schemas may have been given one.
        script.Append(Fill("""
            do $$ begin
                if to_regnamespace('{schema}') is null then create schema {schema}; end if;
            end $$;


            """));
        foreach (var part in Parts) script.Append(Fill(Read(part))).Append('\n');
        script.Replace("{invisible}", InvisibleCharacters.Multirange);
        script.Append(Fill($$"""
            insert into {schema}.settings (version, compatible_from, origin)
                values ({{Version}}, {{Version}}, (extract(epoch from {schema}.clock()) * 1000)::bigint << 20);
            select setval('{schema}.ids', origin) from {schema}.settings;

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
