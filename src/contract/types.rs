//! Types that messages of several services share.

use std::fmt::Write as _;

use crate::domain::customer::Language;
use crate::domain::money::{Cents, Quantity as Thousandths};
use crate::domain::national_code::{CountyCode, MunicipalityCode};
use crate::domain::period::Period;
use crate::domain::purchasing_power::{DentalMode, Kind, State, ValueBasis};
use crate::domain::registry::{Instrument, LegalBasis, Unit};
use crate::domain::service_event::{Credited, EventKind, EventState};

use super::facets::{Facets, Pattern};
use super::lexical::{Count, Day, Instant, Lexical, Position, PositiveInteger};
use super::shape::{Kind as ShapeKind, Shape};

contract_decimal! { Money(Cents) [
    en "An amount in euros, at most two decimals."
    fi "Euromäärä, enintään kaksi desimaalia."
    sv "Belopp i euro, högst två decimaler."
] digits 2, from 0, to 999999999 }

contract_decimal! { Quantity(Thousandths) [
    en "A quantity in the unit named beside it, at most three decimals."
    fi "Määrä viereisessä yksikössä, enintään kolme desimaalia."
    sv "Mängd i den enhet som anges intill, högst tre decimaler."
] digits 3, above 0, to 99999999 }

contract_decimal! { SignedMoney(Cents) [
    en "An amount in euros, at most two decimals; negative in credit rows only."
    fi "Euromäärä, enintään kaksi desimaalia; negatiivinen vain hyvitysriveillä."
    sv "Belopp i euro, högst två decimaler; negativt endast på krediteringsrader."
] digits 2, from -999999999, to 999999999 }

contract_decimal! { Amount(Thousandths) [
    en "A balance in euros or units, at most three decimals."
    fi "Saldo euroina tai yksikköinä, enintään kolme desimaalia."
    sv "Saldo i euro eller enheter, högst tre decimaler."
] digits 3, above 0, to 9999999990 }

contract_integer! { ProcedureCount [
    en "How many times a procedure, 1 to 20."
    fi "Toimenpiteen lukumäärä, 1–20."
    sv "Antal av en åtgärd, 1–20."
] from 1, to 20 }

contract_integer! { PageSize [
    en "Most events in one answer, 1 to 500."
    fi "Tapahtumia enintään yhdessä vastauksessa, 1–500."
    sv "Högsta antal händelser i ett svar, 1–500."
] from 1, to 500 }

contract_text! { EventId [
    en "Identifier of a service event, given by the adapter."
    fi "Palvelutapahtuman tunniste, sovittimen antama."
    sv "Servicehändelsens identifierare, given av adaptern."
] length 1, 40 }

contract_text! { FeedToken [
    en "An opaque text that the adapter gave: send it back as it was."
    fi "Sovittimen antama läpinäkymätön teksti: palauta sellaisenaan."
    sv "En ogenomskinlig text som adaptern gav: skicka tillbaka den oförändrad."
] any }

contract_text! { ProfessionalNumber [
    en "Registration number of a health-care professional (Terhikki), 8 to 11 digits."
    fi "Ammattihenkilön rekisterinumero (Terhikki), 8–11 numeroa."
    sv "Yrkesutbildad persons registernummer (Terhikki), 8–11 siffror."
] pattern "[0-9]{8,11}" }

contract_text! { PersonId [
    en "Finnish personal identity code (henkilötunnus). Its date and check character are judged as business rules."
    fi "Henkilötunnus. Päivämäärä ja tarkistusmerkki tarkistetaan liiketoimintasääntöinä."
    sv "Personbeteckning. Datum och kontrolltecken granskas som affärsregler."
] pattern "[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y]" }

contract_text! { BusinessId [
    en "Finnish business id (Y-tunnus). Its check digit is judged as a business rule."
    fi "Y-tunnus. Tarkistusnumero tarkistetaan liiketoimintasääntönä."
    sv "FO-nummer. Kontrollsiffran granskas som en affärsregel."
] pattern "[0-9]{7}-[0-9]" }

