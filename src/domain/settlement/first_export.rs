//! What was exported first of a run that cannot change any more: later files must be the same.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ProviderSums, Run, RunState};

/// The files of a run as they were exported first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstExport {
    /// SHA-256 of the CSV.
    pub csv: [u8; 32],
    /// SHA-256 of the XML.
    pub xml: [u8; 32],
    /// The run's version then: what pays the run is named by it, before and after this was kept.
    pub version: u64,
}

impl Run {
    /// Whether nothing that is exported can change any more: a payment that is held back still gets its account.
    pub fn is_final(&self, providers: &[ProviderSums]) -> bool {
        matches!(self.state, RunState::Confirmed | RunState::Paid)
            && !providers.iter().any(ProviderSums::is_held_back)
    }

    /// The run with what was exported of it first.
    pub fn exported(&self, csv: [u8; 32], xml: [u8; 32]) -> Run {
        let version = self.version;
        Run {
            first_export: Some(FirstExport { csv, xml, version }),
            ..self.next(self.state)
        }
    }

    /// The version that names what pays the run.
    pub fn payment_version(&self) -> u64 {
        self.first_export
            .map_or(self.version, |first| first.version)
    }
}

/// Writes at the end of a record what is there, and nothing where there is none: records of before have none.
pub(super) fn write<S: Serializer>(
    first: &Option<FirstExport>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match first {
        Some(first) => first.serialize(serializer),
        None => serializer.serialize_unit(),
    }
}

/// Reads what [`write()`] wrote. What is left of a record that is neither is one byte too many to its reader.
pub(super) fn read<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<FirstExport>, D::Error> {
    Ok(FirstExport::deserialize(deserializer).ok())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::settlement::RunNumber;

    #[test]
    fn a_record_of_before_reads_as_one_without_an_export() {
        let number = RunNumber::parse("853-2026-03-1").unwrap();
        let run = Run::begun(number, Timestamp::UNIX_EPOCH).next(RunState::Confirmed);
        let exported = run.exported([7; 32], [8; 32]);
        assert_eq!((exported.version, exported.payment_version()), (2, 1));
        let (old, new) = (
            postcard::to_stdvec(&run).unwrap(),
            postcard::to_stdvec(&exported).unwrap(),
        );
        // Nothing stands in an old record, not even that there is none.
        assert_eq!(new.len(), old.len() + 32 + 32 + 1);
        assert_eq!(postcard::from_bytes::<Run>(&old).unwrap(), run);
        assert_eq!(postcard::from_bytes::<Run>(&new).unwrap(), exported);
    }
}
