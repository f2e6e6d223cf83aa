-- What a record names is there. Judged at a transaction's end, since a batch writes both in any order. Taken off while
-- a store is filled, and put back before it is one.

ALTER TABLE purchasing_power_of_customer ADD CONSTRAINT names_customer
    FOREIGN KEY (customer) REFERENCES customer (key) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE purchasing_power_of_customer ADD CONSTRAINT names_purchasing_power
    FOREIGN KEY (purchasing_power) REFERENCES purchasing_power (key) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE service_event_of_purchasing_power ADD CONSTRAINT names_purchasing_power
    FOREIGN KEY (purchasing_power) REFERENCES purchasing_power (key) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE service_event_of_purchasing_power ADD CONSTRAINT names_service_event
    FOREIGN KEY (service_event) REFERENCES service_event (key) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ledger ADD CONSTRAINT names_purchasing_power
    FOREIGN KEY (purchasing_power) REFERENCES purchasing_power (key) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE settlement_provider ADD CONSTRAINT names_settlement_run
    FOREIGN KEY (settlement_run) REFERENCES settlement_run (key) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE settlement_row ADD CONSTRAINT names_settlement_run
    FOREIGN KEY (settlement_run) REFERENCES settlement_run (key) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE settlement_row ADD CONSTRAINT names_service_event
    FOREIGN KEY (service_event) REFERENCES service_event (key) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE answer_of_purchasing_power ADD CONSTRAINT names_purchasing_power
    FOREIGN KEY (purchasing_power) REFERENCES purchasing_power (key) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE answer_of_purchasing_power ADD CONSTRAINT names_answer
    FOREIGN KEY (answer) REFERENCES answer_by_reference (key) DEFERRABLE INITIALLY DEFERRED;
