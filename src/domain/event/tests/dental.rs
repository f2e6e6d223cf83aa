//! Dental lines: the stages and what comes together, granted lines, price lists, ceilings, repeats.

use super::*;

/// Messages to one world, one after the other, and their outcomes.
fn run(mut world: World, cases: &[(Sent, &str)]) -> World {
    for (index, (sent, expected)) in cases.iter().enumerate() {
        let before = world.grant.clone();
        assert_eq!(world.post(sent), *expected, "message {}", index + 1);
        if !expected.contains('=') {
            assert_eq!(world.grant, before, "a refusal changes nothing");
        }
    }
    world
}

fn line(world: World, text: &str, expected: &str) {
    run(world, &[(dental(&[text]), expected)]);
}

#[test]
fn scenario_5_shares_and_what_is_left() {
    let world = scenario_4();
    let sent = dental(&["SAA02 62.00", "SFA20 t16 sOM 110.00"]).totals("172.00", "130.00", "42.00");
    let Verdict::Record {
        changed, remaining, ..
    } = world.judge(&sent)
    else {
        panic!("refused");
    };
    assert_eq!(
        remaining,
        Remaining::Dental {
            ceiling: None,
            lines: vec![(1, 0), (2, 0), (3, 1)]
        }
    );
    let filling = changed.event.lines[1].procedure.as_ref().unwrap();
    assert_eq!(filling.surfaces.as_deref(), Some("MO"), "canonical");
    assert_eq!(filling.teeth.as_deref(), Some("16"));
    assert_eq!(filling.granted_line_no, Some(2));
    assert_eq!(changed.event.lines[0].shares.customer, cents("17.00"));
    run(world, &[(sent, "Kirjattu v1 172.00=130.00+42.00")]);
}

#[test]
fn scenario_6_errors_of_all_lines_come_together() {
    let sent = dental(&[
        "SFA20 t16 sM 110.00",
        "SFA20 t19 sMO 110.00",
        "SFA20 t11 sMO 110.00",
        "SFA20 t36 sMP 110.00",
        "XXX00 1.00",
        "SFA20 sMO 110.00",
        "SAA02 t16 62.00",
    ])
    .totals("1", "1", "0");
    let expected = "SURFACE_COUNT_MISMATCH procedure[1]/surfaces; TOOTH_INVALID procedure[2]/tooth; \
                    SURFACE_NOT_ON_TOOTH procedure[3]/surfaces; SURFACE_INVALID procedure[4]/surfaces; \
                    PROCEDURE_UNKNOWN procedure[5]/procedureCode; TOOTH_REQUIRED procedure[6]/tooth; \
                    TOOTH_NOT_ALLOWED procedure[7]/tooth";
    run(scenario_4(), &[(sent, expected)]);
}

#[test]
fn scenarios_7_and_8_granted_lines_and_their_caps() {
    let world = scenario_4;
    line(
        world(),
        "EBA00 t38 95.00",
        "PROCEDURE_NOT_AUTHORISED procedure[1]/procedureCode",
    );
    line(
        world(),
        "EBA00 t48 x2 95.00",
        "LINE_COUNT_EXCEEDED procedure[1]/count",
    );
    line(
        world(),
        "EBA00 t48 155.00",
        "PRICE_ABOVE_CAP procedure[1]/unitPrice",
    );
    line(
        world(),
        "EBA00 t48 150.00",
        "Kirjattu v1 150.00=95.00+55.00",
    );
    line(
        world(),
        "EBA00 t48 l1 150.00",
        "PROCEDURE_NOT_AUTHORISED procedure[1]/authorisedLineNo",
    );
    line(
        world(),
        "EBA00 t48 l3 150.00",
        "Kirjattu v1 150.00=95.00+55.00",
    );
    // 5, 6 and 7 come together, 4 hides them.
    let mut agreed = world();
    agreed.approvals[0].agreed_max_price = Some(cents("100"));
    run(
        agreed,
        &[
            (dental(&["EBA00 t48 95.00"]), "Kirjattu v1 95.00=95.00+0.00"),
            (
                dental(&["EBA00 t48 155.00"]),
                "LINE_COUNT_EXCEEDED procedure[1]/count; DUPLICATE_PROCEDURE procedure[1]/procedureCode; \
                 PRICE_ABOVE_CAP procedure[1]/unitPrice; PRICE_ABOVE_APPROVED procedure[1]/unitPrice",
            ),
            (
                dental(&["EBA00 t47 155.00"]),
                "PROCEDURE_NOT_AUTHORISED procedure[1]/procedureCode",
            ),
        ],
    );
}

