-- Every record table of the store: its key as the program orders it, and the encoded record. Keys begin with their
-- table's byte; bytea compares byte by byte, so that the order here is the program's own. What a row is about is in
-- its key where no person can be told from it, and sealed in its record elsewhere.

CREATE TABLE meta (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 1),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536)
) WITH (fillfactor = 20);

-- Organisers, services, providers, approvals, prices, code sets, clients' grants: small, and replaced as one.
CREATE TABLE registry (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) BETWEEN 16 AND 25),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536)
);

CREATE TABLE customer (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 32 AND octet_length(key) BETWEEN 36 AND 37),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536)
) WITH (fillfactor = 90);

CREATE TABLE purchasing_power (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 33 AND octet_length(key) = 9),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536)
) WITH (fillfactor = 80);

-- Organiser (M and three digits, or C and two), person's keyed hash, service, number.
CREATE TABLE purchasing_power_of_customer (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 34),
    record bytea NOT NULL CHECK (octet_length(record) = 5),
    customer bytea GENERATED ALWAYS AS ('\x20'::bytea ||
        substring(key FROM 2 FOR CASE get_byte(key, 1) WHEN 77 THEN 36 ELSE 35 END)) STORED,
    purchasing_power bytea GENERATED ALWAYS AS ('\x21'::bytea || substring(key FROM octet_length(key) - 7)) STORED
);

CREATE TABLE service_event (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 35 AND octet_length(key) = 17),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536)
) WITH (fillfactor = 90);

-- Number, day, event.
CREATE TABLE service_event_of_purchasing_power (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 36 AND octet_length(key) = 29),
    record bytea NOT NULL CHECK (octet_length(record) = 5),
    purchasing_power bytea GENERATED ALWAYS AS ('\x21'::bytea || substring(key FROM 2 FOR 8)) STORED,
    service_event bytea GENERATED ALWAYS AS ('\x23'::bytea || substring(key FROM octet_length(key) - 15)) STORED
);

-- Organiser, day, event.
CREATE TABLE service_event_of_day (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 37 AND octet_length(key) BETWEEN 24 AND 25),
    record bytea NOT NULL CHECK (octet_length(record) = 5)
);

-- Organiser, place in the feed.
CREATE TABLE change_feed (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 38 AND octet_length(key) BETWEEN 12 AND 13),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 64)
);

-- Number, revision, place in the revision. Rows are added and, with their purchasing power, purged; never changed.
CREATE TABLE ledger (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 39 AND octet_length(key) = 18),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536),
    purchasing_power bytea GENERATED ALWAYS AS ('\x21'::bytea || substring(key FROM 2 FOR 8)) STORED
);

CREATE TABLE settlement_run (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 40),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536)
);

-- A run, a provider.
CREATE TABLE settlement_provider (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 41),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536),
    settlement_run bytea GENERATED ALWAYS AS ('\x28'::bytea || substring(key FROM 2 FOR octet_length(key) - 14)) STORED
);

-- A run, a provider, a day, an event.
CREATE TABLE settlement_row (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 42),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536),
    settlement_run bytea GENERATED ALWAYS AS ('\x28'::bytea || substring(key FROM 2 FOR octet_length(key) - 34)) STORED,
    service_event bytea GENERATED ALWAYS AS ('\x23'::bytea || substring(key FROM octet_length(key) - 15)) STORED
);

CREATE TABLE settlement_book (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 43),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536)
);

-- Keyed hash of client, service and message id.
CREATE TABLE answer_by_message (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 48 AND octet_length(key) = 33),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536)
);

-- Keyed hash of the party acted for, service, source system and reference.
CREATE TABLE answer_by_reference (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 49 AND octet_length(key) = 33),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536)
);

-- Number, keyed hash of a reference.
CREATE TABLE answer_of_purchasing_power (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 50 AND octet_length(key) = 41),
    record bytea NOT NULL CHECK (octet_length(record) = 5),
    purchasing_power bytea GENERATED ALWAYS AS ('\x21'::bytea || substring(key FROM 2 FOR 8)) STORED,
    answer bytea GENERATED ALWAYS AS ('\x31'::bytea || substring(key FROM 10)) STORED
);

CREATE TABLE miss (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 64),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 64)
);

-- Position.
CREATE TABLE access_log (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 80 AND octet_length(key) = 9),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536)
);

-- Class, and where the access log stood when the purge began.
CREATE TABLE purge_proof (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 81 AND octet_length(key) = 10),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536)
);

-- Records are sealed or short: compressing them costs time and saves nothing.
ALTER TABLE service_event ALTER COLUMN record SET STORAGE EXTERNAL;
ALTER TABLE purchasing_power ALTER COLUMN record SET STORAGE EXTERNAL;
ALTER TABLE customer ALTER COLUMN record SET STORAGE EXTERNAL;
ALTER TABLE answer_by_message ALTER COLUMN record SET STORAGE EXTERNAL;
ALTER TABLE answer_by_reference ALTER COLUMN record SET STORAGE EXTERNAL;
ALTER TABLE access_log ALTER COLUMN record SET STORAGE EXTERNAL;
