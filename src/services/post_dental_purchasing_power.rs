//! postDentalPurchasingPower: a base system grants dental procedures, or changes such a grant.

use crate::contract::lexical::{Day, PositiveInteger};
use crate::contract::shape::Docs;
use crate::contract::types::{
    Customer, Fault, Money, OrganiserCode, PostMeta, ProcedureCode, ProcedureCount,
    ProfessionalNumber, PurchasingPowerNumber, PurchasingPowerReceipt, Reason,
    Result as ResultType, Surfaces, Terms, Text500, Tooth,
};
use crate::domain::circumstances::Circumstances;
use crate::domain::grant::content::{ProposedContent, ProposedDental, ProposedLine};
use crate::domain::purchasing_power::{DentalMode, Kind};
use crate::domain::rejection::Rejection;

use super::granting::{self, Parts, PurchasingPowerAction};
use super::{Context, Decision, Failure, Operation, Response, Scope};

contract_type! { PostDentalPurchasingPowerRequest [
    en "A base system grants dental procedures, or changes such a grant." fi "Perusjärjestelmä myöntää suun toimenpiteitä tai muuttaa myöntöä." sv "Ett bassystem beviljar tandvårdsåtgärder eller ändrar beviljandet."
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
    optional dental: DentalTerms = "dental" [en "Procedures, by line or by price list." fi "Toimenpiteet riveittäin tai hinnaston mukaan." sv "Åtgärder per rad eller enligt prislista."];
} }

contract_type! { DentalTerms [
    en "Dental procedures to be granted." fi "Myönnettävät suun toimenpiteet." sv "Tandvårdsåtgärder som beviljas."
] {
    one mode: DentalMode = "mode" [en "How they are granted." fi "Myöntämistapa." sv "Sätt att bevilja."];
    optional ceiling: Money = "ceiling" [en "Most that can be paid; required with PRICE_LIST_CEILING." fi "Enimmäismäärä; pakollinen tavassa PRICE_LIST_CEILING." sv "Högsta belopp; obligatoriskt med PRICE_LIST_CEILING."];
    many(0, 60) lines: DentalTermsLine = "line" [en "Procedures granted; none with PRICE_LIST_CEILING, at least one otherwise." fi "Myönnetyt toimenpiteet; ei tavassa PRICE_LIST_CEILING, muuten vähintään yksi." sv "Beviljade åtgärder; inga med PRICE_LIST_CEILING, annars minst en."];
    optional emergency: bool = "emergency" [en "Whether the need is urgent." fi "Onko tarve kiireellinen." sv "Om behovet är brådskande."];
    optional referring_professional: ProfessionalNumber = "referringProfessional" [en "Professional who referred the customer." fi "Lähettävä ammattihenkilö." sv "Den yrkesutbildade person som remitterat."];
    optional treatment_plan_text: Text500 = "treatmentPlanText" [en "Treatment plan in words, without personal identity codes." fi "Hoitosuunnitelma sanoin, ilman henkilötunnuksia." sv "Vårdplan i ord, utan personbeteckningar."];
} }

contract_type! { DentalTermsLine [
    en "A procedure to be granted." fi "Myönnettävä toimenpide." sv "En åtgärd som beviljas."
] {
    one line_no: PositiveInteger = "lineNo" [en "Number of the line, once in a message." fi "Rivin numero, kerran sanomassa." sv "Radens nummer, en gång per meddelande."];
    one procedure_code: ProcedureCode = "procedureCode" [en "Procedure." fi "Toimenpide." sv "Åtgärd."];
    optional tooth: Tooth = "tooth" [en "Teeth it is granted for; any when absent." fi "Hampaat, joille se myönnetään; puuttuessa mikä tahansa." sv "Tänder den beviljas för; vilken som helst om den utelämnas."];
    optional surfaces: Surfaces = "surfaces" [en "Surfaces; information only." fi "Pinnat; vain tiedoksi." sv "Ytor; endast för kännedom."];
    one max_count: ProcedureCount = "maxCount" [en "How many times." fi "Kuinka monta kertaa." sv "Hur många gånger."];
    optional unit_value: Money = "unitValue" [en "Value of one; that of the price list on the first day when absent." fi "Yhden arvo; puuttuessa hinnaston arvo ensimmäisenä päivänä." sv "Värdet av en; prislistans värde den första dagen om det utelämnas."];
    optional max_price: Money = "maxPrice" [en "Highest price of one." fi "Yhden kattohinta." sv "Högsta pris för en."];
} }

