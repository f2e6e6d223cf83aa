//! The files of a settlement that cannot change any more are held to what was exported first: the digests are kept with
//! the run before anything is given, and a file that would be another one is refused.

use super::{Form, Settlement, csv, xml};
use crate::domain::settlement::Run;
use crate::operate::Failed;
use crate::operate::settlement::steps::Acting;
use crate::store::settlement::SettlementStep;

/// Files whose digest is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Csv,
    Xml,
}

impl Kind {
    pub(super) fn form(self) -> Box<dyn Form + Send> {
        match self {
            Kind::Csv => Box::<csv::Csv>::default(),
            Kind::Xml => Box::<xml::Xml>::default(),
        }
    }

    pub(super) fn extension(self) -> &'static str {
        match self {
            Kind::Csv => "csv",
            Kind::Xml => "xml",
        }
    }
}

impl Settlement {
    /// Keeps the digests of both files, or refuses a file that is not what it was.
    pub(super) async fn hold_to_first_export(
        &mut self,
        acting: &mut Acting<'_>,
        kind: Kind,
    ) -> Result<(), Failed> {
        if let Some(first) = self.run.first_export {
            let digest = self.write(acting, kind.form(), None).await?;
            let was = match kind {
                Kind::Csv => first.csv,
                Kind::Xml => first.xml,
            };
            return match digest == was {
                true => Ok(()),
                false => Err(self.changed_since(kind, was)),
            };
        }
        if !self.run.is_final(&self.providers) {
            return Ok(());
        }
        let csv = self.write(acting, Kind::Csv.form(), None).await?;
        let xml = self.write(acting, Kind::Xml.form(), None).await?;
        let run: Run = self.run.exported(csv, xml);
        if !acting.keep(SettlementStep::of(run.clone())).await? {
            let number = run.number;
            let told = format!("settlement {number} was changed meanwhile: export it again");
            return Err(Failed::Refused(told));
        }
        self.run = run;
        Ok(())
    }

    fn changed_since(&self, kind: Kind, was: [u8; 32]) -> Failed {
        let (number, extension) = (self.run.number, kind.extension());
        Failed::Refused(format!(
            "settlement-{number}.{extension} would not be the file that was exported first (SHA-256 {}): a name of a \
             provider or of the organiser in the registry has changed since; use the file of then, or apply a registry \
             with the names of then and export again",
            hex::encode(was)
        ))
    }
}
