using Npgsql;

namespace SseServer.Tests.History.Postgres;

/// <summary>Who may publish from SQL, and what callers can make of a function that runs with its owner's rights.</summary>
internal sealed class PublishRightsTests
{
    // Roles belong to the whole cluster, so each test has its own.
    private static int _roles;

    [Test]
    public async Task Execute_alone_is_not_enough()
    {
        var (database, owner) = await CreateAsync();
        await using var _ = owner;
        var shop = await AddRoleAsync(owner);
        await using var session = await database.OpenAsync(shop);

        Assert.That(await DeniedAsync(session, "select sse.publish('orders/1', 'x')"), Is.EqualTo(
            $"The role \"{shop}\" may not publish to this topic; let the owner of the schema insert a row into grants."));
    }

    [TestCase("orders/*", "orders/1", true)]
    [TestCase("orders/*", "orders/1/2", false)]
    [TestCase("orders/*", "orders", false)]
    [TestCase("orders/**", "orders/1/2", true)]
    [TestCase("orders/**", "orders", false)]
    [TestCase("**", "any/topic", true)]
    [TestCase("*", "any", true)]
    [TestCase("*", "any/topic", false)]
    [TestCase("*/b/*", "a/b/c", true)]
    [TestCase("*/b/*", "a/c/c", false)]
    [TestCase("a.b", "a.b", true)]
    [TestCase("a.b", "axb", false)]
    [TestCase("(a|b)", "(a|b)", true)]
    [TestCase("(a|b)", "a", false)]
    [TestCase("[a-z]{1}+?^$\\d", "[a-z]{1}+?^$\\d", true)]
    [TestCase("[a-z]", "b", false)]
    [TestCase("ä/*", "ä/ö", true)]
    [TestCase("orders", "Orders", false)]
    public async Task A_grant_covers_what_its_pattern_matches(string pattern, string topic, bool isAllowed)
    {
        var (database, owner) = await CreateAsync();
        await using var _ = owner;
        var shop = await AddRoleAsync(owner, pattern);
        await using var session = await database.OpenAsync(shop);

        var denied = await DeniedAsync(session, "select sse.publish($1, 'x')", topic);

        Assert.That(denied is null, Is.EqualTo(isAllowed), denied);
        Assert.That(Protocol(pattern, topic), Is.EqualTo(isAllowed), "The server's patterns mean the same.");
    }

    [TestCase("a*")]
    [TestCase("**/a")]
    [TestCase("a//b")]
    [TestCase("")]
    public async Task A_pattern_that_is_none_cannot_be_granted(string pattern)
    {
        var (_, owner) = await CreateAsync();
        await using var __ = owner;

        var problem = await Assert.ThrowsAsync<PostgresException>(
            () => owner.ExecuteAsync("insert into sse.grants values ('r', $1)", pattern));

        Assert.That(problem!.SqlState, Is.EqualTo(PostgresErrorCodes.CheckViolation));
    }

    [Test]
    public async Task Members_have_the_rights_of_a_role_and_public_is_everybody()
    {
        var (database, owner) = await CreateAsync();
        await using var _ = owner;
        var group = await AddRoleAsync(owner, "orders/**");
        var member = await AddRoleAsync(owner);
        var stranger = await AddRoleAsync(owner);
        await owner.ExecuteAsync($"grant {group} to {member}; insert into sse.grants values ('public', 'news')");
        await using var session = await database.OpenAsync(member);
        await using var other = await database.OpenAsync(stranger);

        Assert.That(await DeniedAsync(session, "select sse.publish('orders/1', 'x')"), Is.Null);
        Assert.That(await DeniedAsync(other, "select sse.publish('orders/1', 'x')"), Is.Not.Null);
        Assert.That(await DeniedAsync(other, "select sse.publish('news', 'x')"), Is.Null);
    }

    [Test]
    public async Task After_SET_ROLE_that_role_counts()
    {
        var (database, owner) = await CreateAsync();
        await using var _ = owner;
        var tenant = await AddRoleAsync(owner, "tenant/**");
        var login = await AddRoleAsync(owner, "login/**");
        await owner.ExecuteAsync($"grant {tenant} to {login}");
        await using var session = await database.OpenAsync(login);
        await session.ExecuteAsync($"set role {tenant}");

        Assert.That(await DeniedAsync(session, "select sse.publish('tenant/1', 'x')"), Is.Null);
        Assert.That(await DeniedAsync(session, "select sse.publish('login/1', 'x')"), Is.Not.Null);
    }

    [Test]
    public async Task The_owner_and_its_members_need_no_row()
    {
        var (database, owner) = await CreateAsync();
        await using var _ = owner;
        var keeper = await AddRoleAsync(owner);
        var member = await AddRoleAsync(owner);
        await owner.ExecuteAsync($"""
            grant {keeper} to {member};
            alter function sse.publish(text, text, text, text, text, boolean, integer) owner to {keeper};
            grant all on all tables in schema sse to {keeper};
            grant all on all sequences in schema sse to {keeper};
            grant execute on all functions in schema sse to {keeper}
            """);
        await using var session = await database.OpenAsync(member);

        Assert.That(await DeniedAsync(session, "select sse.publish('anything', 'x')"), Is.Null);
    }