#[test]
fn lines_draw_on_what_lines_before_them_left() {
    let world = teeth(
        DentalMode::Itemised,
        None,
        &["SFA20 x1 v50.00", "SFA20 t16 x1 v85.00", "WX002 x3 v10.00"],
    );
    let world = run(
        world,
        &[(
            dental(&[
                "SFA20 t16 sMO 100.00",
                "SFA20 t17 sMO 100.00",
                "WX002 x2 10.00",
            ]),
            "Kirjattu v1 220.00=155.00+65.00",
        )],
    );
    assert_eq!(
        world.used(),
        "Ceiling 155.000, Line(1) 1.000, Line(2) 1.000, Line(3) 2.000"
    );
    run(
        world,
        &[
            (
                dental(&["WX002 x1 10.00", "WX002 x1 10.00"]),
                "LINE_COUNT_EXCEEDED procedure[2]/count",
            ),
            (dental(&["WX002 10.00"]), "Kirjattu v1 10.00=10.00+0.00"),
        ],
    );
}

#[test]
fn a_price_list_pays_any_listed_code_up_to_its_ceiling() {
    let world = || teeth(DentalMode::PriceListCeiling, Some("100.00"), &[]);
    line(world(), "SAA02 62.00", "Kirjattu v1 62.00=45.00+17.00");
    line(
        world(),
        "EBA00 t48 150.01",
        "PRICE_ABOVE_CAP procedure[1]/unitPrice",
    );
    line(
        world(),
        "SFA10 t16 sM 70.00",
        "PROCEDURE_NOT_AUTHORISED procedure[1]/procedureCode",
    );
    line(
        world(),
        "SAA02 l1 62.00",
        "FIELD_NOT_ALLOWED procedure[1]/authorisedLineNo",
    );
    let mut listed = world();
    listed.price_items[1].valid_to = Some(date(2026, 3, 11));
    line(
        listed,
        "SAA02 62.00",
        "PROCEDURE_NOT_AUTHORISED procedure[1]/procedureCode",
    );
    // Scenario 13, one after the other: 60 of 100, then 50 is too much.
    let world = run(
        world(),
        &[
            (dental(&["WX002 x6 10.00"]), "Kirjattu v1 60.00=60.00+0.00"),
            (dental(&["WX002 x5 10.00"]), "CEILING_EXCEEDED procedure[1]"),
            (
                dental(&["WX002 x3 10.00", "WX002 x2 10.00", "WX002 x1 10.00"]),
                "CEILING_EXCEEDED procedure[2]",
            ),
            (
                dental(&["XXX00 1.00", "WX002 x5 10.00"]),
                "PROCEDURE_UNKNOWN procedure[1]/procedureCode; CEILING_EXCEEDED procedure[2]",
            ),
            (
                dental(&["WX002 x4 12.00"]).totals("48.00", "40.00", "8.00"),
                "Kirjattu v1 48.00=40.00+8.00",
            ),
        ],
    );
    let Verdict::Record { remaining, .. } = world.judge(&dental(&[]).no_show()) else {
        panic!("refused");
    };
    let ceiling = Some(Cents(0));
    assert_eq!(
        remaining,
        Remaining::Dental {
            ceiling,
            lines: vec![]
        }
    );
}