contract_text! { PurchasingPowerNumber [
    en "Number of a purchasing power, returned as OV-XXXX-XXXX-XXXX-C. Letter case and hyphens do not matter on input. Treat it as a secret: it opens the purchasing power."
    fi "Ostovoiman numero, palautetaan muodossa OV-XXXX-XXXX-XXXX-C. Syötteessä kirjainkoolla ja väliviivoilla ei ole väliä. Käsittele salaisuutena: numerolla näkee ostovoiman."
    sv "Köpkraftens nummer, returneras som OV-XXXX-XXXX-XXXX-C. Vid inmatning spelar skiftläge och bindestreck ingen roll. Behandla som en hemlighet: numret öppnar köpkraften."
] pattern "[Oo][Vv]-?[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}-?[0-9A-Za-z]"
kept as crate::domain::number::canonical_text }

contract_text! { ServiceCode [
    en "Code of a service in the organiser's registry."
    fi "Palvelun tunnus järjestäjän rekisterissä."
    sv "Tjänstens kod i anordnarens register."
] length 1, 40 }

contract_text! { ReasonCode [
    en "Code of a reason."
    fi "Syyn tunnus."
    sv "Orsakens kod."
] length 1, 40 }

contract_text! { Text60 [
    en "Text of 1 to 60 characters."
    fi "Teksti, 1–60 merkkiä."
    sv "Text, 1–60 tecken."
] length 1, 60 }

contract_text! { Text80 [
    en "Text of 1 to 80 characters."
    fi "Teksti, 1–80 merkkiä."
    sv "Text, 1–80 tecken."
] length 1, 80 }

contract_text! { Text500 [
    en "Text of 1 to 500 characters."
    fi "Teksti, 1–500 merkkiä."
    sv "Text, 1–500 tecken."
] length 1, 500 }

contract_text! { Oid [
    en "Object identifier in dotted decimal form."
    fi "OID-tunnus pisteillä erotettuina lukuina."
    sv "OID i punktnotation."
] pattern "[0-2](\\.(0|[1-9][0-9]*))+" length 0, 64 }

contract_text! { ProcedureCode [
    en "Dental procedure code of five characters."
    fi "Hammashoidon toimenpidekoodi, viisi merkkiä."
    sv "Åtgärdskod i tandvården, fem tecken."
] pattern "[A-Z]{2}[A-Z0-9]{3}" }

contract_text! { Tooth [
    en "Teeth by their FDI numbers, separated by blanks. Which teeth exist is a business rule."
    fi "Hampaat FDI-numeroina, välilyönnein erotettuina. Hampaiden olemassaolo on liiketoimintasääntö."
    sv "Tänder med FDI-nummer, åtskilda med blanksteg. Vilka tänder som finns är en affärsregel."
] pattern "[0-9]{2}( [0-9]{2})*" }

contract_text! { Surfaces [
    en "Surfaces of a tooth by letter: M, D, O, I, B or V, L or P."
    fi "Hampaan pinnat kirjaimin: M, D, O, I, B tai V, L tai P."
    sv "Tandytor med bokstäver: M, D, O, I, B eller V, L eller P."
] pattern "[MDOIBVLP]{1,8}" }

/// A national code: typed at once, since its digits are all there is to check.
macro_rules! contract_national_code {
    ($type:ident $name:literal $docs:tt $pattern:literal) => {
        impl Lexical for $type {
            const SHAPE: &'static Shape = &Shape {
                name: $name,
                docs: docs!($docs),
                kind: ShapeKind::Simple {
                    base: "string",
                    facets: {
                        static PATTERN: Pattern =
                            Pattern::new($pattern, || Pattern::compile($pattern));
                        Facets::pattern(&PATTERN)
                    },
                },
            };

            fn from_text(text: &str) -> std::result::Result<Self, String> {
                $type::parse(text).ok_or_else(|| format!("must match the pattern {}", $pattern))
            }

            fn write_text(&self, out: &mut String) {
                out.push_str(self.as_str());
            }
        }

        lexical_yaserde!($type);
    };
}

contract_national_code! { MunicipalityCode "MunicipalityCode" [
    en "Municipality code (kuntanumero), three digits."
    fi "Kuntanumero, kolme numeroa."
    sv "Kommunnummer, tre siffror."
] "[0-9]{3}" }

contract_national_code! { CountyCode "WellbeingCountyCode" [
    en "Code of a wellbeing services county, two digits."
    fi "Hyvinvointialueen numero, kaksi numeroa."
    sv "Välfärdsområdets nummer, två siffror."
] "[0-9]{2}" }

