-- The shared history. {schema} is the schema's name, quoted; {lock} the number of its lock.
--
-- Whoever writes events holds the append lock until its commit is visible, so events become visible in the order of their ids, and a node
-- that reads what follows its last id misses nothing. Ids are set on a sequence and not in a row: a row that every append updates would grow
-- dead versions for as long as any other transaction of the database is open. For the same reason an append changes no row of a topic.

-- The clock by which ids are given and ages are measured: the same one for all servers.
create function {schema}.clock() returns timestamptz language sql as $$ select clock_timestamp() $$;

-- One row: the version of the schema, and what belongs to the history as a whole.
create table {schema}.settings (
    only_row boolean primary key default true check (only_row),
    version integer not null,
    -- The oldest version of the program that works with this schema.
    compatible_from integer not null,
    -- The first id: the history knows nothing of what was before.
    origin bigint not null,
    -- Events up to this id may have been deleted with topics that were removed.
    floor bigint not null default 0
);

create sequence {schema}.ids;

-- Counts changes of the trimming marks, so that nodes read what is new.
create sequence {schema}.trims;

-- The ids that this history has assigned: a range from "first" to "last", which is null for the newest one. A range begins when a node starts
-- and when the database's timeline changes. Readers that come with an id between two ranges may have seen events that are lost.
create table {schema}.epochs (
    first bigint primary key,
    last bigint,
    timeline integer not null,
    system bigint not null
);

create table {schema}.topics (
    id bigint generated always as identity primary key,
    name text collate "C" not null unique,
    -- Every event after this id is stored; and every live one after lost_through: see StoreTrim.
    trimmed_through bigint not null default 0,
    lost_through bigint not null default 0,
    keys_through bigint not null default 0,
    trim_number bigint not null default 0,
    -- The event that the topic ended with, and the topic's deletion if nothing was published since; otherwise 0.
    end_id bigint not null default 0,
    deleted_id bigint not null default 0
);
create index topics_by_trim on {schema}.topics (trim_number) where trim_number > 0;

create table {schema}.events (
    id bigint primary key,
    topic bigint not null,
    is_final boolean not null,
    -- The length of the publisher's id, which follows "id: " at the beginning of the block; 0 if there is none.
    id_length smallint not null,
    key bytea,
    -- The event as it is sent, without its own id and the chunk's envelope.
    block bytea not null
);
create index events_by_topic on {schema}.events (topic, id);
create index events_by_key on {schema}.events (topic, key, id) where key is not null;

create table {schema}.publisher_ids (
    publisher_id bytea not null,
    topic bigint not null,
    id bigint not null,
    digest bigint not null,
    primary key (publisher_id, topic)
);

-- Deletions of topics, until every node has read them.
create table {schema}.deletions (
    id bigint primary key,
    topic text collate "C" not null
);

-- The last of the ids that the next "wanted" events get: at or above the clock, and above all that was assigned.
create function {schema}.take_ids(wanted bigint) returns bigint language plpgsql as $$
declare
    result bigint;
begin
    select greatest(last_value + wanted, ((extract(epoch from {schema}.clock()) * 1000)::bigint << 20) + wanted - 1)
        into result from {schema}.ids;
    perform setval('{schema}.ids', result);
    return result;
end $$;

-- Begins a range of ids above the clock, above all ids of the history, and above "head"; ends the range before it at "through".
create function {schema}.begin_epoch(head bigint, through bigint) returns void language plpgsql as $$
declare
    next bigint;
begin
    perform setval('{schema}.ids', greatest(head, last_value)) from {schema}.ids;
    next := {schema}.take_ids(1);
    update {schema}.epochs set last = through where last is null;
    insert into {schema}.epochs (first, timeline, system) values (next, {schema}.timeline(), (pg_control_system()).system_identifier);
    delete from {schema}.epochs where first <= (select first from {schema}.epochs order by first desc offset 4096 limit 1);
end $$;

-- The timeline that the server writes now. The checkpoint knows it only after a promotion's first one.
create function {schema}.timeline() returns integer language sql as $$
    select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer
$$;

