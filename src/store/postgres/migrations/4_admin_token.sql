-- Tokens of the Admin API, by name.
CREATE TABLE admin_token (
    key bytea PRIMARY KEY CHECK (get_byte(key, 0) = 96),
    record bytea NOT NULL CHECK (octet_length(record) BETWEEN 5 AND 65536)
);
