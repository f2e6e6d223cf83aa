//! What each fault means and what to do about it, for people, in the three languages. A caller gets the text of
//! the fault itself, which may say more; this is what stands in the documents.

use super::FaultCode;
use crate::domain::authorisation::Refused;
use crate::domain::code::Texts;

impl FaultCode {
    /// Every code, in the order of the contract's list.
    pub const ALL: [FaultCode; 18] = [
        FaultCode::Refused(Refused::ClientUnknown),
        FaultCode::Refused(Refused::ServiceNotGranted),
        FaultCode::Refused(Refused::OrganiserMismatch),
        FaultCode::Refused(Refused::ProviderMismatch),
        FaultCode::Refused(Refused::RepresentationNotAllowed),
        FaultCode::Refused(Refused::UserIdMissing),
        FaultCode::Refused(Refused::UserIdIsPersonId),
        FaultCode::RateLimited,
        FaultCode::XmlMalformed,
        FaultCode::XsdInvalid,
        FaultCode::HeaderInvalid,
        FaultCode::ServiceUnknown,
        FaultCode::VersionUnknown,
        FaultCode::MessageTooLarge,
        FaultCode::ContentTypeUnsupported,
        FaultCode::Internal,
        FaultCode::StoreUnavailable,
        FaultCode::BusyRetry,
    ];

    /// A sentence on what it means, and behind it what to do.
    pub fn meaning(self) -> Texts {
        match self {
            FaultCode::Refused(refused) => of_refused(refused),
            FaultCode::RateLimited => Texts {
                fi: "Liian moni haku ei ole löytänyt mitään. Odota muutama minuutti ja tarkista numerot.",
                sv: "För många sökningar har inte hittat något. Vänta några minuter och kontrollera numren.",
                en: "Too many look-ups found nothing. Wait some minutes and check the numbers.",
            },
            FaultCode::XmlMalformed => Texts {
                fi: "Sanoma ei ole hyvin muodostettua XML:ää, tai se on rajojen ulkopuolella. Korjaa sanoman muodostava ohjelma.",
                sv: "Meddelandet är inte välformad XML eller ligger utanför gränserna. Rätta programmet som bildar meddelandet.",
                en: "The message is not well-formed XML, or is beyond a limit on XML. Mend the program that builds it.",
            },
            FaultCode::XsdInvalid => Texts {
                fi: "Sanoma ei ole skeeman mukainen. Korjaa nimetty kohta; se on ensimmäinen, muitakin voi olla.",
                sv: "Meddelandet följer inte schemat. Rätta den nämnda platsen; den är den första, det kan finnas fler.",
                en: "The message does not follow the schema. Mend the place named; it is the first, there may be more.",
            },
            FaultCode::HeaderInvalid => Texts {
                fi: "X-Road-otsikko puuttuu tai on virheellinen, tai rungon elementti ei ole otsikon palvelu. Korjaa otsikko.",
                sv: "X-Road-huvudet saknas eller är felaktigt, eller så är kroppens element inte huvudets tjänst. Rätta huvudet.",
                en: "The X-Road header is missing or wrong, or the Body's element is not the header's service. Mend the header.",
            },
            FaultCode::ServiceUnknown => Texts {
                fi: "Täällä ei ole tätä palvelua. Tarkista palvelukoodi ja osoite WSDL:stä.",
                sv: "Tjänsten finns inte här. Kontrollera tjänstekoden och adressen i WSDL.",
                en: "There is no such service here. Check service code and address in the WSDL.",
            },
            FaultCode::VersionUnknown => Texts {
                fi: "Palvelusta ei ole tätä versiota. Käytä versiota v1.",
                sv: "Tjänsten har inte denna version. Använd version v1.",
                en: "The service has no such version. Use v1.",
            },
            FaultCode::MessageTooLarge => Texts {
                fi: "Sanoma on liian suuri. Lähetä pienempi.",
                sv: "Meddelandet är för stort. Skicka ett mindre.",
                en: "The message is too large. Send a smaller one.",
            },
            FaultCode::ContentTypeUnsupported => Texts {
                fi: "Sanoman mediatyyppi tai merkistö ei kelpaa. Lähetä text/xml ja UTF-8.",
                sv: "Meddelandets medietyp eller teckenkodning duger inte. Skicka text/xml och UTF-8.",
                en: "The message's media type or encoding is not taken. Send text/xml in UTF-8.",
            },
            FaultCode::Internal => Texts {
                fi: "Jokin epäonnistui täällä, eikä mitään tehty. Lähetä sama sanoma uudelleen; jos se toistuu, ilmoita ylläpidolle sanoman tunniste.",
                sv: "Något misslyckades här och inget gjordes. Skicka samma meddelande igen; om det upprepas, meddela driften meddelandets id.",
                en: "Something failed here, and nothing was done. Send the same message again; if it stays, tell the operator the message id.",
            },
            FaultCode::StoreUnavailable => Texts {
                fi: "Tietovarastoa ei voi nyt käyttää. Lähetä sama sanoma myöhemmin uudelleen: mitään ei tehdä kahdesti. Ylläpito näkee syyn lokista.",
                sv: "Datalagret kan inte användas nu. Skicka samma meddelande igen senare: inget görs två gånger. Driften ser orsaken i loggen.",
                en: "The data store cannot be used now. Send the same message again later: nothing is done twice. The operator finds the reason in the log.",
            },
            FaultCode::BusyRetry => Texts {
                fi: "Kerralla pyydetään liikaa, tai vastaus ei ehtinyt ajoissa. Lähetä sama sanoma hetken kuluttua uudelleen samalla tunnisteella.",
                sv: "För mycket begärs på en gång, eller så hann svaret inte bli klart. Skicka samma meddelande med samma id igen om en stund.",
                en: "Too much is asked at once, or no answer was ready in time. Send the same message again in a moment, under the same id.",
            },
        }
    }
}