-- The newest id that the database itself has given. After a promotion the sequence may be ahead of it.
create function {schema}.newest() returns bigint language sql as $$
    select greatest(
        (select id from {schema}.events order by id desc limit 1),
        (select id + 1 from {schema}.deletions order by id desc limit 1),
        (select first from {schema}.epochs order by first desc limit 1),
        (select origin from {schema}.settings))
$$;

-- Begins a range if the database's timeline has changed: after a promotion or a restore to an earlier time.
create function {schema}.check_timeline() returns void language plpgsql as $$
begin
    if not exists (select from {schema}.epochs where last is null and timeline = {schema}.timeline())
    then
        perform {schema}.begin_epoch(0, {schema}.newest());
    end if;
end $$;

-- A node's first call on a connection that writes. "head" is the last id that the node has applied, 0 if it has just started.
create function {schema}.attach(head bigint) returns table (first bigint, last bigint) language plpgsql as $$
#variable_conflict use_column
begin
    perform pg_advisory_xact_lock({lock});
    perform {schema}.check_timeline();
    -- A copy of the history in another cluster may have its timeline's number; appends only look at that.
    if exists (select from {schema}.epochs where last is null and system <> (pg_control_system()).system_identifier) then
        perform {schema}.begin_epoch(0, {schema}.newest());
    end if;
    if head = 0 then
        perform {schema}.begin_epoch(0, (select last_value from {schema}.ids));
    elsif head > (select last_value from {schema}.ids) then
        -- The node has seen ids that this database has not given: nobody may get them again.
        perform {schema}.begin_epoch(head, (select last_value from {schema}.ids));
    end if;
    return query select e.first, e.last from {schema}.epochs e order by e.first;
end $$;

-- Appends a group of batches, each as a whole or not at all, and returns when it holds the lock no longer than the commit takes. First moves
-- what applications have published in the database: see publish.sql.
create function {schema}.append(
    topics text[], topic_of integer[], batch_of integer[], final_of boolean[], id_length_of integer[], digest_of bigint[], key_of bytea[],
    block_of bytea[], linger_ms bigint,
    out statuses integer[], out refused integer[], out ids bigint[], out repeats boolean[])
language plpgsql as $$
begin
    -- Each statement has a snapshot of its own, which is newer than the wait for the lock.
    perform pg_advisory_xact_lock({lock});
    perform {schema}.check_timeline();
    perform {schema}.drain(linger_ms);
    if coalesce(cardinality(block_of), 0) = 0 then return; end if;
    select a.statuses, a.refused, a.ids, a.repeats into statuses, refused, ids, repeats
        from {schema}.add(topics, topic_of, batch_of, final_of, id_length_of, digest_of, key_of, block_of, linger_ms) a;
end $$;

-- What append() does under the lock, with at least one event.
--
-- topics: names, each once. For each event: the number of its topic in "topics" and of its batch, both from 1; a batch's events follow each
-- other. An event with a publisher's id that the topic has is a repeat, and gets the first one's id, if the digests fit (0 fits all).
-- statuses: for each batch 0, or why it was refused: 1 for a topic that has ended, 2 for a publisher id with other content; refused: the
-- number of the event that it was refused for. ids and repeats: for each event.
create function {schema}.add(
    topics text[], topic_of integer[], batch_of integer[], final_of boolean[], id_length_of integer[], digest_of bigint[], key_of bytea[],
    block_of bytea[], linger_ms bigint,
    out statuses integer[], out refused integer[], out ids bigint[], out repeats boolean[])
language plpgsql as $$
declare
    total integer := cardinality(block_of);
    topic_ids bigint[];
    ends bigint[];
    deleted bigint[];
    is_plain boolean;
    last_id bigint;
    i integer;
    j integer;
    k integer;
    number integer;
    batch_ends bigint[];
    found record;
