//! postSaldoPurchasingPower: a base system grants a balance, or changes one.

use crate::contract::lexical::{Day, PositiveInteger};
use crate::contract::shape::Docs;
use crate::contract::types::{
    Amount, Customer, Fault, Money, OrganiserCode, PostMeta, PurchasingPowerNumber,
    PurchasingPowerReceipt, Reason, Result as ResultType, Terms,
};
use crate::domain::circumstances::Circumstances;
use crate::domain::grant::Action;
use crate::domain::grant::content::{ProposedContent, ProposedSaldo};
use crate::domain::purchasing_power::Kind;
use crate::domain::registry::Unit;
use crate::domain::rejection::Rejection;

use super::granting::{self, Parts};
use super::{Context, Decision, Failure, Operation, Response, Scope};

/// What is to be done with a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaldoPurchasingPowerAction {
    Create,
    Amend,
    Cancel,
    Suspend,
    Resume,
    TopUp,
}

contract_enumeration! { SaldoPurchasingPowerAction "SaldoPurchasingPowerAction" [
    en "What is to be done." fi "Toiminto." sv "Åtgärd."
] {
    Create = "CREATE" [en "grant a new one" fi "myönnä uusi" sv "bevilja en ny"];
    Amend = "AMEND" [en "change it from a day on" fi "muuta päivästä alkaen" sv "ändra från en dag"];
    Cancel = "CANCEL" [en "annul it from a day on" fi "mitätöi päivästä alkaen" sv "annullera från en dag"];
    Suspend = "SUSPEND" [en "suspend it" fi "keskeytä" sv "avbryt"];
    Resume = "RESUME" [en "end the suspension" fi "jatka keskeytyksen jälkeen" sv "återuppta"];
    TopUp = "TOPUP" [en "add to the balance" fi "lisää saldoon" sv "lägg till saldot"];
} }

/// Unit of a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BalanceUnit {
    Eur,
    H,
    Kpl,
}

contract_enumeration! { BalanceUnit "BalanceUnit" [
    en "Unit of a balance." fi "Saldon yksikkö." sv "Saldots enhet."
] {
    Eur = "EUR" [en "euro" fi "euro" sv "euro"];
    H = "H" [en "hour" fi "tunti" sv "timme"];
    Kpl = "KPL" [en "piece" fi "kappale" sv "styck"];
} }

contract_type! { PostSaldoPurchasingPowerRequest [
    en "A base system grants a balance, or changes one." fi "Perusjärjestelmä myöntää saldon tai muuttaa sitä." sv "Ett bassystem beviljar ett saldo eller ändrar det."
] {
    one meta: PostMeta = "meta" [en "Who sends, why, and under which reference." fi "Kuka lähettää, miksi ja millä viitteellä." sv "Vem skickar, varför och med vilken referens."];
    one action: SaldoPurchasingPowerAction = "action" [en "What is to be done." fi "Toiminto." sv "Åtgärd."];
    optional purchasing_power_number: PurchasingPowerNumber = "purchasingPowerNumber" [en "Number of the one to change; not with CREATE." fi "Muutettavan numero; ei toiminnossa CREATE." sv "Nummer på den som ändras; inte med CREATE."];
    optional expected_version: PositiveInteger = "expectedVersion" [en "Version the change was made on; required with AMEND." fi "Versio, johon muutos perustuu; pakollinen toiminnossa AMEND." sv "Versionen som ändringen bygger på; obligatorisk med AMEND."];
    one organiser: OrganiserCode = "organiser" [en "Who grants and pays." fi "Kuka myöntää ja maksaa." sv "Vem som beviljar och betalar."];
    optional effective_from: Day = "effectiveFrom" [en "Day the change holds from; with AMEND and CANCEL only." fi "Muutoksen alkupäivä; vain toiminnoissa AMEND ja CANCEL." sv "Dagen ändringen gäller från; endast med AMEND och CANCEL."];
    optional reason: Reason = "reason" [en "Why; required with CANCEL and SUSPEND." fi "Syy; pakollinen toiminnoissa CANCEL ja SUSPEND." sv "Orsak; obligatorisk med CANCEL och SUSPEND."];
    optional customer: Customer = "customer" [en "The customer; with CREATE only." fi "Asiakas; vain toiminnossa CREATE." sv "Kunden; endast med CREATE."];
    optional terms: Terms = "terms" [en "Decision, validity and references." fi "Päätös, voimassaolo ja viitteet." sv "Beslut, giltighet och referenser."];
    optional saldo: SaldoTerms = "saldo" [en "The balance." fi "Saldo." sv "Saldot."];
    optional top_up_amount: Amount = "topUpAmount" [en "What is added to the balance; with TOPUP only." fi "Saldoon lisättävä määrä; vain toiminnossa TOPUP." sv "Vad som läggs till saldot; endast med TOPUP."];
} }

