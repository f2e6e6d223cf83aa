-- One getOstovoima as a transaction of its own: its reads, and its row in the access log. :in_turn and :pipelined as in
-- event.sql.
\set grant random(1, :grants)
BEGIN;
\if :pipelined
\startpipeline
\endif
SELECT key, record FROM registry WHERE key = ANY(:rights::bytea[]);
SELECT key, record FROM miss WHERE key >= '\x40' AND key < '\x41' ORDER BY key DESC LIMIT 10;
SELECT key, record FROM purchasing_power WHERE key = '\x21'::bytea || int8send(:grant);
SELECT key, record FROM registry WHERE key = ANY(:provider::bytea[]);
SELECT key, record FROM customer WHERE key = '\x20'::bytea || :customer::bytea || int8send(:grant);
\if :in_turn
SELECT record FROM meta WHERE key = :state_key::bytea FOR UPDATE;
UPDATE meta SET record = :state::bytea WHERE key = :state_key::bytea;
\endif
INSERT INTO access_log (key, record) VALUES ('\x50'::bytea || int8send(nextval('bench_place')), :access_log::bytea);
\if :pipelined
\endpipeline
\endif
COMMIT;
