//! postPurchasingPower: a base system grants an ordinary purchasing power, or changes one.

use crate::contract::lexical::{Day, PositiveInteger};
use crate::contract::shape::Docs;
use crate::contract::types::{
    Customer, Fault, Money, OrganiserCode, PostMeta, PurchasingPowerNumber, PurchasingPowerReceipt,
    Quantity, Reason, Result as ResultType, Terms,
};
use crate::domain::circumstances::Circumstances;
use crate::domain::grant::content::{ProposedContent, ProposedOrdinary};
use crate::domain::period::Period;
use crate::domain::purchasing_power::Kind;
use crate::domain::registry::Unit;
use crate::domain::rejection::Rejection;

use super::granting::{self, Parts, PurchasingPowerAction};
use super::{Context, Decision, Failure, Operation, Response, Scope};

contract_type! { PostPurchasingPowerRequest [
    en "A base system grants an ordinary purchasing power, or changes one." fi "Perusjärjestelmä myöntää tavallisen ostovoiman tai muuttaa sitä." sv "Ett bassystem beviljar en vanlig köpkraft eller ändrar den."
] {
    one meta: PostMeta = "meta" [en "Who sends, why, and under which reference." fi "Kuka lähettää, miksi ja millä viitteellä." sv "Vem skickar, varför och med vilken referens."];
    one action: PurchasingPowerAction = "action" [en "What is to be done." fi "Toiminto." sv "Åtgärd."];
    optional purchasing_power_number: PurchasingPowerNumber = "purchasingPowerNumber" [en "Number of the one to change; not with CREATE." fi "Muutettavan numero; ei toiminnossa CREATE." sv "Nummer på den som ändras; inte med CREATE."];
    optional expected_version: PositiveInteger = "expectedVersion" [en "Version the change was made on; required with AMEND." fi "Versio, johon muutos perustuu; pakollinen toiminnossa AMEND." sv "Versionen som ändringen bygger på; obligatorisk med AMEND."];
    one organiser: OrganiserCode = "organiser" [en "Who grants and pays." fi "Kuka myöntää ja maksaa." sv "Vem som beviljar och betalar."];
    optional effective_from: Day = "effectiveFrom" [en "Day the change holds from; with AMEND and CANCEL only." fi "Muutoksen alkupäivä; vain toiminnoissa AMEND ja CANCEL." sv "Dagen ändringen gäller från; endast med AMEND och CANCEL."];
    optional reason: Reason = "reason" [en "Why; required with CANCEL and SUSPEND." fi "Syy; pakollinen toiminnoissa CANCEL ja SUSPEND." sv "Orsak; obligatorisk med CANCEL och SUSPEND."];
    optional customer: Customer = "customer" [en "The customer; with CREATE only." fi "Asiakas; vain toiminnossa CREATE." sv "Kunden; endast med CREATE."];
    optional terms: Terms = "terms" [en "Decision, validity and references." fi "Päätös, voimassaolo ja viitteet." sv "Beslut, giltighet och referenser."];
    optional ordinary: OrdinaryTerms = "ordinary" [en "Quantities and values." fi "Määrät ja arvot." sv "Mängder och värden."];
} }

contract_type! { OrdinaryTerms [
    en "So many units a period, at a value each." fi "Määrä jaksoa kohti ja yksikön arvo." sv "Mängd per period och värde per enhet."
] {
    one unit: Unit = "unit" [en "Unit; that of the service." fi "Yksikkö; palvelun oma." sv "Enhet; tjänstens egen."];
    one quantity_per_period: Quantity = "quantityPerPeriod" [en "Quantity granted each period." fi "Määrä jaksoa kohti." sv "Mängd per period."];
    one period: Period = "period" [en "Period." fi "Jakso." sv "Period."];
    one unit_value: Money = "unitValue" [en "Voucher value of one unit." fi "Yhden yksikön arvo." sv "Värdet av en enhet."];
    optional max_unit_price: Money = "maxUnitPrice" [en "Highest price of one unit." fi "Yhden yksikön kattohinta." sv "Högsta pris för en enhet."];
} }

