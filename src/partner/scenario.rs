//! Messages of the worked examples, which the demo registry knows: what samples are made of.

/// One message.
#[derive(Debug)]
pub struct Scenario {
    /// Its number among the worked examples.
    pub number: u32,
    pub service: &'static str,
    /// What it shows.
    pub shows: &'static str,
    pub message: &'static str,
    /// What the demo answers; numbers and ids are another store's.
    pub answer: &'static str,
}

macro_rules! scenarios {
    ($($number:literal $service:literal $file:literal $shows:literal;)*) => {
        /// Every one, the first of each service being its plainest.
        pub const SCENARIOS: &[Scenario] = &[$(Scenario {
            number: $number,
            service: $service,
            shows: $shows,
            message: include_str!(concat!("../../fixtures/requests/", $file, ".xml")),
            answer: include_str!(concat!("../../fixtures/responses/", $file, ".xml")),
        }),*];
    };
}

scenarios! {
    1 "postPurchasingPower" "01-create-ordinary" "home care, ten hours a month";
    2 "getOstovoima" "02-get-ostovoima" "what is left of it";
    3 "postSaldoPurchasingPower" "03-create-saldo" "a balance in euros";
    4 "postDentalPurchasingPower" "04-create-dental" "dental procedures with a ceiling";
    5 "postDentalServiceEvent" "05-event" "two procedures done";
    23 "postServiceEvent" "23-event" "an hour and a half of home care";
    10 "getServiceEvents" "10-feed-of-its-own" "every change since the beginning";
    9 "postPurchasingPower" "09-create-ordinary-ended" "one that has ended";
    16 "postPurchasingPower" "16-create-daycare" "daycare by the month";
    17 "postPurchasingPower" "17-amend-income" "the value changed from a day on";
    19 "postPurchasingPower" "19-create-non-disclosure" "a customer under non-disclosure";
    21 "postDentalPurchasingPower" "21-create-free-of-charge" "without a customer's share";
    20 "getServiceEvents" "20-feed-page-1" "page by page";
}

/// The message of a service in a scenario; its plainest one without.
pub fn find(service: &str, number: Option<u32>) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| {
        scenario.service == service && number.is_none_or(|number| scenario.number == number)
    })
}
