-- The servers that share the history. A node writes its row every second; one that has not done so for ten seconds is dead, and counts no
-- longer. Tasks of which one node at a time has each are session locks, so they move when a node's connection ends.

create table {schema}.nodes (
    id uuid primary key,
    name text not null,
    version text not null,
    started timestamptz not null default {schema}.clock(),
    seen timestamptz not null default {schema}.clock(),
    streams integer not null,
    head bigint not null,
    lag_ms bigint not null,
    tasks text[] not null
);

-- The subscribers of the watched topics at each node; without rows for none.
create table {schema}.node_subscribers (
    node uuid not null references {schema}.nodes on delete cascade,
    topic text collate "C" not null,
    subscribers integer not null,
    primary key (node, topic)
);

-- What an operator asked all nodes to do, for a minute.
create table {schema}.commands (
    number bigint generated always as identity primary key,
    given timestamptz not null default {schema}.clock(),
    command text not null
);

-- Says that a node is alive and what changed at it; "is_new" if all of its subscribers are given. newest_command is a number, or -1 if the
-- node was taken for dead meanwhile and has to give all of them. rejected: how many events of the outbox were ever rejected.
create function {schema}.beat(
    node uuid, node_name text, node_version text, stream_count integer, head_id bigint, lag bigint, owned text[], topics text[],
    counts integer[], is_new boolean, out newest_command bigint, out rejected bigint)
language plpgsql as $$
begin
    rejected := {schema}.rejected_count();
    if not is_new and not exists (select from {schema}.nodes n where n.id = node) then
        newest_command := -1;
        return;
    end if;
    insert into {schema}.nodes as n (id, name, version, streams, head, lag_ms, tasks)
        values (node, node_name, node_version, stream_count, head_id, lag, owned)
        on conflict (id) do update set seen = {schema}.clock(), streams = stream_count, head = head_id, lag_ms = lag, tasks = owned;
    delete from {schema}.nodes n where n.seen < {schema}.clock() - interval '10 s';
    if is_new then delete from {schema}.node_subscribers s where s.node = beat.node; end if;
    delete from {schema}.node_subscribers s using unnest(topics, counts) c(topic, count)
        where s.node = beat.node and s.topic = c.topic and c.count = 0;
    insert into {schema}.node_subscribers as s (node, topic, subscribers)
        select beat.node, c.topic, c.count from unnest(topics, counts) c(topic, count) where c.count > 0
        on conflict on constraint node_subscribers_pkey do update set subscribers = excluded.subscribers;
    delete from {schema}.commands c where c.given < {schema}.clock() - interval '1 min';
    newest_command := coalesce((select max(c.number) from {schema}.commands c), 0);
end $$;