contract_type! { PostPurchasingPowerResponse [
    en "The purchasing power as it is now, or why nothing was done." fi "Ostovoima nyt, tai syy, miksi mitään ei tehty." sv "Köpkraften nu, eller varför inget gjordes."
] {
    optional fault: Fault = "fault" [en "First error of a rejected request." fi "Hylätyn pyynnön ensimmäinen virhe." sv "Det första felet i en avvisad begäran."];
    one result: ResultType = "result" [en "Outcome." fi "Tulos." sv "Resultat."];
    optional purchasing_power: PurchasingPowerReceipt = "purchasingPower" [en "The purchasing power." fi "Ostovoima." sv "Köpkraften."];
} }

/// The service.
pub struct PostPurchasingPowerOperation;

impl Response for PostPurchasingPowerResponse {
    type Payload = PurchasingPowerReceipt;

    fn new(
        fault: Option<Fault>,
        result: ResultType,
        payload: Option<PurchasingPowerReceipt>,
    ) -> Self {
        PostPurchasingPowerResponse {
            fault,
            result,
            purchasing_power: payload,
        }
    }
}

impl Operation for PostPurchasingPowerOperation {
    type Request = PostPurchasingPowerRequest;
    type Response = PostPurchasingPowerResponse;
    type Payload = PurchasingPowerReceipt;

    const CODE: &'static str = "postPurchasingPower";
    const TITLE: Docs = docs!([
        en "Grant or change an ordinary purchasing power"
        fi "Myönnä tai muuta tavallinen ostovoima"
        sv "Bevilja eller ändra en vanlig köpkraft"
    ]);
    const NOTES: Docs = docs!([
        en "A base system grants a customer so many units of a service a period, and amends, annuls, suspends or resumes it. Everything wrong with a message is answered at once, and nothing is then stored."
        fi "Perusjärjestelmä myöntää asiakkaalle palvelua tietyn määrän jaksoa kohti ja muuttaa, mitätöi, keskeyttää tai jatkaa sitä. Kaikki sanoman virheet kerrotaan kerralla, eikä mitään silloin tallenneta."
        sv "Ett bassystem beviljar kunden en viss mängd av en tjänst per period och ändrar, annullerar, avbryter eller återupptar den. Alla fel i ett meddelande anges på en gång, och då sparas inget."
    ]);
    const TECH_NOTES: Docs = granting::TECH_NOTES;

    fn scope(request: &PostPurchasingPowerRequest) -> Scope<'_> {
        granting::scope(&request.meta, &request.organiser, request.customer.as_ref())
    }

    fn examine(
        request: &PostPurchasingPowerRequest,
        circumstances: Circumstances,
    ) -> Vec<Rejection> {
        granting::examined_alone(parts(request), &request.organiser, circumstances)
    }

    async fn decide<'a>(
        context: &'a Context<'a>,
        request: &'a PostPurchasingPowerRequest,
    ) -> Result<Decision<PurchasingPowerReceipt>, Failure> {
        granting::decide(context, parts(request)).await
    }
}

fn parts(request: &PostPurchasingPowerRequest) -> Parts<'_> {
    Parts {
        kind: Kind::Ordinary,
        action: request.action.into(),
        meta: &request.meta,
        number: request.purchasing_power_number.as_ref(),
        expected_version: request.expected_version,
        effective_from: request.effective_from,
        reason: request.reason.as_ref(),
        customer: request.customer.as_ref(),
        terms: request.terms.as_ref(),
        content: request.ordinary.as_ref().map(proposed),
        top_up: None,
    }
}

fn proposed(ordinary: &OrdinaryTerms) -> ProposedContent<'_> {
    ProposedContent::Ordinary(ProposedOrdinary {
        unit: ordinary.unit,
        quantity_per_period: ordinary.quantity_per_period.0,
        period: ordinary.period,
        unit_value: ordinary.unit_value.0,
        max_unit_price: ordinary.max_unit_price.map(|price| price.0),
    })
}