contract_type! { PostDentalPurchasingPowerResponse [
    en "The purchasing power as it is now, or why nothing was done." fi "Ostovoima nyt, tai syy, miksi mitään ei tehty." sv "Köpkraften nu, eller varför inget gjordes."
] {
    optional fault: Fault = "fault" [en "First error of a rejected request." fi "Hylätyn pyynnön ensimmäinen virhe." sv "Det första felet i en avvisad begäran."];
    one result: ResultType = "result" [en "Outcome." fi "Tulos." sv "Resultat."];
    optional purchasing_power: PurchasingPowerReceipt = "purchasingPower" [en "The purchasing power." fi "Ostovoima." sv "Köpkraften."];
} }

/// The service.
pub struct PostDentalPurchasingPowerOperation;

impl Response for PostDentalPurchasingPowerResponse {
    type Payload = PurchasingPowerReceipt;

    fn new(
        fault: Option<Fault>,
        result: ResultType,
        payload: Option<PurchasingPowerReceipt>,
    ) -> Self {
        PostDentalPurchasingPowerResponse {
            fault,
            result,
            purchasing_power: payload,
        }
    }
}

impl Operation for PostDentalPurchasingPowerOperation {
    type Request = PostDentalPurchasingPowerRequest;
    type Response = PostDentalPurchasingPowerResponse;
    type Payload = PurchasingPowerReceipt;

    const CODE: &'static str = "postDentalPurchasingPower";
    const TITLE: Docs = docs!([
        en "Grant or change dental procedures"
        fi "Myönnä tai muuta suun toimenpiteitä"
        sv "Bevilja eller ändra tandvårdsåtgärder"
    ]);
    const NOTES: Docs = docs!([
        en "A base system grants a customer dental procedures by line, by price list up to a ceiling, or an examination only, and amends, annuls, suspends or resumes the grant. Everything wrong with a message is answered at once, and nothing is then stored."
        fi "Perusjärjestelmä myöntää asiakkaalle suun toimenpiteitä riveittäin, hinnaston mukaan kattoon asti tai vain tutkimuksen ja muuttaa, mitätöi, keskeyttää tai jatkaa myöntöä. Kaikki sanoman virheet kerrotaan kerralla, eikä mitään silloin tallenneta."
        sv "Ett bassystem beviljar kunden tandvårdsåtgärder per rad, enligt prislista upp till ett tak eller endast en undersökning, och ändrar, annullerar, avbryter eller återupptar beviljandet. Alla fel i ett meddelande anges på en gång, och då sparas inget."
    ]);
    const TECH_NOTES: Docs = granting::TECH_NOTES;

    fn scope(request: &PostDentalPurchasingPowerRequest) -> Scope<'_> {
        granting::scope(&request.meta, &request.organiser, request.customer.as_ref())
    }

    fn examine(
        request: &PostDentalPurchasingPowerRequest,
        circumstances: Circumstances,
    ) -> Vec<Rejection> {
        granting::examined_alone(parts(request), &request.organiser, circumstances)
    }

    async fn decide<'a>(
        context: &'a Context<'a>,
        request: &'a PostDentalPurchasingPowerRequest,
    ) -> Result<Decision<PurchasingPowerReceipt>, Failure> {
        granting::decide(context, parts(request)).await
    }
}

fn parts(request: &PostDentalPurchasingPowerRequest) -> Parts<'_> {
    Parts {
        kind: Kind::Dental,
        action: request.action.into(),
        meta: &request.meta,
        number: request.purchasing_power_number.as_ref(),
        expected_version: request.expected_version,
        effective_from: request.effective_from,
        reason: request.reason.as_ref(),
        customer: request.customer.as_ref(),
        terms: request.terms.as_ref(),
        content: request.dental.as_ref().map(proposed),
        top_up: None,
    }
}

fn proposed(dental: &DentalTerms) -> ProposedContent<'_> {
    ProposedContent::Dental(ProposedDental {
        mode: dental.mode,
        ceiling: dental.ceiling.map(|ceiling| ceiling.0),
        lines: dental.lines.iter().map(proposed_line).collect(),
        emergency: dental.emergency,
        referring_professional: dental.referring_professional.as_deref(),
        treatment_plan_text: dental.treatment_plan_text.as_deref(),
    })
}

fn proposed_line(line: &DentalTermsLine) -> ProposedLine<'_> {
    ProposedLine {
        line_no: line.line_no.0,
        procedure_code: &line.procedure_code,
        tooth: line.tooth.as_deref(),
        surfaces: line.surfaces.as_deref(),
        max_count: line.max_count.0,
        unit_value: line.unit_value.map(|value| value.0),
        max_price: line.max_price.map(|price| price.0),
    }
}