begin
    -- What a topic of the same name had before it was removed is lost.
    insert into {schema}.topics (name, trimmed_through, lost_through)
        select n, s.floor, s.floor from unnest(topics) n cross join {schema}.settings s
        where not exists (select from {schema}.topics t where t.name = n);
    select array_agg(t.id order by n.number), array_agg(t.end_id order by n.number), array_agg(t.deleted_id order by n.number)
        into topic_ids, ends, deleted
        from unnest(topics) with ordinality n(name, number) join {schema}.topics t on t.name = n.name;

    number := batch_of[total];
    statuses := array_fill(0, array[number]);
    refused := statuses;
    repeats := array_fill(false, array[total]);
    is_plain := 0 = all(ends) and 0 = all(deleted) and not true = any(final_of);
    if is_plain and not 0 = all(id_length_of) then
        -- No publisher id twice in the group, and none that the history has.
        select count(*) = count(distinct (topic, id)) and count(p.id_known) = 0 into is_plain from (
            select e.topic, substr(e.block, 5, e.length) as id,
                (select true from {schema}.publisher_ids p
                    where p.publisher_id = substr(e.block, 5, e.length) and p.topic = topic_ids[e.topic]) as id_known
            from unnest(topic_of, id_length_of, block_of) e(topic, length, block) where e.length > 0) p;
    end if;

    if is_plain then
        last_id := {schema}.take_ids(total);
        insert into {schema}.events (id, topic, is_final, id_length, key, block)
            select last_id - total + e.number, topic_ids[e.topic], false, e.length, e.key, e.block
            from unnest(topic_of, id_length_of, key_of, block_of) with ordinality e(topic, length, key, block, number);
        if not 0 = all(id_length_of) then
            insert into {schema}.publisher_ids (publisher_id, topic, id, digest)
                select substr(e.block, 5, e.length), topic_ids[e.topic], last_id - total + e.number, e.digest
                from unnest(topic_of, id_length_of, digest_of, block_of) with ordinality e(topic, length, digest, block, number)
                where e.length > 0;
        end if;
        select array_agg(n) into ids from generate_series(last_id - total + 1, last_id) n;
        perform pg_notify({channel}, '');
        return;
    end if;

    -- An end is over once its time has passed and nothing is left of its topic.
    for k in 1 .. cardinality(topics) loop
        if ends[k] <> 0 and ends[k] >> 20 < (extract(epoch from {schema}.clock()) * 1000)::bigint - linger_ms
            and not exists (select from {schema}.events e where e.topic = topic_ids[k])
        then
            update {schema}.topics t set end_id = 0 where t.id = topic_ids[k];
            ends[k] := 0;
        end if;
    end loop;

    ids := array_fill(0::bigint, array[total]);
    last_id := {schema}.take_ids(total) - total;
    i := 1;
    while i <= total loop
        number := batch_of[i];
        batch_ends := ends;
        j := i;
        while j <= total and batch_of[j] = number loop
            if id_length_of[j] > 0 then
                select p.id, p.digest into found from {schema}.publisher_ids p
                    where p.publisher_id = substr(block_of[j], 5, id_length_of[j]) and p.topic = topic_ids[topic_of[j]];
                if found.id is not null then
                    if found.digest <> digest_of[j] and found.digest <> 0 and digest_of[j] <> 0 then
                        statuses[number] := 2;
                        refused[number] := j;
                        exit;
                    end if;
                    ids[j] := found.id;
                    repeats[j] := true;
                    j := j + 1;
                    continue;
                end if;
            end if;
            if batch_ends[topic_of[j]] <> 0 then
                -- An end alone may be repeated.
                if final_of[j] and octet_length(block_of[j]) = 1 and batch_ends[topic_of[j]] > 0 then
                    ids[j] := batch_ends[topic_of[j]];
                    repeats[j] := true;
                else
                    statuses[number] := 1;
                    refused[number] := j;
                    exit;
                end if;
            elsif final_of[j] then
                batch_ends[topic_of[j]] := -1;
            end if;
            j := j + 1;
        end loop;

        while i <= total and batch_of[i] = number loop
            if statuses[number] = 0 and not repeats[i] then
                last_id := last_id + 1;
                k := topic_of[i];
                ids[i] := last_id;
                insert into {schema}.events (id, topic, is_final, id_length, key, block)
                    values (last_id, topic_ids[k], final_of[i], id_length_of[i], key_of[i], block_of[i]);
                if id_length_of[i] > 0 then
                    insert into {schema}.publisher_ids (publisher_id, topic, id, digest)
                        values (substr(block_of[i], 5, id_length_of[i]), topic_ids[k], last_id, digest_of[i]);
                end if;
                if deleted[k] <> 0 then
                    update {schema}.topics t set deleted_id = 0 where t.id = topic_ids[k];
                    deleted[k] := 0;
                end if;
                if final_of[i] then
                    update {schema}.topics t set end_id = last_id where t.id = topic_ids[k];
                    ends[k] := last_id;
                end if;
            end if;
            i := i + 1;
        end loop;
    end loop;
    perform pg_notify({channel}, '');