#[test]
fn a_ceiling_binds_granted_lines_too_and_an_examination_compares_no_teeth() {
    let lines = ["SAA02 x2 v45.00", "EBA00 t48 v95.00"];
    run(
        teeth(DentalMode::Itemised, Some("80.00"), &lines),
        &[
            (dental(&["SAA02 62.00"]), "Kirjattu v1 62.00=45.00+17.00"),
            (dental(&["SAA02 62.00"]), "CEILING_EXCEEDED procedure[1]"),
            (dental(&["SAA02 35.00"]), "Kirjattu v1 35.00=35.00+0.00"),
        ],
    );
    run(
        teeth(DentalMode::ExaminationOnly, None, &lines),
        &[
            (dental(&["EBA00 t38 95.00"]), "Kirjattu v1 95.00=95.00+0.00"),
            (
                dental(&["SAA01 30.00"]),
                "PROCEDURE_NOT_AUTHORISED procedure[1]/procedureCode",
            ),
        ],
    );
}

#[test]
fn the_same_procedure_in_the_same_place_comes_once_a_day() {
    let double = "DUPLICATE_PROCEDURE procedure[1]/procedureCode";
    let world = teeth(
        DentalMode::Itemised,
        None,
        &[
            "SFA20 x9 v85.00",
            "MAN00 x9 v10.00",
            "ARE00 x9 v10.00",
            "ONC00 x9 v10.00",
            "SAA02 x9 v45.00",
        ],
    );
    let world = run(
        world,
        &[
            (
                dental(&[
                    "SFA20 t16 sMO 85.00",
                    "MAN00 t16,17 10.00",
                    "ARE00 a01 10.00",
                    "ONC00 x2 10.00",
                ]),
                "Kirjattu v1 125.00=125.00+0.00",
            ),
            (dental(&["SFA20 t16 sDO 85.00"]), double),
            (dental(&["MAN00 t17,18 10.00"]), double),
            (dental(&["ARE00 a01 10.00"]), double),
            (dental(&["ONC00 10.00"]), double),
            (
                dental(&[
                    "SFA20 t17 sMO 85.00",
                    "SFA20 t17 sMO 85.00",
                    "SAA02 45.00",
                    "SAA02 45.00",
                ]),
                "DUPLICATE_PROCEDURE procedure[2]/procedureCode",
            ),
            (
                dental(&["SFA20 t17 sMO 85.00", "MAN00 t18 10.00", "ARE00 a02 10.00"]),
                "Kirjattu v1 105.00=105.00+0.00",
            ),
            (
                dental(&["SFA20 t16 sMO 85.00"]).on(2026, 3, 13),
                "Kirjattu v1 85.00=85.00+0.00",
            ),
            (
                dental(&["SFA20 t16 sMD 85.00"]).changing(Action::Update, 1, 1),
                "Kirjattu v2 85.00=85.00+0.00",
            ),
        ],
    );
    let mut world = world;
    world.post(&dental(&[]).changing(Action::Delete, 1, 2));
    line(world, "SFA20 t16 sMO 85.00", "Kirjattu v1 85.00=85.00+0.00");
}

#[test]
fn an_extracted_tooth_is_warned_of() {
    let world = teeth(
        DentalMode::Itemised,
        None,
        &["EBA00 x9 v95.00", "SFA20 x9 v85.00"],
    );
    run(
        world,
        &[
            (dental(&["EBA00 t48 95.00"]), "Kirjattu v1 95.00=95.00+0.00"),
            (
                dental(&["SFA20 t48 sMO 85.00", "SFA20 t47 sMO 85.00"]).on(2026, 3, 14),
                "Kirjattu v1 170.00=170.00+0.00 ! TOOTH_ALREADY_EXTRACTED procedure[1]/tooth",
            ),
            (
                dental(&["SFA20 t48 sMO 85.00"]).on(2026, 3, 11),
                "Kirjattu v1 85.00=85.00+0.00",
            ),
        ],
    );
}

