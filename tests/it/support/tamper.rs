//! A hand on a site's closed store, of sled's but for [`change_last`]: what one could do who has the master key and knows the format, but does not
//! compute the audit chain's links anew. Seals and checksums are right afterwards.

use psop_adapter::secrets::{KeyFilePolicy, Keyring, MasterKey, WrappedKeys};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::postgres::Postgres;
use super::server::{BackEnd, Site, back_end};

const META: u8 = 0x01;
pub const LEDGER: u8 = 0x27;
pub const SETTLEMENT_ROW: u8 = 0x2A;
const ACCESS: u8 = 0x50;
/// As the store has it; sled opens no file under another.
const SEGMENT_BYTES: usize = 8 * 1024 * 1024;
const FORMAT_VERSION: u8 = 1;

/// A row of the access log: position, link, sealed bytes.
pub type ChainedRow = (u64, [u8; 32], Vec<u8>);

/// Batches, records, access rows, last link, changes, epoch, version of the keys, seals.
type State = (u64, u64, u64, [u8; 32], u64, [u8; 16], u64, u64);

/// Changes the payload of the last record of a table that is not sealed, on the back end of this run. No server may run.
pub fn change_last(site: &Site, table: u8, change: impl FnOnce(&mut Vec<u8>)) {
    if back_end() == BackEnd::Sled {
        return Hand::on(site).change_last(table, change);
    }
    let name = match table {
        LEDGER => "ledger",
        SETTLEMENT_ROW => "settlement_row",
        _ => panic!("no table is known for {table:#x}"),
    };
    let config = std::fs::read_to_string(site.config()).unwrap();
    let (_, database) = config.split_once("\nurl = \"").unwrap();
    let database = database.split('"').next().unwrap().rsplit('/').next();
    let run = |sql: &str| Postgres::shared().run(database.unwrap(), sql);
    let last = run(&format!(
        "SELECT encode(key, 'hex'), encode(record, 'hex') FROM {name} ORDER BY key DESC LIMIT 1"
    ));
    let (key, record) = last.trim_end().split_once('|').unwrap();
    let mut payload = hex::decode(record).unwrap()[5..].to_vec();
    change(&mut payload);
    let record = hex::encode(enveloped(&hex::decode(key).unwrap(), &payload));
    run(&format!(
        "UPDATE {name} SET record = '\\x{record}' WHERE key = '\\x{key}'"
    ));
}

/// The open files of a closed store.
pub struct Hand {
    database: sled::Db,
    keyring: Keyring,
}

impl Hand {
    /// No server may run. The guard file goes, since it would tell of a count that does not fit.
    pub fn on(site: &Site) -> Hand {
        let store = site.folder().join("store");
        let _ = std::fs::remove_file(store.join("head"));
        let database = sled::Config::new()
            .path(&store)
            .mode(sled::Mode::LowSpace)
            .segment_size(SEGMENT_BYTES)
            .open()
            .unwrap();
        let policy = KeyFilePolicy {
            create_missing: false,
            refuse_exposed: true,
        };
        let master = MasterKey::load(&site.folder().join("master.key"), policy).unwrap();
        let wrapped: WrappedKeys = decode(&database.get(meta("keys")).unwrap().unwrap());
        Hand {
            database,
            keyring: wrapped.unwrap(&master).unwrap(),
        }
    }

    pub fn raw_row(&self, position: u64) -> Vec<u8> {
        let value = self.database.get(access(position)).unwrap().unwrap();
        value.to_vec()
    }

    pub fn put_raw_row(&self, position: u64, value: &[u8]) {
        self.database.insert(access(position), value).unwrap();
    }

    pub fn remove_row(&self, position: u64) {
        assert!(self.database.remove(access(position)).unwrap().is_some());
    }

    /// A row's link and its plain bytes.
    pub fn row(&self, position: u64) -> ([u8; 32], Vec<u8>) {
        let (kept, link, sealed): ChainedRow = decode(&self.raw_row(position));
        assert_eq!(kept, position);
        let plain = self.keyring.open(&access(position), &sealed).unwrap();
        (link, plain)
    }

    pub fn put_row(&self, position: u64, link: [u8; 32], plain: &[u8]) {
        let key = access(position);
        let sealed = self.keyring.seal(&key, plain).unwrap();
        let row: ChainedRow = (position, link, sealed);
        self.database.insert(&key, encode(&key, &row)).unwrap();
    }

    /// Cuts the log's tail, and has the store believe that it never was.
    pub fn cut_tail(&self, rows: u64) {
        let key = meta("state");
        let mut state: State = decode(&self.database.get(&key).unwrap().unwrap());
        for position in rows..state.2 {
            self.remove_row(position);
            state.1 -= 1;
        }
        (state.2, state.3) = (rows, self.row(rows - 1).0);
        self.database.insert(&key, encode(&key, &state)).unwrap();
    }

    /// Changes the payload of the last record of a table that is not sealed.
    pub fn change_last(&self, table: u8, change: impl FnOnce(&mut Vec<u8>)) {
        let (key, value) = self.database.scan_prefix([table]).last().unwrap().unwrap();
        let mut payload = value[5..].to_vec();
        change(&mut payload);
        self.database
            .insert(&key, enveloped(&key, &payload))
            .unwrap();
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.database.flush().unwrap();
    }
}

fn access(position: u64) -> Vec<u8> {
    [[ACCESS].as_slice(), &position.to_be_bytes()].concat()
}

fn meta(name: &str) -> Vec<u8> {
    let length = u32::try_from(name.len()).unwrap();
    [[META].as_slice(), &length.to_be_bytes(), name.as_bytes()].concat()
}

fn decode<T: DeserializeOwned>(value: &[u8]) -> T {
    postcard::from_bytes(&value[5..]).unwrap()
}

fn encode(key: &[u8], payload: &impl Serialize) -> Vec<u8> {
    enveloped(key, &postcard::to_stdvec(payload).unwrap())
}

/// Version, checksum over version, key and payload, payload.
fn enveloped(key: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[FORMAT_VERSION]);
    hasher.update(&(key.len() as u64).to_be_bytes());
    hasher.update(key);
    hasher.update(payload);
    let checksum = hasher.finalize().to_be_bytes();
    [[FORMAT_VERSION].as_slice(), &checksum, payload].concat()
}