end $$;

-- What follows two positions, in one snapshot: new trimming marks (kind 1), deletions of topics (2), events (0), and whether the outbox has
-- something to move (3). Each kind is in order. If as many events come as asked for, deletions after the last of them may be missing.
create function {schema}.tail(after bigint, after_trim bigint, wanted integer)
returns table (
    kind integer, id bigint, topic text, is_final boolean, id_length smallint, digest bigint, key bytea, block bytea, trimmed_through bigint,
    lost_through bigint, keys_through bigint)
language plpgsql stable as $$
#variable_conflict use_column
begin
    -- All four have the snapshot of the call. In this language their plans are kept for the session.
    return query select 1, t.trim_number, t.name, null::boolean, null::smallint, null::bigint, null::bytea, null::bytea, t.trimmed_through,
            t.lost_through, t.keys_through
        from {schema}.topics t where t.trim_number > after_trim order by t.trim_number;
    return query select 2, d.id, d.topic, null::boolean, null::smallint, null::bigint, null::bytea, null::bytea, null::bigint, null::bigint,
            null::bigint
        from {schema}.deletions d where d.id > after order by d.id limit wanted;
    return query select 0, e.id, t.name, e.is_final, e.id_length,
            case when e.id_length > 0 then
                (select p.digest from {schema}.publisher_ids p
                    where p.publisher_id = substr(e.block, 5, e.id_length) and p.topic = e.topic and p.id = e.id) end,
            e.key, e.block, null::bigint, null::bigint, null::bigint
        from (select * from {schema}.events v where v.id > after order by v.id limit wanted) e
            join {schema}.topics t on t.id = e.topic order by e.id;
    return query select 3, 0::bigint, null::text, null::boolean, null::smallint, null::bigint, null::bytea, null::bytea, null::bigint,
            null::bigint, null::bigint
        where {schema}.has_waiting();
end $$;

-- The selected events after one id up to another (kind 0), and new trimming marks of the selected topics (kind 1), in one snapshot.
-- patterns are regular expressions.
create function {schema}.page(
    topics text[], patterns text[], after bigint, through bigint, after_trim bigint, only_latest boolean, wanted integer)
returns table (
    kind integer, id bigint, topic bigint, name text, is_final boolean, id_length smallint, key bytea, block bytea, trimmed_through bigint,
    lost_through bigint, keys_through bigint)
language plpgsql stable as $$
declare
    selected bigint[];
begin
    select array_agg(t.id) into selected from {schema}.topics t where t.name = any(topics) or t.name ~ any(patterns);
    return query select 1, t.trim_number, t.id, t.name, null::boolean, null::smallint, null::bytea, null::bytea, t.trimmed_through,
            t.lost_through, t.keys_through
        from {schema}.topics t where t.id = any(selected) and t.trim_number > after_trim order by t.trim_number;
    if only_latest then
        return query select 0, e.id, e.topic, t.name, e.is_final, e.id_length, e.key, e.block, null::bigint, null::bigint, null::bigint
            from {schema}.events e join {schema}.topics t on t.id = e.topic
            where e.topic = any(selected) and e.id > after and e.id <= through
                and (e.is_final or (e.key is not null and not exists (
                    select from {schema}.events n where n.topic = e.topic and n.key = e.key and n.id > e.id)))
            order by e.id limit wanted;
    elsif cardinality(selected) <= 256 then
        return query select 0, e.id, e.topic, t.name, e.is_final, e.id_length, e.key, e.block, null::bigint, null::bigint, null::bigint
            from unnest(selected) s cross join lateral (
                select * from {schema}.events v where v.topic = s and v.id > after and v.id <= through order by v.id limit wanted) e
                join {schema}.topics t on t.id = e.topic
            order by e.id limit wanted;
    else
        return query select 0, e.id, e.topic, t.name, e.is_final, e.id_length, e.key, e.block, null::bigint, null::bigint, null::bigint
            from {schema}.events e join {schema}.topics t on t.id = e.topic
            where e.id > after and e.id <= through and e.topic = any(selected)
            order by e.id limit wanted;
    end if;