#[test]
fn scenario_21_a_free_service_leaves_nothing_to_pay() {
    let world = || {
        let mut world = scenario_4();
        world.service.free_of_charge = true;
        world
    };
    let share = "CUSTOMER_SHARE_NOT_ALLOWED procedure[1]/unitPrice";
    line(world(), "SAA02 62.00", share);
    line(world(), "SAA02 45.00", "Kirjattu v1 45.00=45.00+0.00");
    let mut lab = dental(&["SAA02 62.00"]);
    lab.details.lab_cost = Some(cents("0.01"));
    let both = format!("{share}; CUSTOMER_SHARE_NOT_ALLOWED labCost");
    run(world(), &[(lab.clone(), &both)]);
    run(
        scenario_4(),
        &[(lab.clone(), "Kirjattu v1 62.00=45.00+17.00")],
    );
    lab.details.lab_cost = Some(cents("0"));
    run(world(), &[(lab, share)]);
}

#[test]
fn what_a_message_says_beside_its_lines_is_checked() {
    let with = |change: fn(&mut Sent)| {
        let mut sent = dental(&["SAA02 62.00"]);
        change(&mut sent);
        sent
    };
    let professional = |sent: &mut Sent, number: &str| {
        sent.details.professional = Some(crate::domain::service_event::Professional {
            role: crate::domain::service_event::ProfessionalRole::Suuhygienisti,
            terhikki_number: Some(number.to_owned()),
            name: None,
        });
    };
    let mut terhikki = dental(&["SAA02 62.00"]);
    professional(&mut terhikki, "11111111");
    let mut real = dental(&["SAA02 62.00"]);
    professional(&mut real, "12345678");
    let mut show = dental(&[]).no_show();
    show.details.lab_cost = Some(Cents(0));
    show.details.treatment_completed = Some(false);
    run(
        scenario_4(),
        &[
            (terhikki, "TERHIKKI_INVALID professional/terhikkiNumber"),
            (
                with(|sent| sent.lines[0].area = Some("alue 070785-9015".to_owned())),
                "TEXT_HAS_PERSON_ID procedure[1]/area; TOOTH_NOT_ALLOWED procedure[1]/area",
            ),
            (
                show,
                "FIELD_NOT_ALLOWED labCost; FIELD_NOT_ALLOWED treatmentCompleted",
            ),
            (
                with(|sent| sent.details.no_show = Some(true)),
                "FIELD_NOT_ALLOWED procedure",
            ),
            (dental(&[]), "FIELD_REQUIRED procedure"),
            (dental(&[]).no_show(), "Kirjattu v1 0.00=0.00+0.00"),
            (real, "Kirjattu v1 62.00=45.00+17.00"),
        ],
    );
}

#[test]
fn a_day_out_of_time_leaves_the_stages_that_need_no_day() {
    let mut world = scenario_4();
    world.service.max_unit_price = Some(cents("50"));
    let sent = dental(&[
        "SFA20 t19 sMO 99.00",
        "EBA00 t38 99.00",
        "EBA00 t48 x2 99.00",
        "SAA02 99.00",
    ]);
    let lines = "TOOTH_INVALID procedure[1]/tooth; PROCEDURE_NOT_AUTHORISED procedure[2]/procedureCode; \
                 LINE_COUNT_EXCEEDED procedure[3]/count";
    let future = format!("SERVICE_DATE_FUTURE serviceDate; {lines}");
    assert_eq!(world.post(&sent.clone().on(2026, 3, 17)), future);
    let prices = "PRICE_ABOVE_CAP procedure[3]/unitPrice; PRICE_ABOVE_CAP procedure[4]/unitPrice";
    assert_eq!(world.post(&sent), format!("{lines}; {prices}"));
}
