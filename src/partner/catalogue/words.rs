//! The page's own words.

use crate::partner::words::words;

words! {
    title: "PSOP Palveluväylässä: palveluluettelo", "PSOP i Informationsleden: tjänstekatalog", "PSOP over X-Road: service catalogue";
    intro: "Kunnat ja hyvinvointialueet myöntävät asiakkailleen ostovoimaa palveluseteleinä ja ostopalveluina; palveluntuottajat hakevat sen ja kirjaavat palvelutapahtumat.", "Kommuner och välfärdsområden beviljar sina kunder köpkraft som servicesedlar och köpta tjänster; tjänsteproducenter hämtar den och registrerar servicehändelser.", "Municipalities and wellbeing services counties grant their customers purchasing power as service vouchers and purchased services; providers look it up and record service events.";
    skip: "Siirry sisältöön", "Gå till innehållet", "Skip to the content";
    languages: "Kieli", "Språk", "Language";
    contents: "Sisältö", "Innehåll", "Contents";
    address: "Palvelun osoite", "Tjänstens adress", "Address of the service";
    wsdl: "WSDL-kuvaus", "WSDL-beskrivning", "WSDL description";
    first_call: "Ensimmäinen kutsu", "Det första anropet", "The first call";
    first_call_how: "Kolme komentoa, ei muuta kuin curl. Vastauksessa lukee OK ja ostovoiman numero.", "Tre kommandon, inget annat än curl. Svaret säger OK och köpkraftens nummer.", "Three commands, nothing but curl. The answer says OK, and the purchasing power's number.";
    via_security_server: "Tuotannossa sama sanoma lähetetään oman organisaation liityntäpalvelimelle, joka välittää sen tänne.", "I produktionen skickas samma meddelande till den egna organisationens anslutningsserver, som förmedlar det hit.", "In production the same message goes to your own security server, which brings it here.";
    services: "Palvelut", "Tjänster", "Services";
    request: "Pyyntö", "Begäran", "Request";
    response: "Vastaus", "Svar", "Response";
    element: "Elementti", "Element", "Element";
    occurrence: "Esiintyminen", "Förekomst", "Occurrence";
    type_and_limits: "Tyyppi ja rajat", "Typ och gränser", "Type and limits";
    meaning: "Merkitys", "Betydelse", "Meaning";
    one_of: "yksi näistä", "en av dessa", "one of these";
    sample: "Esimerkkipyyntö", "Exempelbegäran", "Sample request";
    sample_answer: "Esimerkkivastaus", "Exempelsvar", "Sample answer";
    programs: "Esimerkkiohjelmat", "Exempelprogram", "Sample programs";
    run_with: "Ajetaan:", "Körs:", "Run it:";
    codes: "Koodit", "Koder", "Codes";
    code: "Koodi", "Kod", "Code";
    kind: "Laji", "Art", "Kind";
    fault: "SOAP-virhe", "SOAP-fel", "SOAP fault";
    rejection: "hylkäys tai varoitus", "avvisning eller varning", "rejection or warning";
    advice: "Mitä tehdä", "Vad du gör", "What to do";
    members: "Testiympäristön jäsenet ja koodit", "Testmiljöns medlemmar och koder", "Members and codes of the test environment";
    client: "Asiakas", "Klient", "Client";
    may_call: "Saa kutsua", "Får anropa", "May call";
    for_whom: "Kenen puolesta", "För vem", "On behalf of";
    organiser: "Järjestäjä", "Anordnare", "Organiser";
    provider: "Palveluntuottaja", "Tjänsteproducent", "Provider";
    name: "Nimi", "Namn", "Name";
    try_it: "Kokeile", "Prova", "Try it";
    try_how: "Selain lähettää sanoman tähän osoitteeseen kuten mikä tahansa kutsuja, eikä kukaan välitä sitä.", "Webbläsaren skickar meddelandet till denna adress som vilken klient som helst; ingen förmedlar det.", "The browser sends the message to this address like any caller; nobody relays it.";
    message: "Sanoma", "Meddelande", "Message";
    send: "Lähetä", "Skicka", "Send";
    answer: "Vastaus tulee tähän.", "Svaret kommer hit.", "The answer comes here.";
    needs_script: "Lomake tarvitsee selaimen skriptejä; yllä olevat esimerkit toimivat ilman.", "Formuläret kräver skript i webbläsaren; exemplen ovan fungerar utan.", "The form needs scripts in the browser; the samples above work without.";
}
