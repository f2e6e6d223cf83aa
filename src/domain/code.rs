//! Codes of business rejections and warnings, and their texts in Finnish, Swedish and English.
//! Faults have codes of their own, in `soap::fault`. Texts never carry a caller's value.

/// What a code says to a person, in the three languages of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts {
    pub fi: &'static str,
    pub sv: &'static str,
    pub en: &'static str,
}

macro_rules! codes {
    ($( $(#[$doc:meta])* $variant:ident $wire:literal { fi $fi:literal sv $sv:literal en $en:literal } )+) => {
        /// Why a request is rejected, or what an accepted one should be warned of.
        /// Declared in the order of the contract's list, which is the order of codes on one field.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $( $(#[$doc])* $variant, )+ }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[ $( Code::$variant, )+ ];

            /// The code as it stands in a message.
            pub fn as_str(self) -> &'static str {
                match self { $( Code::$variant => $wire, )+ }
            }

            /// The code's texts.
            pub fn texts(self) -> Texts {
                match self { $( Code::$variant => Texts { fi: $fi, sv: $sv, en: $en }, )+ }
            }
        }
    };
}

codes! {
    HetuInvalid "HETU_INVALID" {
        fi "Henkilötunnus ei ole oikea: tarkista päivä, yksilönumero ja tarkistusmerkki."
        sv "Personbeteckningen är inte giltig: kontrollera datum, individnummer och kontrolltecken."
        en "The personal identity code is not valid: check its date, individual number and check character."
    }
    HetuArtificialNotAllowed "HETU_ARTIFICIAL_NOT_ALLOWED" {
        fi "Keinotekoista henkilötunnusta (yksilönumero 900–999) ei hyväksytä tuotannossa."
        sv "En artificiell personbeteckning (individnummer 900–999) godkänns inte i produktion."
        en "An artificial personal identity code (individual number 900–999) is not accepted in production."
    }
    BusinessIdInvalid "BUSINESS_ID_INVALID" {
        fi "Y-tunnuksen tarkistusnumero ei täsmää."
        sv "FO-numrets kontrollsiffra stämmer inte."
        en "The business id's check digit does not match."
    }
    OidInvalid "OID_INVALID" {
        fi "OID-tunnus ei ole oikea: 1.2.246.10:n jälkeen tulee y-tunnus, jonka tarkistusnumero täsmää."
        sv "OID är inte giltig: efter 1.2.246.10 följer ett FO-nummer vars kontrollsiffra stämmer."
        en "The OID is not valid: after 1.2.246.10 comes a business id whose check digit matches."
    }
    MunicipalityUnknown "MUNICIPALITY_UNKNOWN" {
        fi "Kuntanumeroa ei ole ladatussa kuntaluettelossa."
        sv "Kommunnumret finns inte i den inlästa kommunförteckningen."
        en "The municipality code is not in the loaded list of municipalities."
    }
    CountyUnknown "COUNTY_UNKNOWN" {
        fi "Hyvinvointialueen numeroa ei ole ladatussa luettelossa."
        sv "Välfärdsområdets nummer finns inte i den inlästa förteckningen."
        en "The wellbeing services county code is not in the loaded list."
    }
    FieldRequired "FIELD_REQUIRED" {
        fi "Tämä kenttä on pakollinen tässä toiminnossa."
        sv "Fältet är obligatoriskt för denna åtgärd."
        en "This field is required for this action."
    }
    FieldNotAllowed "FIELD_NOT_ALLOWED" {
        fi "Tätä kenttää tai arvoa ei sallita tässä toiminnossa."
        sv "Fältet eller värdet är inte tillåtet för denna åtgärd."
        en "This field or value is not allowed for this action."
    }
    TextHasPersonId "TEXT_HAS_PERSON_ID" {
        fi "Vapaassa tekstissä on henkilötunnukselta näyttävä merkkijono. Poista se."
        sv "Fritexten innehåller något som ser ut som en personbeteckning. Ta bort det."
        en "The free text holds something shaped like a personal identity code. Remove it."
    }
    PpNotFound "PP_NOT_FOUND" {
        fi "Ostovoimaa ei löydy näillä tiedoilla."
        sv "Ingen köpkraft hittas med dessa uppgifter."
        en "No purchasing power is found with these details."
    }
    PpOverlap "PP_OVERLAP" {
        fi "Asiakkaalla on jo samaan palveluun ostovoima, jonka voimassaolo menee päällekkäin."
        sv "Kunden har redan en köpkraft för samma tjänst vars giltighet överlappar."
        en "The customer already has a purchasing power for the same service with an overlapping validity."
    }
    PpValidityInvalid "PP_VALIDITY_INVALID" {
        fi "Päivät eivät kelpaa: voimassaolo alkaa ennen loppuaan ja kestää alle viisi vuotta, eikä päätös ole tulevaisuudessa."
        sv "Datumen duger inte: giltigheten börjar före sitt slut och är kortare än fem år, och beslutet ligger inte i framtiden."
        en "The dates do not hold: the validity starts before it ends and is shorter than five years, and the decision is not in the future."
    }
    ServiceTypeUnknown "SERVICE_TYPE_UNKNOWN" {
        fi "Järjestäjällä ei ole tätä palvelua voimassaolon alkupäivänä."
        sv "Anordnaren har inte denna tjänst den dag giltigheten börjar."
        en "The organiser has no such service on the day the validity starts."
    }
    InstrumentNotAllowed "INSTRUMENT_NOT_ALLOWED" {
        fi "Tätä rahoitusmuotoa ei sallita palvelussa."
        sv "Denna finansieringsform är inte tillåten för tjänsten."
        en "This instrument is not allowed for the service."
    }
    UnitNotAllowed "UNIT_NOT_ALLOWED" {
        fi "Yksikkö ei ole palvelun yksikkö."
        sv "Enheten är inte tjänstens enhet."
        en "The unit is not the service's unit."
    }
    ContractRefRequired "CONTRACT_REF_REQUIRED" {
        fi "Ostopalvelu tarvitsee sopimusviitteen."
        sv "En köpt tjänst kräver en avtalsreferens."
        en "A purchased service needs a contract reference."
    }
    ProviderNotApproved "PROVIDER_NOT_APPROVED" {
        fi "Järjestäjä ei ole hyväksynyt palveluntuottajaa tähän palveluun."
        sv "Anordnaren har inte godkänt tjänsteproducenten för denna tjänst."
        en "The organiser has not approved the provider for this service."
    }
    ProviderApprovalNotValidOnDate "PROVIDER_APPROVAL_NOT_VALID_ON_DATE" {
        fi "Palveluntuottajan hyväksyntä ei ole voimassa tuona päivänä."
        sv "Tjänsteproducentens godkännande gäller inte den dagen."
        en "The provider's approval is not valid on that date."
    }
    ProviderUnitUnknown "PROVIDER_UNIT_UNKNOWN" {
        fi "Palveluntuottajalla ei ole tätä toimipaikkaa."
        sv "Tjänsteproducenten har inget sådant verksamhetsställe."
        en "The provider has no such unit."
    }
    DuplicateMessageIdConflict "DUPLICATE_MESSAGE_ID_CONFLICT" {
        fi "Sama sanoman tunniste on jo käytetty eri sisällölle. Lähetä uusi sanoma uudella tunnisteella."
        sv "Samma meddelande-id har redan använts för ett annat innehåll. Skicka ett nytt meddelande med nytt id."
        en "The same message id was used before with other content. Send a new message with a new id."
    }
    SourceReferenceConflict "SOURCE_REFERENCE_CONFLICT" {
        fi "Sama lähdeviite on jo käytetty eri sisällölle. Käytä jokaiselle uudelle sanomalle omaa viitettä."
        sv "Samma källreferens har redan använts för ett annat innehåll. Använd en egen referens för varje nytt meddelande."
        en "The same source reference was used before with other content. Use a reference of its own for every new message."
    }
    MandateCheckUnavailable "MANDATE_CHECK_UNAVAILABLE" {
        fi "Puolesta-asioinnin valtuutta ei voitu tarkistaa. Yritä myöhemmin uudelleen."
        sv "Fullmakten för ärenden åt någon annan kunde inte kontrolleras. Försök igen senare."
        en "The mandate to act for another could not be checked. Try again later."
    }
    /// Warning.
    ProviderApprovalEndsEarly "PROVIDER_APPROVAL_ENDS_EARLY" {
        fi "Valitun palveluntuottajan hyväksyntä päättyy ennen ostovoiman voimassaoloa."
        sv "Den valda tjänsteproducentens godkännande upphör innan köpkraften gör det."
        en "The chosen provider's approval ends before the purchasing power does."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_fits_the_contract() {
        for code in Code::ALL {
            let texts = code.texts();
            for text in [texts.fi, texts.sv, texts.en] {
                let characters = text.chars().count();
                assert!((1..=500).contains(&characters), "{}", code.as_str());
            }
            assert!(code.as_str().chars().count() <= 60);
        }
    }
}