contract_enumeration! { Language "Language" [
    en "Language of service." fi "Asiointikieli." sv "Servicespråk."
] {
    Fi = "FI" [en "Finnish" fi "suomi" sv "finska"];
    Sv = "SV" [en "Swedish" fi "ruotsi" sv "svenska"];
    En = "EN" [en "English" fi "englanti" sv "engelska"];
} }

contract_enumeration! { Instrument "Instrument" [
    en "How the customer gets the service. More values may come."
    fi "Palvelun rahoitusmuoto. Arvoja voi tulla lisää."
    sv "Tjänstens finansieringsform. Fler värden kan tillkomma."
] {
    Voucher = "VOUCHER" [en "service voucher" fi "palveluseteli" sv "servicesedel"];
    Purchase = "PURCHASE" [en "purchased service" fi "ostopalvelu" sv "köpt tjänst"];
} }

contract_enumeration! { Kind "Kind" [
    en "Shape of a purchasing power." fi "Ostovoiman laji." sv "Köpkraftens art."
] {
    Ordinary = "ORDINARY" [en "so many units a period" fi "määrä jaksoa kohti" sv "mängd per period"];
    Saldo = "SALDO" [en "a balance" fi "saldo" sv "saldo"];
    Dental = "DENTAL" [en "dental procedures" fi "suun toimenpiteet" sv "tandvårdsåtgärder"];
} }

contract_enumeration! { Unit "Unit" [
    en "Unit that a service is counted in." fi "Palvelun yksikkö." sv "Tjänstens enhet."
] {
    Kpl = "KPL" [en "piece" fi "kappale" sv "stycke"];
    H = "H" [en "hour" fi "tunti" sv "timme"];
    D = "D" [en "day" fi "päivä" sv "dag"];
    Kk = "KK" [en "month" fi "kuukausi" sv "månad"];
    Kerta = "KERTA" [en "visit" fi "kerta" sv "gång"];
    Eur = "EUR" [en "euro" fi "euro" sv "euro"];
    Toimenpide = "TOIMENPIDE" [en "procedure" fi "toimenpide" sv "åtgärd"];
} }

contract_enumeration! { Period "Period" [
    en "How often the quantity is granted anew. Nothing is carried over, nothing prorated."
    fi "Kuinka usein määrä myönnetään uudestaan. Mitään ei siirry eikä suhteuteta."
    sv "Hur ofta mängden beviljas på nytt. Inget överförs eller proportioneras."
] {
    Once = "ONCE" [en "once" fi "kerran" sv "en gång"];
    Day = "DAY" [en "each day" fi "päivittäin" sv "per dag"];
    Week = "WEEK" [en "each ISO week" fi "ISO-viikoittain" sv "per ISO-vecka"];
    Month = "MONTH" [en "each calendar month" fi "kalenterikuukausittain" sv "per kalendermånad"];
    Year = "YEAR" [en "each calendar year" fi "kalenterivuosittain" sv "per kalenderår"];
    Whole = "WHOLE" [en "for the whole validity" fi "koko voimassaoloksi" sv "för hela giltighetstiden"];
} }

contract_enumeration! { ValueBasis "ValueBasis" [
    en "How the voucher value was set." fi "Setelin arvon peruste." sv "Grund för sedelns värde."
] {
    Flat = "FLAT" [en "the same for all" fi "tasasuuruinen" sv "lika stor för alla"];
    Income = "INCOME" [en "by income" fi "tulosidonnainen" sv "inkomstbunden"];
} }

contract_enumeration! { LegalBasis "LegalBasis" [
    en "Act that the purchasing power rests on." fi "Ostovoiman oikeusperuste." sv "Köpkraftens rättsgrund."
] {
    Psl569Of2009 = "PSL_569_2009" [en "act on service vouchers 569/2009" fi "palvelusetelilaki 569/2009" sv "lagen om servicesedlar 569/2009"];
    VakaPalveluseteli = "VAKA_PALVELUSETELI" [en "early-childhood voucher" fi "varhaiskasvatuksen palveluseteli" sv "servicesedel för småbarnspedagogik"];
    Ostopalvelu = "OSTOPALVELU" [en "purchased service" fi "ostopalvelu" sv "köpt tjänst"];
} }