end $$;

-- What of a topic exceeds its bounds: see StoreTrim. A bound counts what trimming has left; first_id is the oldest that is young enough, and
-- nothing is planned after last_id, or after what a live node has yet to read.
create function {schema}.plan_trim(
    topic_name text, max_events bigint, max_bytes bigint, first_id bigint, max_keys bigint, last_id bigint,
    out through bigint, out lost_through bigint, out keys_through bigint)
language plpgsql stable as $$
declare
    this {schema}.topics%rowtype;
begin
    select * into this from {schema}.topics t where t.name = topic_name;
    last_id := least(last_id, (select min(n.head) from {schema}.nodes n));
    select max(e.id) into through from (
        select v.id, row_number() over (order by v.id desc) as events, sum(octet_length(v.block)) over (order by v.id desc) as bytes
        from {schema}.events v where v.topic = this.id and v.id > this.trimmed_through order by v.id desc limit max_events + 1) e
        where e.events > max_events or (e.bytes > max_bytes and e.events > 1);
    through := greatest(through, 0,
        (select v.id from {schema}.events v where v.topic = this.id and v.id > this.trimmed_through and v.id < first_id
            order by v.id desc limit 1));
    if through > last_id then
        through := coalesce((select v.id from {schema}.events v where v.topic = this.id and v.id > this.trimmed_through and v.id <= last_id
            order by v.id desc limit 1), 0);
    end if;
    -- The newest events of too many keys, and of keys whose newest event is too old, go as well. Without anything else to trim this concerns
    -- what earlier trims have kept, of which nothing is read if it is not too much.
    if through > 0 or exists (
        select from {schema}.events v where v.topic = this.id and v.id <= this.trimmed_through and v.id < first_id)
        or exists (select from {schema}.events v where v.topic = this.id and v.id <= this.trimmed_through offset max_keys)
    then
        keys_through := greatest(0,
            (select v.id from {schema}.events v where v.topic = this.id and v.key is not null
                and v.id <= greatest(through, this.trimmed_through) and v.id < first_id
                and not exists (select from {schema}.events n where n.topic = v.topic and n.key = v.key and n.id > v.id)
                order by v.id desc limit 1),
            (select v.id from {schema}.events v where v.topic = this.id and v.key is not null
                and v.id <= greatest(through, this.trimmed_through)
                and not exists (select from {schema}.events n where n.topic = v.topic and n.key = v.key and n.id > v.id)
                order by v.id desc offset max_keys limit 1));
    end if;
    if through = 0 and keys_through > 0 then through := this.trimmed_through; end if;
    keys_through := coalesce(keys_through, 0);
    lost_through := greatest(keys_through,
        (select v.id from {schema}.events v where v.topic = this.id and v.id > this.trimmed_through and v.id <= through and v.key is null
            order by v.id desc limit 1), 0);
end $$;

-- Deletes at most "wanted" of a topic's events and raises its marks, so that in every snapshot the marks say what is gone. True if there is
-- more to delete.
create function {schema}.trim(topic_name text, through bigint, keep_keys_after bigint, wanted integer) returns boolean language plpgsql as $$
declare
    this {schema}.topics%rowtype;
    step bigint;
    lost bigint;
