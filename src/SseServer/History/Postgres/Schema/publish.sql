create table {schema}.outbox (number bigint generated always as identity primary key);

create function {schema}.drain(linger_ms bigint) returns void language plpgsql as $$
begin
end $$;