contract_enumeration! { State "PurchasingPowerState" [
    en "State of a purchasing power on the day of the answer." fi "Ostovoiman tila vastauspäivänä." sv "Köpkraftens status den dag svaret ges."
] {
    Tuleva = "TULEVA" [en "starts later" fi "tuleva" sv "börjar senare"];
    Voimassa = "VOIMASSA" [en "in force" fi "voimassa" sv "i kraft"];
    Kaytetty = "KAYTETTY" [en "used up" fi "käytetty" sv "använd"];
    Paattynyt = "PAATTYNYT" [en "ended" fi "päättynyt" sv "avslutad"];
    Mitatoity = "MITATOITY" [en "annulled" fi "mitätöity" sv "annullerad"];
    Keskeytetty = "KESKEYTETTY" [en "suspended" fi "keskeytetty" sv "avbruten"];
} }

contract_enumeration! { EventKind "EventKind" [
    en "Shape of a service event." fi "Palvelutapahtuman laji." sv "Servicehändelsens art."
] {
    Ordinary = "ORDINARY" [en "quantities of a period" fi "jakson määrät" sv "mängder av en period"];
    Saldo = "SALDO" [en "use of a balance" fi "saldon käyttö" sv "användning av ett saldo"];
    Dental = "DENTAL" [en "dental procedures" fi "suun toimenpiteet" sv "tandvårdsåtgärder"];
    Credit = "CREDIT" [en "correction of a settled event" fi "hyvitys" sv "kreditering"];
} }

contract_enumeration! { EventState "EventState" [
    en "State of a service event." fi "Palvelutapahtuman tila." sv "Servicehändelsens status."
] {
    Kirjattu = "KIRJATTU" [en "recorded" fi "kirjattu" sv "registrerad"];
    Tarkastettavana = "TARKASTETTAVANA" [en "waits for the organiser's check" fi "tarkastettavana" sv "under granskning"];
    Hyvaksytty = "HYVAKSYTTY" [en "approved" fi "hyväksytty" sv "godkänd"];
    Hylatty = "HYLATTY" [en "rejected by the organiser" fi "hylätty" sv "avvisad"];
    Poistettu = "POISTETTU" [en "deleted by the provider" fi "poistettu" sv "raderad"];
    Tilitetty = "TILITETTY" [en "settled" fi "tilitetty" sv "redovisad"];
    Maksettu = "MAKSETTU" [en "paid" fi "maksettu" sv "betald"];
} }

contract_enumeration! { Credited "Credited" [
    en "How far the event has been credited." fi "Kuinka pitkälle tapahtuma on hyvitetty." sv "Hur långt händelsen har krediterats."
] {
    Full = "FULL" [en "in full" fi "kokonaan" sv "helt"];
    Partial = "PARTIAL" [en "in part" fi "osittain" sv "delvis"];
} }

contract_enumeration! { DentalMode "DentalMode" [
    en "How dental procedures are granted." fi "Kuinka toimenpiteet myönnetään." sv "Hur åtgärderna beviljas."
] {
    Itemised = "ITEMISED" [en "by line" fi "riveittäin" sv "per rad"];
    PriceListCeiling = "PRICE_LIST_CEILING" [en "by price list up to a ceiling" fi "hinnaston mukaan kattoon asti" sv "enligt prislista upp till ett tak"];
    ExaminationOnly = "EXAMINATION_ONLY" [en "examination only" fi "vain tutkimus" sv "endast undersökning"];
} }

/// Why the data is asked or sent. Recorded, never judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    PalvelunJarjestaminen,
    PalvelunTuottaminen,
    Tilitys,
    PuolestaAsiointi,
}

contract_enumeration! { Purpose "Purpose" [
    en "Why the data is asked or sent." fi "Käyttötarkoitus." sv "Ändamål."
] {
    PalvelunJarjestaminen = "PALVELUN_JARJESTAMINEN" [en "organising the service" fi "palvelun järjestäminen" sv "ordnande av tjänsten"];
    PalvelunTuottaminen = "PALVELUN_TUOTTAMINEN" [en "giving the service" fi "palvelun tuottaminen" sv "produktion av tjänsten"];
    Tilitys = "TILITYS" [en "settlement" fi "tilitys" sv "redovisning"];
    PuolestaAsiointi = "PUOLESTA_ASIOINTI" [en "acting for another" fi "puolesta-asiointi" sv "ärenden för någon annan"];
} }

impl Purpose {
    /// Name on the wire and in the access log.
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::PalvelunJarjestaminen => "PALVELUN_JARJESTAMINEN",
            Purpose::PalvelunTuottaminen => "PALVELUN_TUOTTAMINEN",
            Purpose::Tilitys => "TILITYS",
            Purpose::PuolestaAsiointi => "PUOLESTA_ASIOINTI",
        }
    }
}

