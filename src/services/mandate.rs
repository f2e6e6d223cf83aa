//! The last check of a request by someone who acts for the customer: does a mandate allow it?
//!
//! Invariant: asked only when all else allows the request, once for a request however often that is decided
//! anew, and kept with its access-log row whatever the answer. The caller is never told why not.

use crate::domain::access::{MandateCheck, MandateResult, Representation};
use crate::domain::code::Code;
use crate::domain::rejection::{Group, Rejection};
use crate::mandate::Question;
use crate::secrets::HashOf;
use crate::soap::header::Header;

use super::{Decision, Failure, Outcome, Services};

/// What was asked within one request, and the answer. Dropped with the request.
#[derive(Default)]
pub(super) struct Mandate(Option<(Representation, MandateResult)>);

impl Mandate {
    /// The decision under the mandate that it needs, if it does: as it was where that allows it,
    /// otherwise to do nothing.
    pub(super) async fn judge<P>(
        &mut self,
        services: &Services,
        header: &Header,
        mut decision: Decision<P>,
    ) -> Result<Decision<P>, Failure> {
        let is_done = matches!(decision.outcome, Outcome::Done { .. });
        let Some(representation) = decision.representation.take().filter(|_| is_done) else {
            return Ok(decision);
        };
        let result = self.ask(services, header, &representation).await?;
        decision.touched.mandate = Some(MandateCheck {
            delegate: representation.delegate,
            principal: representation.principal,
            result,
        });
        let code = match result {
            MandateResult::Allowed => return Ok(decision),
            MandateResult::Denied => Code::MandateDenied,
            MandateResult::Unavailable => Code::MandateCheckUnavailable,
        };
        decision.touched.rows_returned = 0;
        let rejection = Rejection {
            group: Group::Mandate,
            code,
            field: "meta/actingPersonId".to_owned(),
            line_no: None,
        };
        Ok(Decision::rejected(vec![rejection], decision.touched))
    }

    async fn ask(
        &mut self,
        services: &Services,
        header: &Header,
        representation: &Representation,
    ) -> Result<MandateResult, Failure> {
        if let Some((asked, result)) = &self.0
            && asked == representation
        {
            return Ok(*result);
        }
        let client = header.client.to_string();
        let user = header.user_id.as_deref().unwrap_or_default();
        let parts = [client.as_bytes(), user.as_bytes()];
        let hash = services.keyring.keyed_hash(HashOf::EndUser, &parts);
        let question = Question {
            representation,
            end_user: &hex::encode(hash),
        };
        let result = services.mandates.ask(&question).await;
        self.0 = Some((representation.clone(), result));
        Ok(result)
    }
}