contract_type! { SaldoTerms [
    en "A balance in euros, or in hours or pieces of a value each." fi "Saldo euroina tai tunteina taikka kappaleina, joilla on arvo." sv "Saldo i euro, eller i timmar eller stycken med ett värde vardera."
] {
    one balance_total: Amount = "balanceTotal" [en "Balance in all, top-ups included." fi "Saldo yhteensä, lisäykset mukaan lukien." sv "Saldot totalt, tillägg inräknade."];
    one balance_unit: BalanceUnit = "balanceUnit" [en "Its unit." fi "Sen yksikkö." sv "Dess enhet."];
    optional unit_value: Money = "unitValue" [en "Value of one unit; required for H and KPL, not with EUR." fi "Yhden yksikön arvo; pakollinen yksiköille H ja KPL, ei yksikölle EUR." sv "Värdet av en enhet; obligatoriskt för H och KPL, inte för EUR."];
    optional per_event_max: Amount = "perEventMax" [en "Most that one event may use." fi "Enimmäiskäyttö tapahtumaa kohti." sv "Högsta användning per händelse."];
} }

contract_type! { PostSaldoPurchasingPowerResponse [
    en "The purchasing power as it is now, or why nothing was done." fi "Ostovoima nyt, tai syy, miksi mitään ei tehty." sv "Köpkraften nu, eller varför inget gjordes."
] {
    optional fault: Fault = "fault" [en "First error of a rejected request." fi "Hylätyn pyynnön ensimmäinen virhe." sv "Det första felet i en avvisad begäran."];
    one result: ResultType = "result" [en "Outcome." fi "Tulos." sv "Resultat."];
    optional purchasing_power: PurchasingPowerReceipt = "purchasingPower" [en "The purchasing power." fi "Ostovoima." sv "Köpkraften."];
} }

/// The service.
pub struct PostSaldoPurchasingPowerOperation;

impl Response for PostSaldoPurchasingPowerResponse {
    type Payload = PurchasingPowerReceipt;

    fn new(
        fault: Option<Fault>,
        result: ResultType,
        payload: Option<PurchasingPowerReceipt>,
    ) -> Self {
        PostSaldoPurchasingPowerResponse {
            fault,
            result,
            purchasing_power: payload,
        }
    }
}

impl Operation for PostSaldoPurchasingPowerOperation {
    type Request = PostSaldoPurchasingPowerRequest;
    type Response = PostSaldoPurchasingPowerResponse;
    type Payload = PurchasingPowerReceipt;

    const CODE: &'static str = "postSaldoPurchasingPower";
    const TITLE: Docs = docs!([
        en "Grant or change a balance"
        fi "Myönnä tai muuta saldo"
        sv "Bevilja eller ändra ett saldo"
    ]);
    const NOTES: Docs = docs!([
        en "A base system grants a customer a balance, tops it up, and amends, annuls, suspends or resumes it. Everything wrong with a message is answered at once, and nothing is then stored."
        fi "Perusjärjestelmä myöntää asiakkaalle saldon, lisää siihen ja muuttaa, mitätöi, keskeyttää tai jatkaa sitä. Kaikki sanoman virheet kerrotaan kerralla, eikä mitään silloin tallenneta."
        sv "Ett bassystem beviljar kunden ett saldo, fyller på det och ändrar, annullerar, avbryter eller återupptar det. Alla fel i ett meddelande anges på en gång, och då sparas inget."
    ]);
    const TECH_NOTES: Docs = granting::TECH_NOTES;

    fn scope(request: &PostSaldoPurchasingPowerRequest) -> Scope<'_> {
        granting::scope(&request.meta, &request.organiser, request.customer.as_ref())
    }

    fn examine(
        request: &PostSaldoPurchasingPowerRequest,
        circumstances: Circumstances,
    ) -> Vec<Rejection> {
        granting::examined_alone(parts(request), &request.organiser, circumstances)
    }

    async fn decide<'a>(
        context: &'a Context<'a>,
        request: &'a PostSaldoPurchasingPowerRequest,
    ) -> Result<Decision<PurchasingPowerReceipt>, Failure> {
        granting::decide(context, parts(request)).await
    }
}

fn parts(request: &PostSaldoPurchasingPowerRequest) -> Parts<'_> {
    Parts {
        kind: Kind::Saldo,
        action: request.action.into(),
        meta: &request.meta,
        number: request.purchasing_power_number.as_ref(),
        expected_version: request.expected_version,
        effective_from: request.effective_from,
        reason: request.reason.as_ref(),
        customer: request.customer.as_ref(),
        terms: request.terms.as_ref(),
        content: request.saldo.as_ref().map(proposed),
        top_up: request.top_up_amount.map(|amount| amount.0),
    }
}

impl From<SaldoPurchasingPowerAction> for Action {
    fn from(action: SaldoPurchasingPowerAction) -> Action {
        match action {
            SaldoPurchasingPowerAction::Create => Action::Create,
            SaldoPurchasingPowerAction::Amend => Action::Amend,
            SaldoPurchasingPowerAction::Cancel => Action::Cancel,
            SaldoPurchasingPowerAction::Suspend => Action::Suspend,
            SaldoPurchasingPowerAction::Resume => Action::Resume,
            SaldoPurchasingPowerAction::TopUp => Action::TopUp,
        }
    }
}

fn proposed(saldo: &SaldoTerms) -> ProposedContent<'_> {
    ProposedContent::Saldo(ProposedSaldo {
        balance_total: saldo.balance_total.0,
        balance_unit: match saldo.balance_unit {
            BalanceUnit::Eur => Unit::Eur,
            BalanceUnit::H => Unit::H,
            BalanceUnit::Kpl => Unit::Kpl,
        },
        unit_value: saldo.unit_value.map(|value| value.0),
        per_event_max: saldo.per_event_max.map(|amount| amount.0),
    })
}