/// Outcome of a request that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    OkWithWarnings,
    Rejected,
}

contract_enumeration! { Status "Status" [
    en "Outcome of the request." fi "Käsittelyn tulos." sv "Resultat av behandlingen."
] {
    Ok = "OK" [en "done" fi "tehty" sv "utfört"];
    OkWithWarnings = "OK_WITH_WARNINGS" [en "done, with warnings" fi "tehty, huomautuksin" sv "utfört, med varningar"];
    Rejected = "REJECTED" [en "refused: nothing was done" fi "hylätty: mitään ei tehty" sv "avvisat: inget gjordes"];
} }

/// A decimal of XML Schema that follows a unit: euros with two decimals, quantities with three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimal {
    Euros(Cents),
    Quantity(Thousandths),
}

impl Decimal {
    /// An amount in thousandths of its unit.
    pub fn of(unit: Unit, amount: Thousandths) -> Decimal {
        match unit {
            Unit::Eur => Decimal::Euros(Cents(amount.0 / 10)),
            _ => Decimal::Quantity(amount),
        }
    }
}

impl Lexical for Decimal {
    const SHAPE: &'static Shape = &Shape {
        name: "decimal",
        docs: docs!([en "" fi "" sv ""]),
        kind: ShapeKind::BuiltIn,
    };

    fn from_text(text: &str) -> ::core::result::Result<Decimal, String> {
        crate::domain::money::parse_decimal(text, 3)
            .map(|value| Decimal::Quantity(Thousandths(value)))
            .map_err(|_| "must be a decimal number such as 10.000".to_owned())
    }

    fn write_text(&self, out: &mut String) {
        match self {
            // Writing into a string cannot fail.
            Decimal::Euros(cents) => drop(write!(out, "{cents}")),
            Decimal::Quantity(quantity) => drop(write!(out, "{quantity}")),
        }
    }
}

lexical_yaserde!(Decimal);
lexical_yaserde!(PositiveInteger);
lexical_yaserde!(Count);
lexical_yaserde!(Position);
lexical_yaserde!(Day);
lexical_yaserde!(Instant);

contract_choice! { OrganiserCode [
    en "An organiser: a municipality or a wellbeing services county."
    fi "Järjestäjä: kunta tai hyvinvointialue."
    sv "Anordnare: kommun eller välfärdsområde."
] {
    Municipality: MunicipalityCode = "municipalityCode" [en "Municipality." fi "Kunta." sv "Kommun."];
    County: CountyCode = "wellbeingCountyCode" [en "Wellbeing services county." fi "Hyvinvointialue." sv "Välfärdsområde."];
} }

contract_type! { QueryMeta [
    en "Who asks, and why." fi "Kuka kysyy ja miksi." sv "Vem frågar och varför."
] {
    one source_system: Text60 = "sourceSystem" [en "Name of the calling system." fi "Kutsuvan järjestelmän nimi." sv "Det anropande systemets namn."];
    one purpose: Purpose = "purpose" [en "Why the data is asked." fi "Käyttötarkoitus." sv "Ändamål."];
    optional acting_person_id: PersonId = "actingPersonId" [en "Person who acts for the customer; a mandate is then required." fi "Asiakkaan puolesta asioiva henkilö; valtuutus vaaditaan." sv "Person som uträttar ärenden för kunden; fullmakt krävs."];
} }

contract_type! { PostMeta [
    en "Who sends, why, and under which reference of its own." fi "Kuka lähettää, miksi ja millä omalla viitteellään." sv "Vem skickar, varför och med vilken egen referens."
] {
    one source_system: Text60 = "sourceSystem" [en "Name of the calling system." fi "Kutsuvan järjestelmän nimi." sv "Det anropande systemets namn."];
    one source_reference: Text80 = "sourceReference" [en "The sender's own reference of this message: a repeat under the same reference is answered as before, every new message has a new one." fi "Lähettäjän oma viite tälle sanomalle: toisto samalla viitteellä saa saman vastauksen, uudella sanomalla on uusi viite." sv "Avsändarens egen referens för meddelandet: en upprepning med samma referens får samma svar, varje nytt meddelande har en ny."];
    one purpose: Purpose = "purpose" [en "Why the data is sent." fi "Käyttötarkoitus." sv "Ändamål."];
    optional acting_person_id: PersonId = "actingPersonId" [en "Person who acts for the customer; a mandate is then required." fi "Asiakkaan puolesta asioiva henkilö; valtuutus vaaditaan." sv "Person som uträttar ärenden för kunden; fullmakt krävs."];
} }

