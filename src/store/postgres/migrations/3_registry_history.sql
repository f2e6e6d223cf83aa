-- Version 3: the history of the registry stands beside the registry.

ALTER TABLE registry
    DROP CONSTRAINT registry_key_check,
    ADD CONSTRAINT registry_key_check CHECK (get_byte(key, 0) BETWEEN 16 AND 26);