begin
    select * into this from {schema}.topics t where t.name = topic_name for update;
    if not found then return false; end if;
    select max(v.id) into step from (
        select e.id from {schema}.events e where e.topic = this.id and e.id > this.trimmed_through and e.id <= through
        order by e.id limit wanted) v;
    step := coalesce(step, this.trimmed_through);
    with gone as (
        delete from {schema}.events e where e.topic = this.id and e.id <= step
            and (e.key is null or e.id <= keep_keys_after
                or exists (select from {schema}.events n where n.topic = e.topic and n.key = e.key and n.id > e.id))
            returning e.id, e.topic, e.key, e.id_length, e.block),
    forgotten as (
        delete from {schema}.publisher_ids p using gone g
            where g.id_length > 0 and p.publisher_id = substr(g.block, 5, g.id_length) and p.topic = g.topic and p.id = g.id)
    select max(g.id) filter (where g.key is null) into lost from gone g;
    if step > this.trimmed_through or (keep_keys_after > this.keys_through) then
        update {schema}.topics t set
            trimmed_through = greatest(t.trimmed_through, step),
            lost_through = greatest(t.lost_through, lost, least(keep_keys_after, step)),
            keys_through = greatest(t.keys_through, least(keep_keys_after, step)),
            trim_number = nextval('{schema}.trims')
            where t.id = this.id;
    end if;
    return step < through and exists (
        select from {schema}.events e where e.topic = this.id and e.id > step and e.id <= through);
end $$;

-- Removes a topic that has no events, unless it was published to meanwhile.
create function {schema}.remove_topic(topic_name text) returns void language plpgsql as $$
declare
    gone bigint;
begin
    perform pg_advisory_xact_lock({lock});
    delete from {schema}.topics t where t.name = topic_name and not exists (select from {schema}.events e where e.topic = t.id)
        returning t.lost_through into gone;
    if gone > 0 then update {schema}.settings set floor = greatest(floor, gone); end if;
end $$;

-- Deletes a topic with all its events, and returns the deletion's id; 0 if there is nothing to delete. The next id is taken, too.
create function {schema}.delete_topic(topic_name text) returns bigint language plpgsql as $$
declare
    this {schema}.topics%rowtype;
    result bigint;
    newest bigint;
begin
    perform pg_advisory_xact_lock({lock});
    perform {schema}.check_timeline();
    perform {schema}.drain(0);
    select * into this from {schema}.topics t where t.name = topic_name for update;
    if not found or this.deleted_id <> 0 then return 0; end if;
    result := {schema}.take_ids(2) - 1;
    select max(e.id) into newest from {schema}.events e where e.topic = this.id;
    delete from {schema}.publisher_ids p where p.topic = this.id;
    delete from {schema}.events e where e.topic = this.id;
    update {schema}.topics t set end_id = 0, deleted_id = result, trimmed_through = greatest(t.trimmed_through, newest),
        lost_through = greatest(t.lost_through, newest) where t.id = this.id;
    insert into {schema}.deletions (id, topic) values (result, topic_name);
    delete from {schema}.deletions d where d.id >> 20 < (extract(epoch from {schema}.clock()) * 1000)::bigint - 86400000;
    perform pg_notify({channel}, '');
    return result;
end $$;

-- Writes events that have their ids, above all that the history has; and raises the ids to "high_water".
create function {schema}.import(
    topic_names text[], event_ids bigint[], finals boolean[], id_lengths integer[], digests bigint[], keys bytea[], blocks bytea[],
    high_water bigint) returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock({lock});
    insert into {schema}.topics (name, trimmed_through, lost_through)
        select distinct n, s.floor, s.floor from unnest(topic_names) n cross join {schema}.settings s
        where not exists (select from {schema}.topics t where t.name = n);
    insert into {schema}.events (id, topic, is_final, id_length, key, block)
        select e.id, t.id, e.is_final, e.id_length, e.key, e.block
        from unnest(topic_names, event_ids, finals, id_lengths, keys, blocks) e(name, id, is_final, id_length, key, block)
            join {schema}.topics t on t.name = e.name;
    insert into {schema}.publisher_ids (publisher_id, topic, id, digest)
        select substr(e.block, 5, e.id_length), t.id, e.id, e.digest
        from unnest(topic_names, event_ids, id_lengths, digests, blocks) e(name, id, id_length, digest, block)
            join {schema}.topics t on t.name = e.name
        where e.id_length > 0;
    update {schema}.topics t set end_id = e.id, deleted_id = 0
        from unnest(topic_names, event_ids, finals) e(name, id, is_final) where t.name = e.name and e.is_final;
    perform setval('{schema}.ids', greatest(high_water, last_value)) from {schema}.ids;
end $$;