contract_type! { Message [
    en "An error or a warning." fi "Virhe tai huomautus." sv "Fel eller varning."
] {
    one code: Text60 = "code" [en "Code for programs." fi "Koodi ohjelmille." sv "Kod för program."];
    optional field: Text500 = "field" [en "Path of the field, such as terms/validTo." fi "Kentän polku, esimerkiksi terms/validTo." sv "Fältets sökväg, till exempel terms/validTo."];
    optional line_no: PositiveInteger = "lineNo" [en "Number of the line concerned." fi "Rivin numero." sv "Radens nummer."];
    one message_fi: Text500 = "messageFi" [en "Text in Finnish." fi "Teksti suomeksi." sv "Text på finska."];
    optional message_sv: Text500 = "messageSv" [en "Text in Swedish." fi "Teksti ruotsiksi." sv "Text på svenska."];
    one message_en: Text500 = "messageEn" [en "Text in English." fi "Teksti englanniksi." sv "Text på engelska."];
} }

contract_type! { Result [
    en "Outcome of the request, with everything found." fi "Käsittelyn tulos ja kaikki havainnot." sv "Resultatet och allt som hittades."
] {
    one status: Status = "status" [en "Outcome." fi "Tulos." sv "Resultat."];
    one replayed: bool = "replayed" [en "True when this is the answer to an earlier, identical request." fi "Tosi, kun tämä on vastaus aiempaan samanlaiseen pyyntöön." sv "Sant när detta är svaret på en tidigare, likadan begäran."];
    many errors: Message = "error" [en "Every error found." fi "Kaikki virheet." sv "Alla fel."];
    many warnings: Message = "warning" [en "Every warning." fi "Kaikki huomautukset." sv "Alla varningar."];
} }

contract_type! { Fault [
    en "X-Road's convention for an error that is not technical: the first error of the result." fi "X-Roadin tapa kertoa muu kuin tekninen virhe: tuloksen ensimmäinen virhe." sv "X-Roads sätt att ange ett icke-tekniskt fel: resultatets första fel."
] {
    one fault_code: String = "faultCode" [en "Code of the first error." fi "Ensimmäisen virheen koodi." sv "Det första felets kod."];
    one fault_string: String = "faultString" [en "Its text in English." fi "Sen teksti englanniksi." sv "Dess text på engelska."];
} }

contract_type! { Reason [
    en "Why something is done." fi "Syy." sv "Orsak."
] {
    one code: ReasonCode = "code" [en "Code of the reason." fi "Syyn tunnus." sv "Orsakens kod."];
    one text: Text500 = "text" [en "The reason in words; no personal identity code." fi "Syy sanoin; ei henkilötunnusta." sv "Orsaken i ord; ingen personbeteckning."];
} }

contract_type! { Customer [
    en "The person the purchasing power is for." fi "Asiakas, jolle ostovoima myönnetään." sv "Kunden som köpkraften beviljas."
] {
    one person_id: PersonId = "personId" [en "Personal identity code." fi "Henkilötunnus." sv "Personbeteckning."];
    one given_names: Text80 = "givenNames" [en "Given names." fi "Etunimet." sv "Förnamn."];
    one family_name: Text80 = "familyName" [en "Family name." fi "Sukunimi." sv "Efternamn."];
    optional language: Language = "language" [en "Language of service." fi "Asiointikieli." sv "Servicespråk."];
    optional municipality_of_residence: MunicipalityCode = "municipalityOfResidence" [en "Municipality of residence." fi "Kotikunta." sv "Hemkommun."];
    optional non_disclosure: bool = "nonDisclosure" [en "Whether the customer's whereabouts are not to be disclosed. Absent leaves it as it is." fi "Turvakielto. Puuttuva kenttä ei muuta voimassa olevaa tietoa." sv "Spärrmarkering. Ett utelämnat fält ändrar inget."];
} }