    [Test]
    public async Task A_publisher_can_call_and_read_nothing_else()
    {
        var (database, owner) = await CreateAsync();
        await using var _ = owner;
        var shop = await AddRoleAsync(owner, "orders/**");
        await using var session = await database.OpenAsync(shop);

        var tables = await owner.QueryAsync<string>("""
            select relname::text from pg_class where relnamespace = 'sse'::regnamespace and relkind = 'r'
            """);
        foreach (var table in tables)
            Assert.That(await DeniedAsync(session, $"select from sse.{table}"), Is.Not.Null, table);
        var functions = await owner.QueryAsync<string>("""
            select p.oid::regprocedure::text from pg_proc p
                where p.pronamespace = 'sse'::regnamespace and has_function_privilege($1, p.oid, 'execute')
            """, shop);
        Assert.That(functions, Is.EqualTo(new[] { "sse.publish(text,text,text,text,text,boolean,integer)" }));
    }

    [Test]
    public async Task Objects_in_the_callers_search_path_are_not_used()
    {
        var (database, owner) = await CreateAsync();
        await using var _ = owner;
        var shop = await AddRoleAsync(owner, "orders/**");
        await using var session = await database.OpenAsync(shop);
        // Each of them would be called, or read, if names were looked up in the caller's schemas.
        await session.ExecuteAsync("""
            create function pg_temp.strike() returns boolean language plpgsql as $$
                begin raise exception 'struck as %', current_user; end $$;
            create function pg_temp.octet_length(text) returns integer language sql as 'select pg_temp.strike()::integer';
            create function pg_temp.convert_to(text, text) returns bytea language sql as $$ select pg_temp.strike()::text::bytea $$;
            create function pg_temp.pg_has_role(name, name, text) returns boolean language sql as 'select true';
            create function pg_temp.pg_has_role(name, oid, text) returns boolean language sql as 'select true';
            create function pg_temp.like_all(text, text) returns boolean language sql as 'select pg_temp.strike()';
            create operator pg_temp.~~ (leftarg = text, rightarg = text, function = pg_temp.like_all);
            create operator pg_temp.~ (leftarg = text, rightarg = text, function = pg_temp.like_all);
            create temp table pg_roles (oid oid, rolname name);
            create temp table grants (role name, pattern text, expression text);
            set search_path = pg_temp, pg_catalog
            """);

        Assert.That(await DeniedAsync(session, "select sse.publish('orders/1', 'x', event => 'e', key => 'k', id => 'i')"), Is.Null);
        Assert.That(await DeniedAsync(session, "select sse.publish('news', 'x')"), Is.Not.Null);
    }

    [TestCase("standard_conforming_strings = off")]
    [TestCase("backslash_quote = on")]
    [TestCase("quote_all_identifiers = on")]
    [TestCase("bytea_output = escape")]
    [TestCase("default_transaction_isolation = serializable")]
    [TestCase("plan_cache_mode = force_generic_plan")]
    public async Task Settings_of_the_caller_change_nothing(string setting)
    {
        var (database, owner) = await CreateAsync();
        await using var _ = owner;
        var shop = await AddRoleAsync(owner, "orders/**");
        await using var session = await database.OpenAsync(shop);
        await session.ExecuteAsync($"set {setting}");

        await session.ExecuteAsync("select sse.publish($1, $2, id => $3, key => $4)", "orders/1", "a\nb\\c", "i\\1", "k'");
        Assert.That(await DeniedAsync(session, "select sse.publish('news', 'x')"), Is.Not.Null);
        Assert.That(
            await owner.ReadAsync<string>("select convert_from(block, 'UTF8') from sse.outbox"),
            Is.EqualTo("id: i\\1\ndata: a\ndata: b\\c\n\n"));
        Assert.That(
            await owner.ReadAsync<bool>("""
                select digest = sse.content_digest(false, convert_to('k''', 'UTF8'), '', E'data: a\ndata: b\\c\n\n') from sse.outbox
                """),
            Is.True);
    }

    private static async Task<(PostgresDatabase Database, NpgsqlConnection Owner)> CreateAsync()
    {
        var history = await PostgresHistory.CreateAsync();
        return (history.Database, await history.Database.OpenAsync());
    }

    // A role that may call publish(), and is granted patterns.
    private static async Task<string> AddRoleAsync(NpgsqlConnection owner, params string[] patterns)
    {
        var role = $"publisher{Interlocked.Increment(ref _roles)}";
        await owner.ExecuteAsync($"""
            create role {role} login;
            grant usage on schema sse to {role};
            grant execute on function sse.publish to {role}
            """);
        foreach (var pattern in patterns) await owner.ExecuteAsync("insert into sse.grants values ($1::text, $2)", role, pattern);
        return role;
    }

    private static bool Protocol(string pattern, string topic)
    {
        var (text, name) = (System.Text.Encoding.UTF8.GetBytes(pattern), System.Text.Encoding.UTF8.GetBytes(topic));
        return SseServer.Protocol.Topics.TopicPattern.TryCreate(text, out var parsed, out _) && parsed!.Matches(name);
    }

    // Why the caller lacks a right; null if it does not.
    private static async Task<string?> DeniedAsync(NpgsqlConnection session, string sql, params object?[] parameters)
    {
        try
        {
            await session.ExecuteAsync(sql, parameters);
            return null;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return e.MessageText;
        }
    }
}
