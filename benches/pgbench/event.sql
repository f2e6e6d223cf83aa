-- One postDentalServiceEvent as a transaction of its own: the reads that it is decided on, and the rows that it leaves,
-- in their sizes, in the store's own tables. :in_turn locks and writes the store's state, as whoever gives the change
-- feed and the access log one order over all writers must; :pipelined sends all of it at once.
\set grant random(1, :grants)
\set one random(1, 9223372036854775806)
\set two random(1, 9223372036854775806)
BEGIN;
SELECT nextval('bench_place') AS place \gset
\if :pipelined
\startpipeline
\endif
-- Who calls, whether the client asked for what is not there, and whether this message was answered before.
SELECT key, record FROM registry WHERE key = ANY(:rights::bytea[]);
SELECT key, record FROM miss WHERE key >= '\x40' AND key < '\x41' ORDER BY key DESC LIMIT 10;
SELECT key, record FROM answer_by_message WHERE key = '\x30'::bytea || sha256(int8send(:one));
SELECT key, record FROM answer_by_reference WHERE key = '\x31'::bytea || sha256(int8send(:two));
-- What it is decided on.
SELECT key, record FROM purchasing_power WHERE key = '\x21'::bytea || int8send(:grant) FOR UPDATE;
SELECT key, record FROM registry WHERE key = ANY(:provider::bytea[]);
SELECT key, record FROM customer WHERE key = '\x20'::bytea || :customer::bytea || int8send(:grant);
SELECT key, record FROM service_event WHERE key = ANY(ARRAY(
    SELECT service_event FROM service_event_of_purchasing_power
    WHERE key >= '\x24'::bytea || int8send(:grant) AND key < '\x24'::bytea || int8send(:grant + 1)));
SELECT key, record FROM registry WHERE key >= '\x17' AND key < '\x18' ORDER BY key;
SELECT key, record FROM registry WHERE key = ANY(:codes::bytea[]);
-- What it leaves.
\if :in_turn
SELECT record FROM meta WHERE key = :state_key::bytea FOR UPDATE;
UPDATE meta SET record = :state::bytea WHERE key = :state_key::bytea;
\endif
UPDATE purchasing_power SET record = :purchasing_power::bytea WHERE key = '\x21'::bytea || int8send(:grant);
INSERT INTO service_event (key, record)
    VALUES ('\x23'::bytea || int8send(:place) || int8send(:one), :service_event::bytea);
INSERT INTO service_event_of_purchasing_power (key, record)
    VALUES ('\x24'::bytea || int8send(:grant) || '\x00000001' || int8send(:place) || int8send(:one), :mark::bytea);
INSERT INTO service_event_of_day (key, record)
    VALUES ('\x254d39393900000001'::bytea || int8send(:place) || int8send(:one), :mark::bytea);
INSERT INTO change_feed (key, record) VALUES ('\x264d393939'::bytea || int8send(:place), :change_feed::bytea);
INSERT INTO ledger (key, record) VALUES ('\x27'::bytea || int8send(:grant) || int8send(:place) || '\x00', :ledger::bytea);
INSERT INTO answer_by_message (key, record)
    VALUES ('\x30'::bytea || sha256(int8send(:one)), :answer_by_message::bytea);
INSERT INTO answer_by_reference (key, record)
    VALUES ('\x31'::bytea || sha256(int8send(:two)), :answer_by_reference::bytea);
INSERT INTO answer_of_purchasing_power (key, record)
    VALUES ('\x32'::bytea || int8send(:grant) || sha256(int8send(:two)), :mark::bytea);
INSERT INTO access_log (key, record) VALUES ('\x50'::bytea || int8send(:place), :access_log::bytea);
\if :pipelined
\endpipeline
\endif
COMMIT;