contract_type! { Terms [
    en "Head of every purchasing power." fi "Ostovoiman yhteiset tiedot." sv "Köpkraftens gemensamma uppgifter."
] {
    one instrument: Instrument = "instrument" [en "Voucher or purchased service." fi "Palveluseteli tai ostopalvelu." sv "Servicesedel eller köpt tjänst."];
    one service_code: ServiceCode = "serviceCode" [en "Service of the organiser." fi "Järjestäjän palvelu." sv "Anordnarens tjänst."];
    one decision_ref: Text80 = "decisionRef" [en "Reference of the decision." fi "Päätöksen viite." sv "Beslutets referens."];
    one decision_date: Day = "decisionDate" [en "Date of the decision, not in the future." fi "Päätöksen päivä, ei tulevaisuudessa." sv "Beslutets datum, inte i framtiden."];
    optional legal_basis: LegalBasis = "legalBasis" [en "Absent: OSTOPALVELU for a purchased service, else that of the service." fi "Puuttuessa OSTOPALVELU ostopalvelulle, muuten palvelun oma." sv "Utelämnad: OSTOPALVELU för köpt tjänst, annars tjänstens egen."];
    one value_basis: ValueBasis = "valueBasis" [en "How the value was set." fi "Arvon peruste." sv "Värdets grund."];
    one valid_from: Day = "validFrom" [en "First day. A zone is accepted and the date taken as written." fi "Ensimmäinen päivä. Aikavyöhyke hyväksytään, päivä luetaan kuten kirjoitettu." sv "Första dagen. En tidszon godtas och datumet läses som skrivet."];
    one valid_to: Day = "validTo" [en "Last day, included; before the fifth anniversary of the first." fi "Viimeinen päivä, mukaan lukien; alle viisi vuotta ensimmäisestä." sv "Sista dagen, inkluderad; inom fem år från den första."];
    optional chosen_provider_business_id: BusinessId = "chosenProviderBusinessId" [en "The one provider who may use it." fi "Ainoa tuottaja, joka voi käyttää sitä." sv "Den enda producent som får använda den."];
    many allowed_provider_business_ids: BusinessId = "allowedProviderBusinessId" [en "Providers who may use it; none named means any approved one." fi "Tuottajat, jotka voivat käyttää sitä; tyhjä tarkoittaa kaikkia hyväksyttyjä." sv "Producenter som får använda den; ingen angiven betyder alla godkända."];
    optional osva_doc_oid: Oid = "osvaDocOid" [en "OID of the Kanta ostopalveluvaltuutus." fi "Kannan ostopalveluvaltuutuksen OID." sv "OID för Kantas fullmakt för köpta tjänster."];
    optional care_plan_ref: Text80 = "carePlanRef" [en "Reference of the care plan." fi "Asiakassuunnitelman viite." sv "Klientplanens referens."];
    optional contract_ref: Text80 = "contractRef" [en "Reference of the contract; required for a purchased service." fi "Sopimuksen viite; pakollinen ostopalvelulle." sv "Avtalets referens; obligatorisk för köpt tjänst."];
    optional note: Text500 = "note" [en "Free text without personal identity codes." fi "Vapaa teksti ilman henkilötunnuksia." sv "Fritext utan personbeteckningar."];
} }

contract_type! { PurchasingPowerReceipt [
    en "The purchasing power as it is now." fi "Ostovoima sellaisena kuin se nyt on." sv "Köpkraften som den är nu."
] {
    one purchasing_power_number: PurchasingPowerNumber = "purchasingPowerNumber" [en "Its number." fi "Numero." sv "Nummer."];
    one kind: Kind = "kind" [en "Its shape." fi "Laji." sv "Art."];
    one state: State = "state" [en "Its state today." fi "Tila tänään." sv "Status i dag."];
    one version: PositiveInteger = "version" [en "1 at creation, one more with every accepted action." fi "Luotaessa 1, kasvaa jokaisesta hyväksytystä toiminnosta." sv "1 då den skapas, ökar med varje godkänd åtgärd."];
    one valid_from: Day = "validFrom" [en "First day." fi "Ensimmäinen päivä." sv "Första dagen."];
    one valid_to: Day = "validTo" [en "Last day, included." fi "Viimeinen päivä, mukaan lukien." sv "Sista dagen, inkluderad."];
    one total_authorised: Money = "totalAuthorised" [en "The most that can be paid on it." fi "Enimmäismäärä, joka siitä voidaan maksaa." sv "Det högsta belopp som kan betalas."];
} }
