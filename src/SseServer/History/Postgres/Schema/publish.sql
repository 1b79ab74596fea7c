-- Publishing from SQL, within an application's transaction. publish() checks an event, encodes it as the server does, and inserts it into the
-- outbox. It takes no lock of the history and sends no notification: a lock or a pending notification would make the application's commits
-- wait for each other. drain() moves what is committed to the history.

-- The longest data of an event, in bytes of UTF-8, and the shortest and the longest reconnection time, in milliseconds. The defaults and
-- the bounds are those of Limits:MaxEventBytes, Streams:MinRetry and Streams:MaxRetry. A server whose own settings differ says so.
alter table {schema}.settings
    add column max_event_bytes integer not null default 1048576 check (max_event_bytes between 64 and 268435456),
    add column min_retry_ms integer not null default 1000 check (min_retry_ms between 0 and 3600000),
    add column max_retry_ms integer not null default 60000 check (max_retry_ms between 1000 and 86400000),
    add check (min_retry_ms <= max_retry_ms);

create sequence {schema}.outbox_numbers;

-- Events that are committed and not in the history yet. Rows are deleted as they are moved. While some transaction is open for long, deleted
-- rows cannot be vacuumed, so nothing here reads the table from its beginning: see outbox_marks.
create table {schema}.outbox (
    number bigint primary key default nextval('{schema}.outbox_numbers'),
    -- The application's transaction. Its events are moved together.
    transaction xid8 not null,
    topic text collate "C" not null,
    is_final boolean not null,
    -- As in events and publisher_ids; the digest is 0 without a publisher's id.
    id_length integer not null,
    digest bigint not null,
    key bytea,
    block bytea not null,
    published_at timestamptz not null default {schema}.clock(),
    published_by name not null default session_user
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
create index outbox_by_transaction on {schema}.outbox (transaction, number);

-- How far the outbox was drained; the newest row counts. Every row of the outbox up to number "through" was moved, but for those of the
-- transactions in "pending": they were open at the last drain, or have more rows than were looked at.
create table {schema}.outbox_marks (
    number bigint generated always as identity primary key,
    through bigint not null,
    pending xid8[] not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
insert into {schema}.outbox_marks (through, pending) values (0, '{}');

-- How many events were ever rejected. It is set, and not asked for its next value: after a crash that value may be 32 further on.
create sequence {schema}.rejected_numbers;

-- Events that could not be moved. reason: topic_ended, or id_conflict: the topic has an event with this id and other content. The newest
-- 10,000 are kept; the highest number is how many there ever were.
create table {schema}.rejected (
    number bigint primary key,
    reason text not null,
    topic text collate "C" not null,
    publisher_id text,
    key text,
    is_final boolean not null,
    -- The event as it would have been sent.
    block text not null,
    published_at timestamptz not null,
    published_by name not null,
    rejected_at timestamptz not null default {schema}.clock()
);

-- How many events were ever rejected. Changes under the append lock.
create function {schema}.rejected_count() returns bigint language sql as $$
    select case when is_called then last_value else 0 end from {schema}.rejected_numbers
$$;

-- What is wrong with a topic's name, or with a pattern; null if nothing is. The rules are those of publishing over HTTP.
create function {schema}.topic_problem(topic text, is_pattern boolean) returns text language plpgsql immutable as $$
declare
    segment text;
begin
    if topic ~ '^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$' and octet_length(topic) <= 256 then return null; end if;
    if topic = '' then return 'A topic name is empty; give at least one character.'; end if;
    if octet_length(topic) > 256 then return 'A topic name is longer than 256 bytes.'; end if;
    foreach segment in array string_to_array(topic, '/') loop
        if segment = '' then return 'A topic name has an empty segment: no leading, trailing or double ''/''.'; end if;
        if segment in ('.', '..') then return 'A topic name has a ''.'' or ''..'' segment.'; end if;
        if strpos(segment, '*') > 0 and not (is_pattern and segment in ('*', '**')) then
            return 'A ''*'' is only allowed as a whole segment of a pattern, ''**'' only as its last one; patterns are for subscribing.';
        end if;
    end loop;
    if topic ~ '[\u0001-\u001F\u007F]'
        or exists (
            select from string_to_table(topic, null) c where ascii(c) > 127 and ascii(c) not in (8204, 8205)
                -- Code points beyond ASCII that nobody sees, among them those that are not assigned.
                and ascii(c) <@ '{invisible}'::int4multirange)
        -- A joiner must stand within a word, beside a character that is not ASCII.
        or topic ~ '(^|[ /\u200C\u200D])[\u200C\u200D]|[\u200C\u200D]([ /\u200C\u200D]|$)|[!-~][\u200C\u200D][!-~]'
    then
        return 'A topic name has a control, space-like or invisible character.';
    end if;
    if strpos(topic, '**') between 1 and length(topic) - 2 then return 'A ''**'' is allowed only as the last segment of a pattern.'; end if;
    return null;
end $$;

-- Who may publish what, beyond the right to execute publish(). The members of a role have its rights; 'public' is everybody. A pattern is a
-- topic, or has * for one segment or ** for the rest, as in orders/**. The owner of publish() needs no row.
create table {schema}.grants (
    role name not null,
    pattern text collate "C" not null check ({schema}.topic_problem(pattern, true) is null),
    -- A backslash before a character that is no letter and no digit stands for the character (PostgreSQL 15, 9.7.3.3).
    expression text not null generated always as (
        '^' || replace(regexp_replace(
            regexp_replace(pattern, '([\\^$.|?+()\[\]{}])', '\\\1', 'g'), '(^|/)\*\*$', '\1.+'), '*', '[^/]+') || '$') stored,
    primary key (role, pattern)
);

-- 64 bits of SHA-256 over whether the topic ends, the key, the event's name, and the data: what tells a repeat from another event under the
-- same id, over HTTP, too. name_line and data_lines are parts of the block. Never 0.
create function {schema}.content_digest(is_final boolean, key bytea, name_line text, data_lines text) returns bigint
language plpgsql immutable as $$
declare
    length integer := coalesce(octet_length(key), 0);
    hash bytea := sha256(
        set_byte(set_byte(set_byte('\x000000', 0, is_final::integer), 1, length & 255), 2, length >> 8)
            || coalesce(key, '') || convert_to(name_line || data_lines, 'UTF8'));
    -- The first eight bytes, the lowest first.
    result bigint := (get_byte(hash, 7)::bigint << 56) | (get_byte(hash, 6)::bigint << 48) | (get_byte(hash, 5)::bigint << 40)
        | (get_byte(hash, 4)::bigint << 32) | (get_byte(hash, 3)::bigint << 24) | (get_byte(hash, 2)::bigint << 16)
        | (get_byte(hash, 1)::bigint << 8) | get_byte(hash, 0);
begin
    return case when result = 0 then 1 else result end;
end $$;

-- Publishes an event when the transaction commits, and never if it does not. Parameters as in a line of a batch over HTTP: an event with
-- "final" ends its topic, and without data, and nothing but the topic, it only ends it.
create function {schema}.publish(
    topic text, data text default null, event text default null, key text default null, id text default null, final boolean default false,
    retry integer default null)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp set standard_conforming_strings = on as $$
#variable_conflict use_variable
declare
    -- The role of SET ROLE, or else the one that logged in. current_user is the owner of this function.
    caller name := coalesce(nullif(current_setting('role'), 'none'), session_user);
    -- Before the row's number is assigned: drain() relies on it.
    this_transaction xid8 := pg_current_xact_id();
    is_end boolean := coalesce(final, false) and data is null and event is null and key is null and id is null and retry is null;
    problem text;
    code text := '22023';
    bounds {schema}.settings%rowtype;
    name_line text := '';
    data_lines text;
begin
    problem := case
        when topic is null then 'topic is null; name the topic.'
        else {schema}.topic_problem(topic, false)
    end;
    if problem is null and topic like '$%' then
        problem := 'Topic names that begin with ''$'' are reserved for the server; publish to another topic.';
    end if;
    if problem is null and not pg_has_role(caller, current_user, 'USAGE') and not exists (
        select from {schema}.grants g where topic ~ g.expression and (g.role = 'public' or exists (
            select from pg_roles r where r.rolname = g.role and pg_has_role(caller, r.oid, 'USAGE'))))
    then
        problem := format(
            'The role "%s" may not publish to this topic; let the owner of the schema insert a row into grants.', caller);
        code := '42501';
    end if;
    if problem is null and not is_end then
        select * into bounds from {schema}.settings;
        problem := case
            when octet_length(event) > 256 or event ~ '[\u0001-\u001F\u007F]' then
                'The event name is invalid; send at most 256 bytes of UTF-8 without line breaks or control characters.'
            when event in ('connected', 'gap', 'heartbeat', 'auth-expiring') then
                'The event names connected, gap, heartbeat and auth-expiring are reserved for the server; choose another name.'
            when id = '' or octet_length(id) > 256 or id ~ '[\u0001-\u001F\u007F-\u009F]' or id like ' %' or id like '% ' then
                'The event id is invalid; send 1 to 256 bytes of UTF-8 without control characters or leading or trailing spaces.'
            when id ~ '^[0-9]+-[0-9]+$' then
                'Event ids of the form digits-digits are reserved for the server; choose another form.'
            when key = '' or octet_length(key) > 256 or key ~ '[\u0001-\u001F\u007F]' then
                'The key is invalid; send 1 to 256 bytes of UTF-8 without control characters, or omit it.'
            when retry < 0 then 'retry must be a whole number of milliseconds.'
            when data is null then 'data is null; send data, or an empty text.'
            when octet_length(data) > bounds.max_event_bytes then
                format(
                    'data is longer than %s bytes; send less, or raise max_event_bytes in the table settings.', bounds.max_event_bytes)
        end;
    end if;
    if problem is not null then raise exception using message = problem, errcode = code; end if;

    if is_end then
        insert into {schema}.outbox (transaction, topic, is_final, id_length, digest, block)
            values (this_transaction, topic, true, 0, 0, '\x0a');
        return;
    end if;
    if event <> '' then name_line := 'event: ' || event || E'\n'; end if;
    -- Lines end with CR LF, CR or LF; each becomes a line of data.
    if data ~ '[\r\n]' then
        data := replace(replace(replace(data, E'\r\n', E'\n'), E'\r', E'\n'), E'\n', E'\ndata: ');
    end if;
    data_lines := 'data: ' || data || E'\n\n';
    insert into {schema}.outbox (transaction, topic, is_final, id_length, digest, key, block)
        values (
            this_transaction, topic, coalesce(final, false), coalesce(octet_length(id), 0),
            case when id is null then 0
                else {schema}.content_digest(coalesce(final, false), convert_to(key, 'UTF8'), name_line, data_lines) end,
            convert_to(key, 'UTF8'),
            convert_to(
                coalesce('id: ' || id || E'\n', '') || name_line
                    || case when retry is null then ''
                        else 'retry: ' || least(greatest(retry, bounds.min_retry_ms), bounds.max_retry_ms) || E'\n' end
                    || data_lines,
                'UTF8'));
end $$;

-- Whether drain() has something to do. Costs next to nothing, however many deleted rows the outbox has.
create function {schema}.has_waiting() returns boolean language plpgsql stable set enable_seqscan = off set jit = off as $$
begin
    return (
        select case when s.is_called then s.last_value else 0 end > m.through
            or exists (select from unnest(m.pending) p where pg_visible_in_snapshot(p, pg_current_snapshot()))
        from {schema}.outbox_numbers s, (select * from {schema}.outbox_marks order by number desc limit 1) m);
end $$;

-- Moves committed events from the outbox to the history, under the append lock: those of a transaction together and in order, transactions in
-- the order of their last events. So if one transaction saw another's changes before it published, its events come later. Returns the number
-- of rows that were taken from the outbox: about 1000, but whole transactions, if they are not huge. linger_ms: as of append().
--
-- The planner must not read the tables from their beginning, whatever their statistics say; and such small plans are not worth compiling.
create function {schema}.drain(linger_ms bigint) returns integer language plpgsql set enable_seqscan = off set jit = off as $$
declare
    newest bigint;
    mark {schema}.outbox_marks%rowtype;
    has_finished boolean;
    this_transaction xid8;
    moved integer := 0;
begin
    perform pg_advisory_xact_lock({lock});
    -- A transaction that has an id already, and so cannot tell who began before the newest number was read, leaves it to the next one.
    if pg_current_xact_id_if_assigned() is not null then return 0; end if;
    -- Rows that were rolled back, and those of a transaction with many, are passed in a few milliseconds a step.
    for step in 1 .. 50 loop
        -- Each statement has a snapshot of its own, which is newer than the wait for the lock.
        select coalesce(newest, case when s.is_called then s.last_value else 0 end), m.number, m.through, m.pending,
                exists (select from unnest(m.pending) p where pg_visible_in_snapshot(p, pg_current_snapshot()))
            into newest, mark.number, mark.through, mark.pending, has_finished
            from {schema}.outbox_numbers s, (select * from {schema}.outbox_marks order by number desc limit 1) m;
        exit when newest <= mark.through and not has_finished;
        -- publish() has its transaction's id before its row's number. So whoever has a number up to the newest has an id below this one.
        this_transaction := pg_current_xact_id();
        moved := {schema}.move(mark, least(greatest(newest, mark.through), mark.through + 1000), this_transaction, linger_ms);
        exit when moved > 0;
    end loop;
    return moved;
end $$;

-- A step of drain(): looks at the rows after the mark up to a number, and at those of pending transactions. Whoever has such a row has a
-- transaction id below "before".
create function {schema}.move(mark {schema}.outbox_marks, upto bigint, before xid8, linger_ms bigint) returns integer
language plpgsql as $$
declare
    chosen bigint[];
    still_pending xid8[];
    names text[];
    topic_of integer[];
    gone record;
    added record;
    rejected_before bigint;
    rejected_now bigint;
begin
    with now as materialized (select pg_current_snapshot() as snapshot),
    fresh as materialized (
        select o.number, o.transaction from {schema}.outbox o where o.number > mark.through and o.number <= upto),
    -- Transactions that may have rows to move, and the last row of each. Whatever the planner believes, rows are found by their transaction:
    -- an expression is not what the primary key has in order, and no other plan goes through "offset 0".
    finished as materialized (
        select t.transaction, (select max(o.number + 0) from {schema}.outbox o where o.transaction = t.transaction) as last
        from (
            select f.transaction from fresh f
            union
            select p from unnest(mark.pending) p, now where pg_visible_in_snapshot(p, now.snapshot)) t),
    placed as (
        select o.number, o.transaction, row_number() over w as place,
            sum(octet_length(o.block)) over w - octet_length(o.block) as bytes_before
        from (
            select o.*, f.last from finished f
                cross join lateral (select * from {schema}.outbox r where r.transaction = f.transaction offset 0) o
            where f.last <= upto order by f.last, o.number limit 20000) o
        window w as (order by o.last, o.number)),
    -- Whole transactions until there are enough rows. One that alone would hold the append lock for too long is cut.
    taken as materialized (
        select p.number, p.place from (
            select q.*, min(q.place) over (partition by q.transaction) as first_place,
                min(q.bytes_before) over (partition by q.transaction) as first_bytes
            from placed q) p
        where p.first_place <= 1000 and p.first_bytes <= 8000000 and p.bytes_before <= 32000000)
    select (select array_agg(t.number order by t.place) from taken t),
        array(select u.transaction from (
            select p as transaction from unnest(mark.pending) p, now where not pg_visible_in_snapshot(p, now.snapshot)
            union
            -- If rows are missing, whoever is open may have inserted them. A snapshot lists those below its xmax, the first id after the
            -- last one that has ended; from there on all are open.
            select x from now, pg_snapshot_xip(now.snapshot) x where (select count(*) from fresh) < upto - mark.through
            union
            select x::text::xid8 from now, generate_series(pg_snapshot_xmax(now.snapshot)::text::bigint, before::text::bigint - 1) x
                where (select count(*) from fresh) < upto - mark.through
            union
            select f.transaction from finished f where f.last is not null and f.last not in (select t.number from taken t)
            ) u order by u.transaction)
        into chosen, still_pending;

    if upto <> mark.through or still_pending <> mark.pending then
        delete from {schema}.outbox_marks m where m.number = mark.number;
        insert into {schema}.outbox_marks (through, pending) values (upto, still_pending);
    end if;
    if chosen is null then return 0; end if;

    with gone as (delete from {schema}.outbox o where o.number = any(chosen) returning o.*),
    rows as (select c.place, g.* from gone g join unnest(chosen) with ordinality c(number, place) on c.number = g.number)
    select array_agg(r.topic order by r.place) as topics, array_agg(r.place::integer order by r.place) as places,
        array_agg(r.is_final order by r.place) as finals, array_agg(r.id_length order by r.place) as id_lengths,
        array_agg(r.digest order by r.place) as digests, array_agg(r.key order by r.place) as keys,
        array_agg(r.block order by r.place) as blocks, array_agg(r.published_at order by r.place) as times,
        array_agg(r.published_by order by r.place) as users
        into gone from rows r;
    select array_agg(n.name order by n.number) into names
        from (select t as name, row_number() over (order by t) as number from unnest(gone.topics) t group by t) n;
    select array_agg(n.number::integer order by t.place) into topic_of
        from unnest(gone.topics) with ordinality t(name, place) join unnest(names) with ordinality n(name, number) on n.name = t.name;

    -- Each event is a batch of its own, so one that is refused refuses no other.
    select * into added from {schema}.add(
        names, topic_of, gone.places, gone.finals, gone.id_lengths, gone.digests, gone.keys, gone.blocks, linger_ms);
    if 0 <> any(added.statuses) then
        rejected_before := {schema}.rejected_count();
        insert into {schema}.rejected (number, reason, topic, publisher_id, key, is_final, block, published_at, published_by)
            select rejected_before + row_number() over (order by r.place),
                case r.status when 1 then 'topic_ended' else 'id_conflict' end, r.topic,
                case when r.id_length > 0 then convert_from(substr(r.block, 5, r.id_length), 'UTF8') end,
                convert_from(r.key, 'UTF8'), r.is_final, convert_from(r.block, 'UTF8'), r.published_at, r.published_by
            from unnest(
                added.statuses, gone.topics, gone.finals, gone.id_lengths, gone.keys, gone.blocks, gone.times, gone.users)
                with ordinality r(status, topic, is_final, id_length, key, block, published_at, published_by, place)
            where r.status <> 0;
        get diagnostics rejected_now = row_count;
        perform setval('{schema}.rejected_numbers', rejected_before + rejected_now);
        delete from {schema}.rejected r where r.number <= rejected_before + rejected_now - 10000;
    end if;
    return cardinality(chosen);
end $$;

-- Only what is granted may be called.
revoke all on all functions in schema {schema} from public;
