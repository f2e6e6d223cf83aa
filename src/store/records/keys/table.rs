//! The tables that records are in: the first byte of a key, and what stands there.

/// What a record is, as the first byte of its key. A byte once used is never given to another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Table {
    Meta = 0x01,
    Municipality = 0x10,
    County = 0x11,
    Organiser = 0x12,
    ServiceType = 0x13,
    Provider = 0x14,
    Approval = 0x15,
    PriceItem = 0x16,
    CodeSet = 0x17,
    CodeItem = 0x18,
    ClientGrant = 0x19,
    RegistryHistory = 0x1A,
    Customer = 0x20,
    Grant = 0x21,
    GrantOfCustomer = 0x22,
    Event = 0x23,
    EventOfGrant = 0x24,
    EventOfDay = 0x25,
    Feed = 0x26,
    Ledger = 0x27,
    SettlementRun = 0x28,
    SettlementProvider = 0x29,
    SettlementRow = 0x2A,
    SettlementBook = 0x2B,
    AnswerByMessage = 0x30,
    AnswerByReference = 0x31,
    AnswerOfGrant = 0x32,
    Miss = 0x40,
    Access = 0x50,
    PurgeProof = 0x51,
    AdminToken = 0x60,
}

/// The tables that a registry replaces.
pub(in crate::store) const REGISTRY_TABLES: [Table; 10] = [
    Table::Municipality,
    Table::County,
    Table::Organiser,
    Table::ServiceType,
    Table::Provider,
    Table::Approval,
    Table::PriceItem,
    Table::CodeSet,
    Table::CodeItem,
    Table::ClientGrant,
];

/// Every table there is.
pub(in crate::store) const TABLES: [Table; 31] = [
    Table::Meta,
    Table::Municipality,
    Table::County,
    Table::Organiser,
    Table::ServiceType,
    Table::Provider,
    Table::Approval,
    Table::PriceItem,
    Table::CodeSet,
    Table::CodeItem,
    Table::ClientGrant,
    Table::RegistryHistory,
    Table::Customer,
    Table::Grant,
    Table::GrantOfCustomer,
    Table::Event,
    Table::EventOfGrant,
    Table::EventOfDay,
    Table::Feed,
    Table::Ledger,
    Table::SettlementRun,
    Table::SettlementProvider,
    Table::SettlementRow,
    Table::SettlementBook,
    Table::AnswerByMessage,
    Table::AnswerByReference,
    Table::AnswerOfGrant,
    Table::Miss,
    Table::Access,
    Table::PurgeProof,
    Table::AdminToken,
];

impl Table {
    /// Whether records of this table hold something sealed.
    pub(in crate::store) fn is_sealed(self) -> bool {
        matches!(
            self,
            Table::Customer
                | Table::Grant
                | Table::Event
                | Table::SettlementRun
                | Table::SettlementProvider
                | Table::SettlementBook
                | Table::AnswerByMessage
                | Table::AnswerByReference
                | Table::Access
                | Table::PurgeProof
                | Table::AdminToken
        )
    }

    /// Name in messages to the operator.
    pub(in crate::store) fn name(self) -> &'static str {
        match self {
            Table::Meta => "meta",
            Table::Municipality => "municipality",
            Table::County => "county",
            Table::Organiser => "organiser",
            Table::ServiceType => "service type",
            Table::Provider => "provider",
            Table::Approval => "provider approval",
            Table::PriceItem => "price item",
            Table::CodeSet => "code set",
            Table::CodeItem => "code item",
            Table::ClientGrant => "client grant",
            Table::RegistryHistory => "history of the registry",
            Table::Customer => "customer",
            Table::Grant => "purchasing power",
            Table::GrantOfCustomer => "purchasing powers of a customer",
            Table::Event => "service event",
            Table::EventOfGrant => "service events of a purchasing power",
            Table::EventOfDay => "service events by day",
            Table::Feed => "change feed",
            Table::Ledger => "ledger",
            Table::SettlementRun => "settlement run",
            Table::SettlementProvider => "providers of a settlement run",
            Table::SettlementRow => "rows of a settlement run",
            Table::SettlementBook => "settlements of an organiser",
            Table::AnswerByMessage => "answer by message",
            Table::AnswerByReference => "answer by reference",
            Table::AnswerOfGrant => "answers of a purchasing power",
            Table::Miss => "miss",
            Table::Access => "access log",
            Table::PurgeProof => "proof of a purge",
            Table::AdminToken => "token of the Admin API",
        }
    }
}
