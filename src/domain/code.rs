//! Codes of business rejections and warnings, and their texts in Finnish, Swedish and English.
//! Faults have codes of their own, in `soap::fault`. Texts never carry a caller's value.
//!
//! Every text is a sentence that says what is wrong, and behind it what to do about it.

/// What a code says to a person, in the three languages of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts {
    pub fi: &'static str,
    pub sv: &'static str,
    pub en: &'static str,
}

impl Code {
    /// Whether it warns of something that was done all the same.
    pub fn is_warning(self) -> bool {
        matches!(
            self,
            Code::ProviderApprovalEndsEarly | Code::ToothAlreadyExtracted
        )
    }
}

/// A text in its two parts: what it means, and what to do.
pub fn meaning_and_advice(text: &str) -> (&str, &str) {
    text.split_once(". ").unwrap_or((text, ""))
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
        fi "Henkilötunnus ei ole oikea. Tarkista päivä, yksilönumero ja tarkistusmerkki."
        sv "Personbeteckningen är inte giltig. Kontrollera datum, individnummer och kontrolltecken."
        en "The personal identity code is not valid. Check its date, individual number and check character."
    }
    HetuArtificialNotAllowed "HETU_ARTIFICIAL_NOT_ALLOWED" {
        fi "Keinotekoista henkilötunnusta (yksilönumero 900–999) ei hyväksytä tuotannossa. Käytä henkilön oikeaa tunnusta tai testiympäristöä."
        sv "En artificiell personbeteckning (individnummer 900–999) godkänns inte i produktion. Använd personens riktiga beteckning eller testmiljön."
        en "An artificial personal identity code (individual number 900–999) is not accepted in production. Use the person's real code, or the test environment."
    }
    BusinessIdInvalid "BUSINESS_ID_INVALID" {
        fi "Y-tunnuksen tarkistusnumero ei täsmää. Tarkista y-tunnus."
        sv "FO-numrets kontrollsiffra stämmer inte. Kontrollera FO-numret."
        en "The business id's check digit does not match. Check the business id."
    }
    OidInvalid "OID_INVALID" {
        fi "OID-tunnus ei ole oikea: 1.2.246.10:n jälkeen tulee y-tunnus, jonka tarkistusnumero täsmää. Tarkista OID-tunnus."
        sv "OID är inte giltig: efter 1.2.246.10 följer ett FO-nummer vars kontrollsiffra stämmer. Kontrollera OID."
        en "The OID is not valid: after 1.2.246.10 comes a business id whose check digit matches. Check the OID."
    }
    MunicipalityUnknown "MUNICIPALITY_UNKNOWN" {
        fi "Kuntanumeroa ei ole ladatussa kuntaluettelossa. Tarkista numero; jos se on oikein, pyydä ylläpitoa lataamaan uudempi luettelo."
        sv "Kommunnumret finns inte i den inlästa kommunförteckningen. Kontrollera numret; om det är rätt, be driften läsa in en nyare förteckning."
        en "The municipality code is not in the loaded list of municipalities. Check the code; if it is right, ask the operator to load a newer list."
    }
    CountyUnknown "COUNTY_UNKNOWN" {
        fi "Hyvinvointialueen numeroa ei ole ladatussa luettelossa. Tarkista numero; jos se on oikein, pyydä ylläpitoa lataamaan uudempi luettelo."
        sv "Välfärdsområdets nummer finns inte i den inlästa förteckningen. Kontrollera numret; om det är rätt, be driften läsa in en nyare förteckning."
        en "The wellbeing services county code is not in the loaded list. Check the code; if it is right, ask the operator to load a newer list."
    }
    TerhikkiInvalid "TERHIKKI_INVALID" {
        fi "Terhikki-numero ei ole oikea: kaikki numerot ovat samoja. Tarkista ammattihenkilön numero."
        sv "Terhikki-numret är inte giltigt: alla siffror är lika. Kontrollera den yrkesutbildade personens nummer."
        en "The Terhikki number is not valid: all its digits are the same. Check the professional's number."
    }
    FieldRequired "FIELD_REQUIRED" {
        fi "Tämä kenttä on pakollinen tässä toiminnossa. Lisää se."
        sv "Fältet är obligatoriskt för denna åtgärd. Lägg till det."
        en "This field is required for this action. Add it."
    }
    FieldNotAllowed "FIELD_NOT_ALLOWED" {
        fi "Tätä kenttää tai arvoa ei sallita tässä: se ei kuulu tähän toimintoon tai lajiin, tai arvo on rajojen ulkopuolella tai annettu kahdesti. Poista tai korjaa se."
        sv "Fältet eller värdet är inte tillåtet här: det hör inte till denna åtgärd eller detta slag, eller värdet ligger utanför gränserna eller har angetts två gånger. Ta bort eller rätta det."
        en "This field or value is not allowed here: it does not belong to this action or kind, or its value is out of bounds or given twice. Remove or correct it."
    }
    TextHasPersonId "TEXT_HAS_PERSON_ID" {
        fi "Vapaassa tekstissä on henkilötunnukselta näyttävä merkkijono. Poista se."
        sv "Fritexten innehåller något som ser ut som en personbeteckning. Ta bort det."
        en "The free text holds something shaped like a personal identity code. Remove it."
    }
    PpNotFound "PP_NOT_FOUND" {
        fi "Ostovoimaa ei löydy näillä tiedoilla. Tarkista numero ja muut tiedot."
        sv "Ingen köpkraft hittas med dessa uppgifter. Kontrollera numret och de övriga uppgifterna."
        en "No purchasing power is found with these details. Check the number and the other details."
    }
    PpNotYetValid "PP_NOT_YET_VALID" {
        fi "Ostovoima ei ole vielä voimassa palvelupäivänä. Tarkista palvelupäivä."
        sv "Köpkraften gäller ännu inte på servicedagen. Kontrollera servicedagen."
        en "The purchasing power is not yet valid on the service date. Check the service date."
    }
    PpExpiredOnServiceDate "PP_EXPIRED_ON_SERVICE_DATE" {
        fi "Ostovoiman voimassaolo on päättynyt ennen palvelupäivää. Tarkista palvelupäivä tai pyydä järjestäjältä uusi päätös."
        sv "Köpkraftens giltighet har upphört före servicedagen. Kontrollera servicedagen eller be anordnaren om ett nytt beslut."
        en "The purchasing power expired before the service date. Check the service date or ask the organiser for a new decision."
    }
    PpCancelled "PP_CANCELLED" {
        fi "Ostovoima on mitätöity. Ota yhteys järjestäjään."
        sv "Köpkraften är annullerad. Kontakta anordnaren."
        en "The purchasing power has been annulled. Contact the organiser."
    }
    PpSuspended "PP_SUSPENDED" {
        fi "Ostovoima on keskeytetty. Yritä uudelleen, kun järjestäjä on jatkanut sitä."
        sv "Köpkraften är avbruten. Försök igen när anordnaren har återupptagit den."
        en "The purchasing power is suspended. Try again when the organiser has resumed it."
    }
    PpKindMismatch "PP_KIND_MISMATCH" {
        fi "Ostovoiman laji ei sovi tähän palveluun. Käytä lajin omaa palvelua ja lajiin sopivaa palvelutyyppiä."
        sv "Köpkraftens slag passar inte denna tjänst. Använd slagets egen tjänst och en tjänstetyp som passar slaget."
        en "The kind of the purchasing power does not fit this service. Use the kind's own service and a service type that fits it."
    }
    PpOverlap "PP_OVERLAP" {
        fi "Asiakkaalla on jo samaan palveluun ostovoima, jonka voimassaolo menee päällekkäin. Valitse toinen voimassaolo tai muuta aiempaa ostovoimaa."
        sv "Kunden har redan en köpkraft för samma tjänst vars giltighet överlappar. Välj en annan giltighet eller ändra den tidigare köpkraften."
        en "The customer already has a purchasing power for the same service with an overlapping validity. Choose another validity, or amend the earlier purchasing power."
    }
    PpVersionConflict "PP_VERSION_CONFLICT" {
        fi "Ostovoimaa on muutettu tämän version jälkeen. Hae uusin versio ja tee muutos siihen."
        sv "Köpkraften har ändrats efter denna version. Hämta den senaste versionen och gör ändringen i den."
        en "The purchasing power has changed since this version. Fetch the latest version and make the change to that."
    }
    PpValidityInvalid "PP_VALIDITY_INVALID" {
        fi "Päivät eivät sovi yhteen: voimassaolo ei saa päättyä ennen alkuaan eikä kestää viittä vuotta, sen on katettava kirjatut tapahtumat, päätös ei saa olla tulevaisuudessa, ja muutoksen on tultava voimaan voimassaolon aikana ja mitätöinnin viimeistään sen lopussa. Korjaa päivä."
        sv "Datumen passar inte ihop: giltigheten får inte sluta före sin början eller vara fem år eller längre, den ska omfatta de registrerade händelserna, beslutet får inte ligga i framtiden, en ändring ska träda i kraft under giltigheten och en annullering senast vid dess slut. Rätta datumet."
        en "The dates do not fit together: the validity must not end before it starts or last five years or more, it must cover the recorded events, the decision must not be in the future, a change must take effect within the validity and an annulment by its end. Correct the date."
    }
    PpAmendNotAllowed "PP_AMEND_NOT_ALLOWED" {
        fi "Ostovoimaa ei voi muuttaa näin. Palauta kiinteät tiedot ennalleen tai mitätöi ostovoima ja myönnä uusi."
        sv "Köpkraften kan inte ändras så här. Återställ de fasta uppgifterna eller annullera köpkraften och bevilja en ny."
        en "The purchasing power cannot be changed in this way. Put its fixed details back, or annul it and grant a new one."
    }
    PpAmendTouchesSettled "PP_AMEND_TOUCHES_SETTLED" {
        fi "Muutos ulottuu jo tilitettyihin palvelutapahtumiin. Valitse myöhempi voimaantulopäivä tai hyvitä tapahtumat ensin."
        sv "Ändringen berör redan avräknade servicehändelser. Välj ett senare ikraftträdande eller kreditera händelserna först."
        en "The change reaches service events that are already settled. Choose a later effective date or credit the events first."
    }
    BalanceBelowUsed "BALANCE_BELOW_USED" {
        fi "Uusi määrä alittaa jo käytetyn tai poistaa käytetyn rivin. Pidä vähintään se, mikä on käytetty."
        sv "Det nya beloppet eller antalet understiger det som redan använts eller tar bort en använd rad. Behåll minst det som använts."
        en "The new amount is below what is already used, or removes a line in use. Keep at least what is used."
    }
    OsvaRequired "OSVA_REQUIRED" {
        fi "Palvelu edellyttää ostopalveluvaltuutusta, jota ostovoimalla ei ole. Pyydä järjestäjää lisäämään se."
        sv "Tjänsten kräver en fullmakt för köpta tjänster, som saknas på köpkraften. Be anordnaren lägga till den."
        en "The service needs an authorisation for purchased services that the purchasing power lacks. Ask the organiser to add it."
    }
    ServiceTypeUnknown "SERVICE_TYPE_UNKNOWN" {
        fi "Järjestäjällä ei ole tätä palvelua ratkaisevana päivänä: voimassaolon alkupäivänä tai tapahtuman palvelupäivänä. Tarkista palvelukoodi ja päivä."
        sv "Anordnaren har inte denna tjänst den avgörande dagen: den dag giltigheten börjar eller händelsens servicedag. Kontrollera tjänstekoden och dagen."
        en "The organiser has no such service on the day that counts: the first day of the validity, or the service date of an event. Check the service code and the date."
    }
    InstrumentNotAllowed "INSTRUMENT_NOT_ALLOWED" {
        fi "Tätä rahoitusmuotoa ei sallita palvelussa. Valitse jokin palvelun rahoitusmuodoista."
        sv "Denna finansieringsform är inte tillåten för tjänsten. Välj en av tjänstens finansieringsformer."
        en "This instrument is not allowed for the service. Choose one that the service has."
    }
    UnitNotAllowed "UNIT_NOT_ALLOWED" {
        fi "Yksikkö ei ole palvelun yksikkö. Käytä palvelun yksikköä."
        sv "Enheten är inte tjänstens enhet. Använd tjänstens enhet."
        en "The unit is not the service's unit. Use the service's unit."
    }
    ContractRefRequired "CONTRACT_REF_REQUIRED" {
        fi "Ostopalvelu tarvitsee sopimusviitteen. Lisää se."
        sv "En köpt tjänst kräver en avtalsreferens. Lägg till den."
        en "A purchased service needs a contract reference. Add it."
    }
    PriceItemUnknown "PRICE_ITEM_UNKNOWN" {
        fi "Toimenpiteellä ei ole hintaa järjestäjän hinnastossa voimassaolon alkupäivänä. Anna rivin arvo tai korjaa koodi."
        sv "Åtgärden har inget pris i anordnarens prislista den dag giltigheten börjar. Ange radens värde eller rätta koden."
        en "The procedure has no price in the organiser's price list on the day the validity starts. Give the line's value or correct the code."
    }
    ProviderNotApproved "PROVIDER_NOT_APPROVED" {
        fi "Järjestäjä ei ole hyväksynyt palveluntuottajaa tähän palveluun. Pyydä hyväksyntää järjestäjältä tai valitse toinen tuottaja."
        sv "Anordnaren har inte godkänt tjänsteproducenten för denna tjänst. Be anordnaren om godkännande eller välj en annan producent."
        en "The organiser has not approved the provider for this service. Ask the organiser for an approval, or choose another provider."
    }
    ProviderApprovalNotValidOnDate "PROVIDER_APPROVAL_NOT_VALID_ON_DATE" {
        fi "Palveluntuottajan hyväksyntä ei ole voimassa tuona päivänä. Tarkista päivä tai kysy hyväksynnästä järjestäjältä."
        sv "Tjänsteproducentens godkännande gäller inte den dagen. Kontrollera datumet eller fråga anordnaren om godkännandet."
        en "The provider's approval is not valid on that date. Check the date, or ask the organiser about the approval."
    }
    ProviderUnitUnknown "PROVIDER_UNIT_UNKNOWN" {
        fi "Palveluntuottajalla ei ole tätä toimipaikkaa. Tarkista toimipaikan tunnus tai jätä se pois."
        sv "Tjänsteproducenten har inget sådant verksamhetsställe. Kontrollera verksamhetsställets kod eller lämna bort den."
        en "The provider has no such unit. Check the unit's code, or leave it out."
    }
    ServiceDateFuture "SERVICE_DATE_FUTURE" {
        fi "Palvelupäivä on tulevaisuudessa. Kirjaa tapahtuma, kun palvelu on annettu."
        sv "Servicedagen ligger i framtiden. Registrera händelsen när tjänsten har getts."
        en "The service date is in the future. Record the event when the service has been given."
    }
    ServiceDateTooOld "SERVICE_DATE_TOO_OLD" {
        fi "Palvelupäivästä on kulunut liian kauan: kirjausaika on päättynyt. Ota yhteys järjestäjään."
        sv "För lång tid har gått sedan servicedagen: tiden för registrering har löpt ut. Kontakta anordnaren."
        en "Too long has passed since the service date: the time for recording is over. Contact the organiser."
    }
    QuotaExceeded "QUOTA_EXCEEDED" {
        fi "Määrä ylittää sen, mitä palvelupäivän kaudella on jäljellä. Vähennä määrää tai pyydä järjestäjältä lisää."
        sv "Antalet överskrider det som återstår för servicedagens period. Minska antalet eller be anordnaren om mer."
        en "The quantity is more than what remains in the period of the service date. Lower it or ask the organiser for more."
    }
    BalanceExceeded "BALANCE_EXCEEDED" {
        fi "Käyttö ylittää jäljellä olevan saldon tai kertakohtaisen enimmäismäärän. Pienennä sitä tai pyydä järjestäjältä lisää."
        sv "Användningen överskrider det återstående saldot eller maximum per gång. Minska den eller be anordnaren om mer."
        en "The use is more than the balance left or the most for one event. Lower it or ask the organiser for more."
    }
    CeilingExceeded "CEILING_EXCEEDED" {
        fi "Arvo-osuuksien summa ylittää ostovoiman katosta jäljellä olevan. Vähennä toimenpiteitä tai pyydä järjestäjältä lisää."
        sv "Summan av sedelandelarna överskrider det som återstår av köpkraftens tak. Minska åtgärderna eller be anordnaren om mer."
        en "The sum of voucher shares is more than what remains of the ceiling. Leave out procedures or ask the organiser for more."
    }
    LineCountExceeded "LINE_COUNT_EXCEEDED" {
        fi "Myönnetyllä rivillä ei ole näin monta kertaa jäljellä. Vähennä kertoja tai pyydä järjestäjältä lisää."
        sv "På den beviljade raden återstår inte så många gånger. Minska antalet eller be anordnaren om mer."
        en "The granted line has not so many times left. Lower the count or ask the organiser for more."
    }
    ProcedureUnknown "PROCEDURE_UNKNOWN" {
        fi "Toimenpidekoodia ei ole ladatussa luokituksessa kyseisenä päivänä. Tarkista koodi ja päivä."
        sv "Åtgärdskoden finns inte i den inlästa klassifikationen den dagen. Kontrollera koden och dagen."
        en "The procedure code is not in a loaded code set on that date. Check the code and the date."
    }
    ProcedureNotAuthorised "PROCEDURE_NOT_AUTHORISED" {
        fi "Ostovoima ei kata tätä toimenpidettä tai hammasta. Tarkista rivi tai pyydä järjestäjältä muutos päätökseen."
        sv "Köpkraften omfattar inte denna åtgärd eller tand. Kontrollera raden eller be anordnaren ändra beslutet."
        en "The purchasing power does not cover this procedure or tooth. Check the line or ask the organiser to amend the decision."
    }
    ToothRequired "TOOTH_REQUIRED" {
        fi "Toimenpide tarvitsee hampaan tai alueen. Lisää se."
        sv "Åtgärden kräver en tand eller ett område. Lägg till det."
        en "The procedure needs a tooth or an area. Add it."
    }
    ToothNotAllowed "TOOTH_NOT_ALLOWED" {
        fi "Tälle toimenpiteelle ei anneta tätä hammas- tai aluetietoa. Poista se."
        sv "För denna åtgärd anges inte denna uppgift om tand eller område. Ta bort den."
        en "This tooth or area is not given for this procedure. Remove it."
    }
    ToothInvalid "TOOTH_INVALID" {
        fi "Hammas tai alue ei ole oikea. Tarkista numero ja se, montako hammasta toimenpiteelle annetaan ja että kukin on kerran."
        sv "Tanden eller området är inte rätt. Kontrollera numret, hur många tänder som anges för åtgärden och att var och en finns en gång."
        en "The tooth or area is not right. Check its number, how many teeth the procedure takes, and that each stands once."
    }
    SurfaceInvalid "SURFACE_INVALID" {
        fi "Hampaan pinnat eivät ole oikein: sama pinta on kahdesti, tai P on alaleuan hampaassa. Korjaa pinnat."
        sv "Tandytorna är inte rätt: samma yta finns två gånger, eller P står på en tand i underkäken. Rätta ytorna."
        en "The surfaces are not right: one stands twice, or P stands on a tooth of the lower jaw. Correct the surfaces."
    }
    SurfaceNotOnTooth "SURFACE_NOT_ON_TOOTH" {
        fi "Hampaassa ei ole tätä pintaa: O on poski- ja välihampaissa, I etu- ja kulmahampaissa. Tarkista hammas ja pinnat."
        sv "Tanden har inte denna yta: O finns på kindtänder, I på fram- och hörntänder. Kontrollera tanden och ytorna."
        en "The tooth has no such surface: O is on premolars and molars, I on incisors and canines. Check the tooth and the surfaces."
    }
    SurfaceCountMismatch "SURFACE_COUNT_MISMATCH" {
        fi "Pintojen määrä ei sovi toimenpiteeseen. Tarkista pinnat tai valitse toinen toimenpidekoodi."
        sv "Antalet tandytor passar inte åtgärden. Kontrollera ytorna eller välj en annan åtgärdskod."
        en "The number of surfaces does not fit the procedure. Check the surfaces or choose another procedure code."
    }
    DuplicateProcedure "DUPLICATE_PROCEDURE" {
        fi "Sama toimenpide samaan kohtaan on jo kirjattu samalle päivälle. Poista kaksinkertainen rivi."
        sv "Samma åtgärd på samma ställe är redan registrerad samma dag. Ta bort den dubbla raden."
        en "The same procedure in the same place is already recorded for that date. Remove the double line."
    }
    PriceAboveCap "PRICE_ABOVE_CAP" {
        fi "Yksikköhinta ylittää palvelupäivän kattohinnan. Laske hinta enintään kattohintaan."
        sv "Enhetspriset överskrider servicedagens pristak. Sänk priset till högst pristaket."
        en "The unit price is above the price cap of the service date. Lower it to the cap at most."
    }
    PriceAboveApproved "PRICE_ABOVE_APPROVED" {
        fi "Yksikköhinta ylittää palveluntuottajalle hyväksytyn hinnan. Laske hinta enintään hyväksyttyyn."
        sv "Enhetspriset överskrider det pris som godkänts för tjänsteproducenten. Sänk priset till högst det godkända."
        en "The unit price is above the price approved for the provider. Lower it to the approved price at most."
    }
    CustomerShareNotAllowed "CUSTOMER_SHARE_NOT_ALLOWED" {
        fi "Asiakkaalle ei saa jäädä maksettavaa tästä palvelusta. Laske hinta enintään ostovoiman arvoon ja jätä pois asiakkaan lisät."
        sv "Kunden får inte ha något att betala för denna tjänst. Sänk priset till högst köpkraftens värde och lämna bort kundens tillägg."
        en "Nothing may be left for the customer to pay for this service. Lower the price to the value at most and leave out the customer's extras."
    }
    TotalsMismatch "TOTALS_MISMATCH" {
        fi "Lähetetyt summat eivät täsmää lasketun kanssa. Laske ne uudelleen tai jätä ne pois."
        sv "De skickade summorna stämmer inte med de beräknade. Räkna om dem eller lämna bort dem."
        en "The totals sent do not match those computed. Compute them again or leave them out."
    }
    EventNotFound "EVENT_NOT_FOUND" {
        fi "Palvelutapahtumaa ei löydy näillä tiedoilla. Tarkista tunnus, ostovoima, asiakas ja palveluntuottaja."
        sv "Ingen servicehändelse hittas med dessa uppgifter. Kontrollera id, köpkraft, kund och tjänsteproducent."
        en "No service event is found with these details. Check the event id, purchasing power, customer and provider."
    }
    EventLocked "EVENT_LOCKED" {
        fi "Palvelutapahtumaa ei voi enää muuttaa tai poistaa näin. Jos se on tilitetty, järjestäjä voi hyvittää sen."
        sv "Servicehändelsen kan inte längre ändras eller raderas så här. Om den är avräknad kan anordnaren kreditera den."
        en "The service event can no longer be changed or deleted in this way. If it is settled, the organiser can credit it."
    }
    EventVersionConflict "EVENT_VERSION_CONFLICT" {
        fi "Palvelutapahtumaa on muutettu tämän version jälkeen. Tarkista sen nykyinen versio ja tee muutos siihen."
        sv "Servicehändelsen har ändrats efter denna version. Kontrollera dess nuvarande version och gör ändringen i den."
        en "The service event has changed since this version. Check its current version and make the change to that."
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
    WindowTooLarge "WINDOW_TOO_LARGE" {
        fi "Aikaväli on liian pitkä tai sen loppu on ennen alkua. Hae enintään 92 päivää kerrallaan."
        sv "Tidsintervallet är för långt eller slutar före sin början. Hämta högst 92 dagar åt gången."
        en "The window is too large or ends before it begins. Ask for at most 92 days at a time."
    }
    ContinuationInvalid "CONTINUATION_INVALID" {
        fi "Jatkotunnus ei kelpaa tähän hakuun. Käytä tunnusta ja ehtoja muuttamattomina tai aloita haku alusta."
        sv "Fortsättningskoden duger inte för denna sökning. Använd koden och villkoren oförändrade eller börja sökningen från början."
        en "The continuation does not hold for this query. Use the token and the filters unchanged, or begin the query anew."
    }
    ContinuationExpired "CONTINUATION_EXPIRED" {
        fi "Jatkotunnus on vanhentunut. Aloita haku alusta."
        sv "Fortsättningskoden har gått ut. Börja sökningen från början."
        en "The continuation has expired. Begin the query anew."
    }
    MandateDenied "MANDATE_DENIED" {
        fi "Asioija ei voi asioida asiakkaan puolesta tässä palvelussa. Tarvitaan asiakkaan antama valtuus tai huoltajuus."
        sv "Personen kan inte uträtta ärenden för kunden i denna tjänst. Det behövs en fullmakt av kunden eller vårdnad."
        en "The acting person cannot act for the customer in this service. A mandate from the customer, or custody of a child, is needed."
    }
    MandateCheckUnavailable "MANDATE_CHECK_UNAVAILABLE" {
        fi "Puolesta-asioinnin valtuutta ei voitu tarkistaa. Yritä myöhemmin uudelleen."
        sv "Fullmakten för ärenden åt någon annan kunde inte kontrolleras. Försök igen senare."
        en "The mandate to act for another could not be checked. Try again later."
    }
    /// Warning.
    ProviderApprovalEndsEarly "PROVIDER_APPROVAL_ENDS_EARLY" {
        fi "Valitun palveluntuottajan hyväksyntä päättyy ennen ostovoiman voimassaoloa. Varmista, että hyväksyntää jatketaan, tai lyhennä voimassaoloa."
        sv "Den valda tjänsteproducentens godkännande upphör innan köpkraften gör det. Försäkra dig om att godkännandet förlängs, eller förkorta giltigheten."
        en "The chosen provider's approval ends before the purchasing power does. Make sure that the approval will be renewed, or shorten the validity."
    }
    /// Warning.
    ToothAlreadyExtracted "TOOTH_ALREADY_EXTRACTED" {
        fi "Hammas on jo kirjattu poistetuksi tällä ostovoimalla. Tarkista hampaan numero."
        sv "Tanden är redan registrerad som utdragen med denna köpkraft. Kontrollera tandens nummer."
        en "The tooth is already recorded as extracted under this purchasing power. Check the tooth's number."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lists of the contract, "Errors": rejections, then warnings. Their order breaks ties.
    const CONTRACT: &str = "
        HETU_INVALID HETU_ARTIFICIAL_NOT_ALLOWED BUSINESS_ID_INVALID OID_INVALID
        MUNICIPALITY_UNKNOWN COUNTY_UNKNOWN TERHIKKI_INVALID FIELD_REQUIRED FIELD_NOT_ALLOWED
        TEXT_HAS_PERSON_ID PP_NOT_FOUND PP_NOT_YET_VALID PP_EXPIRED_ON_SERVICE_DATE PP_CANCELLED
        PP_SUSPENDED PP_KIND_MISMATCH PP_OVERLAP PP_VERSION_CONFLICT PP_VALIDITY_INVALID
        PP_AMEND_NOT_ALLOWED PP_AMEND_TOUCHES_SETTLED BALANCE_BELOW_USED OSVA_REQUIRED
        SERVICE_TYPE_UNKNOWN INSTRUMENT_NOT_ALLOWED UNIT_NOT_ALLOWED CONTRACT_REF_REQUIRED
        PRICE_ITEM_UNKNOWN PROVIDER_NOT_APPROVED PROVIDER_APPROVAL_NOT_VALID_ON_DATE
        PROVIDER_UNIT_UNKNOWN SERVICE_DATE_FUTURE SERVICE_DATE_TOO_OLD QUOTA_EXCEEDED
        BALANCE_EXCEEDED CEILING_EXCEEDED LINE_COUNT_EXCEEDED PROCEDURE_UNKNOWN
        PROCEDURE_NOT_AUTHORISED TOOTH_REQUIRED TOOTH_NOT_ALLOWED TOOTH_INVALID SURFACE_INVALID
        SURFACE_NOT_ON_TOOTH SURFACE_COUNT_MISMATCH DUPLICATE_PROCEDURE PRICE_ABOVE_CAP
        PRICE_ABOVE_APPROVED CUSTOMER_SHARE_NOT_ALLOWED TOTALS_MISMATCH EVENT_NOT_FOUND EVENT_LOCKED
        EVENT_VERSION_CONFLICT DUPLICATE_MESSAGE_ID_CONFLICT SOURCE_REFERENCE_CONFLICT
        WINDOW_TOO_LARGE CONTINUATION_INVALID CONTINUATION_EXPIRED MANDATE_DENIED
        MANDATE_CHECK_UNAVAILABLE PROVIDER_APPROVAL_ENDS_EARLY TOOTH_ALREADY_EXTRACTED";

    #[test]
    fn the_codes_are_those_of_the_contract_in_its_order() {
        let names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names, CONTRACT.split_whitespace().collect::<Vec<_>>());
        assert!(Code::ALL.is_sorted());
    }

    #[test]
    fn every_text_fits_the_contract() {
        for code in Code::ALL {
            let texts = code.texts();
            for text in [texts.fi, texts.sv, texts.en] {
                let characters = text.chars().count();
                assert!((1..=500).contains(&characters), "{}", code.as_str());
                let (meaning, advice) = meaning_and_advice(text);
                assert!(!meaning.ends_with('.') && advice.ends_with('.'), "{text}");
            }
            assert!(code.as_str().chars().count() <= 60);
        }
    }
}