fn of_refused(refused: Refused) -> Texts {
    match refused {
        Refused::ClientUnknown => Texts {
            fi: "X-Road-asiakkaalla ei ole täällä tänään voimassa olevaa lupaa. Pyydä ylläpitoa rekisteröimään se.",
            sv: "X-Road-klienten har inget tillstånd här som gäller i dag. Be driften registrera den.",
            en: "The X-Road client has no grant here that is valid today. Ask the operator to register it.",
        },
        Refused::ServiceNotGranted => Texts {
            fi: "X-Road-asiakkaalla ei ole lupaa tähän palveluun. Pyydä ylläpitoa lisäämään se.",
            sv: "X-Road-klienten har inte tillstånd till denna tjänst. Be driften lägga till det.",
            en: "The X-Road client is not granted this service. Ask the operator to add it.",
        },
        Refused::OrganiserMismatch => Texts {
            fi: "X-Road-asiakkaalla ei ole lupaa rungossa nimettyyn järjestäjään. Tarkista järjestäjän koodi.",
            sv: "X-Road-klienten har inte tillstånd till anordnaren i kroppen. Kontrollera anordnarens kod.",
            en: "The X-Road client is not granted the organiser named in the body. Check the organiser's code.",
        },
        Refused::ProviderMismatch => Texts {
            fi: "Rungon palveluntuottaja ei ole se, jonka puolesta X-Road-asiakas toimii. Korjaa providerBusinessId tai otsikko representedParty.",
            sv: "Kroppens tjänsteproducent är inte den som X-Road-klienten handlar för. Rätta providerBusinessId eller huvudet representedParty.",
            en: "The body's provider is not the one that the X-Road client acts for. Correct providerBusinessId or the header representedParty.",
        },
        Refused::RepresentationNotAllowed => Texts {
            fi: "X-Road-asiakas ei saa toimia otsikossa representedParty nimetyn osapuolen puolesta. Korjaa otsikko tai pyydä ylläpidolta lupa.",
            sv: "X-Road-klienten får inte handla för parten i huvudet representedParty. Rätta huvudet eller be driften om tillstånd.",
            en: "The X-Road client may not act for the party in the header representedParty. Correct the header, or ask the operator for the grant.",
        },
        Refused::UserIdMissing => Texts {
            fi: "Otsikko userId puuttuu tai on tyhjä. Lähetä sen käyttäjätunnus, joka painoi nappia.",
            sv: "Huvudet userId saknas eller är tomt. Skicka användarnamnet på den som tryckte på knappen.",
            en: "The header userId is missing or blank. Send the user name of who pressed the button.",
        },
        Refused::UserIdIsPersonId => Texts {
            fi: "Otsikko userId näyttää henkilötunnukselta. Lähetä käyttäjätunnus.",
            sv: "Huvudet userId ser ut som en personbeteckning. Skicka ett användarnamn.",
            en: "The header userId looks like a personal identity code. Send a user name.",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::meaning_and_advice;

    /// The list of the contract, "Errors".
    const CONTRACT: &str = "
        AUTH_CLIENT_UNKNOWN AUTH_SERVICE_NOT_GRANTED AUTH_ORGANISER_MISMATCH AUTH_PROVIDER_MISMATCH
        AUTH_REPRESENTATION_NOT_ALLOWED AUTH_USERID_MISSING AUTH_USERID_IS_HETU RATE_LIMITED
        XML_MALFORMED XSD_INVALID HEADER_INVALID SERVICE_UNKNOWN VERSION_UNKNOWN MESSAGE_TOO_LARGE
        CONTENT_TYPE_UNSUPPORTED INTERNAL STORE_UNAVAILABLE BUSY_RETRY";

    #[test]
    fn the_faults_are_those_of_the_contract_in_its_order() {
        let names = FaultCode::ALL.map(FaultCode::as_str);
        assert_eq!(names, *CONTRACT.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn every_meaning_says_what_to_do() {
        for code in FaultCode::ALL {
            let texts = code.meaning();
            for text in [texts.fi, texts.sv, texts.en] {
                let (meaning, advice) = meaning_and_advice(text);
                assert!(!meaning.ends_with('.') && advice.ends_with('.'), "{text}");
            }
        }
    }
}
