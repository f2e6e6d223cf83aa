//! The report's own words.

use crate::partner::words::words;

words! {
    title: "Tilitys", "Redovisning", "Settlement";
    organiser: "Järjestäjä", "Anordnare", "Organiser";
    month: "Kuukausi", "Månad", "Month";
    state: "Tila", "Status", "State";
    confirmed: "Vahvistettu", "Fastställd", "Confirmed";
    paid: "Maksettu", "Betald", "Paid";
    made: "Muodostettu", "Skapad", "Made";
    reference: "Viitenumero", "Referensnummer", "Reference number";
    totals: "Yhteensä", "Totalt", "Totals";
    business_id: "Y-tunnus", "FO-nummer", "Business id";
    iban: "Tilinumero (IBAN)", "Kontonummer (IBAN)", "Account (IBAN)";
    payment: "Maksu", "Betalning", "Payment";
    pay: "maksetaan", "betalas", "to be paid";
    held: "pidätetty: tilinumero puuttuu", "innehållen: kontonummer saknas", "held back: no account number";
    none: "ei maksettavaa", "inget att betala", "nothing to pay";
    done: "maksettu", "betald", "paid";
    events: "Tapahtumia", "Händelser", "Events";
    credits: "joista hyvityksiä", "varav krediteringar", "of them credits";
    price: "Hinta", "Pris", "Price";
    voucher: "Järjestäjän osuus", "Anordnarens andel", "Organiser's share";
    customer: "Omavastuuosuus", "Självrisk", "Own share";
    brought_forward: "Edellisiltä tilityksiltä", "Från tidigare redovisningar", "Brought forward";
    payable: "Maksettavaa", "Att betala", "Payable";
    held_back: "Pidätetty", "Innehållet", "Held back";
    carried_forward: "Siirtyy seuraavaan", "Överförs till nästa", "Carried forward";
    rows: "Tapahtumat ja hyvitykset", "Händelser och krediteringar", "Events and credits";
    date: "Päivä", "Datum", "Date";
    service: "Palvelu", "Tjänst", "Service";
    kind: "Laji", "Slag", "Kind";
    event_id: "Tapahtuman tunnus", "Händelsens id", "Event id";
    event: "tapahtuma", "händelse", "event";
    credit: "hyvitys tapahtumalle", "kreditering av", "credit of";
}
