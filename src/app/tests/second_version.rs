//! A second version of getOstovoima, for tests only: other names in the request, less in the answer.

use crate::contract::shape::Docs;
use crate::contract::types::{
    BusinessId, Fault, PurchasingPowerNumber, QueryMeta, Result as ResultType,
};
use crate::contract::wsdl::Version;
use crate::services::get_ostovoima::{GetOstovoimaOperation, GetOstovoimaRequest};
use crate::services::{
    AnyOperation, Context, Decision, Entry, Failure, Operation, Outcome, Response, Scope,
};
use crate::xml::Namespace;

pub static GET_OSTOVOIMA_V2: &dyn AnyOperation = &Entry::<GetOstovoimaV2>::NEW;

contract_type! { GetOstovoimaV2Request [
    en "A provider asks." fi "Tuottaja kysyy." sv "Producenten frågar."
] {
    one meta: QueryMeta = "meta" [en "Who asks." fi "Kysyjä." sv "Vem som frågar."];
    one number: PurchasingPowerNumber = "number" [en "The number." fi "Numero." sv "Numret."];
    one provider: BusinessId = "provider" [en "The provider." fi "Tuottaja." sv "Producenten."];
} }

contract_type! { GetOstovoimaV2Response [
    en "What was found." fi "Löydetty." sv "Det som hittades."
] {
    optional fault: Fault = "fault" [en "Why not." fi "Miksi ei." sv "Varför inte."];
    one result: ResultType = "result" [en "Outcome." fi "Tulos." sv "Utfall."];
    optional customer: String = "customer" [en "Family name." fi "Sukunimi." sv "Efternamn."];
} }

impl Response for GetOstovoimaV2Response {
    type Payload = String;

    fn new(fault: Option<Fault>, result: ResultType, customer: Option<String>) -> Self {
        GetOstovoimaV2Response {
            fault,
            result,
            customer,
        }
    }
}

struct GetOstovoimaV2;

impl Operation for GetOstovoimaV2 {
    type Request = GetOstovoimaV2Request;
    type Response = GetOstovoimaV2Response;
    type Payload = String;

    const CODE: &'static str = GetOstovoimaOperation::CODE;
    const VERSION: Version = Version {
        name: "v2",
        namespace: Namespace::PsopV2,
    };
    const TITLE: Docs = GetOstovoimaOperation::TITLE;
    const NOTES: Docs = GetOstovoimaOperation::NOTES;
    const TECH_NOTES: Docs = GetOstovoimaOperation::TECH_NOTES;

    fn scope(request: &GetOstovoimaV2Request) -> Scope<'_> {
        Scope {
            target: crate::services::Target::Provider(&request.provider),
            purpose: request.meta.purpose,
            source: None,
            person_ids: Vec::new(),
        }
    }

    /// As the first version decides.
    async fn decide<'a>(
        context: &'a Context<'a>,
        request: &'a GetOstovoimaV2Request,
    ) -> Result<Decision<String>, Failure> {
        let first = GetOstovoimaRequest {
            meta: request.meta.clone(),
            purchasing_power_number: request.number.clone(),
            provider_business_id: request.provider.clone(),
            provider_unit_code: None,
            person_id: None,
            service_date: None,
            procedure_codes: Vec::new(),
        };
        let decision = GetOstovoimaOperation::decide(context, &first).await?;
        let outcome = match decision.outcome {
            Outcome::Done { payload, warnings } => Outcome::Done {
                payload: payload.customer.family_name.0,
                warnings,
            },
            Outcome::Rejected(rejections) => Outcome::Rejected(rejections),
        };
        Ok(Decision {
            outcome,
            touched: decision.touched,
            representation: decision.representation,
            effect: decision.effect,
            is_miss: decision.is_miss,
        })
    }
}
