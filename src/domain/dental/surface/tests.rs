//! Surfaces against tables and an oracle that is written from the rules' sentences, not from the code.

use proptest::prelude::*;

use super::*;

const LETTERS: [char; 8] = ['M', 'D', 'O', 'I', 'B', 'V', 'L', 'P'];

fn teeth(text: &str) -> Teeth {
    Teeth::parse(text).unwrap()
}

fn all_teeth() -> Vec<Tooth> {
    let teeth: Vec<Tooth> = (0..=u8::MAX).filter_map(Tooth::new).collect();
    assert_eq!(teeth.len(), 52);
    teeth
}

/// The rules as sentences: P only in quadrants 1, 2, 5, 6 and no letter twice, V and B being one, L and
/// P being one; O on positions 4–8, I on 1–3; the count within bounds.
fn oracle(text: &str, teeth: &[u8], min: usize, max: usize) -> Result<String, SurfaceError> {
    let is_same = |a, b| a == b || ["BV", "VB", "LP", "PL"].contains(&&*format!("{a}{b}"));
    let letters: Vec<char> = text.chars().collect();
    for (index, a) in letters.iter().enumerate() {
        if letters[..index].iter().any(|b| is_same(*a, *b)) {
            return Err(SurfaceError::Invalid);
        }
    }
    let p_is_wrong = |tooth: &u8| ["3", "4", "7", "8"].contains(&&tooth.to_string()[..1]);
    if letters.contains(&'P') && teeth.iter().any(p_is_wrong) {
        return Err(SurfaceError::Invalid);
    }
    for tooth in teeth {
        let position = tooth.to_string()[1..].parse::<u8>().unwrap();
        let lacks_o = letters.contains(&'O') && ![4, 5, 6, 7, 8].contains(&position);
        let lacks_i = letters.contains(&'I') && ![1, 2, 3].contains(&position);
        if lacks_o || lacks_i {
            return Err(SurfaceError::NotOnTooth);
        }
    }
    if letters.len() < min || letters.len() > max {
        return Err(SurfaceError::Count);
    }
    let canonical = text.replace('V', "B").replace('P', "L");
    Ok("MOIDBL"
        .chars()
        .filter(|c| canonical.contains(*c))
        .collect())
}

#[test]
fn every_letter_on_every_tooth_is_as_the_rules_say() {
    let mut judged = 0;
    for tooth in all_teeth() {
        for letter in LETTERS {
            let text = letter.to_string();
            let found = Surfaces::parse(&text, Some(&teeth(&tooth.to_string())), 1, 1);
            let found = found.map(|surfaces| surfaces.to_string());
            assert_eq!(
                found,
                oracle(&text, &[tooth.number()], 1, 1),
                "{letter} on {tooth}"
            );
            judged += 1;
        }
    }
    assert_eq!(judged, 416);
}

#[test]
fn every_pair_of_letters_on_every_tooth_is_as_the_rules_say() {
    for tooth in all_teeth() {
        for (first, second) in LETTERS.iter().flat_map(|a| LETTERS.map(|b| (a, b))) {
            let text = format!("{first}{second}");
            let found = Surfaces::parse(&text, Some(&teeth(&tooth.to_string())), 2, 2);
            let found = found.map(|surfaces| surfaces.to_string());
            assert_eq!(
                found,
                oracle(&text, &[tooth.number()], 2, 2),
                "{text} on {tooth}"
            );
        }
    }
}

#[test]
fn the_first_of_three_errors_is_reported() {
    use SurfaceError::{Count, Invalid, NotOnTooth};
    for (text, tooth, min, max, expected) in [
        // Worked scenario 6, by the codes SFA20 (2–2).
        ("M", "16", 2, 2, Err(Count)),
        ("O", "11", 2, 2, Err(NotOnTooth)),
        ("P", "36", 2, 2, Err(Invalid)),
        ("MO", "16", 2, 2, Ok("MO")),
        // All three at once, then two.
        ("PPO", "31", 1, 1, Err(Invalid)),
        ("OM", "31", 1, 1, Err(NotOnTooth)),
        // Twice after canonicalisation.
        ("BV", "16", 2, 2, Err(Invalid)),
        ("LP", "16", 2, 2, Err(Invalid)),
        ("MM", "16", 2, 2, Err(Invalid)),
        // At the bounds and one past them.
        ("MOD", "16", 3, 5, Ok("MOD")),
        ("MODBL", "16", 3, 5, Ok("MODBL")),
        ("MO", "16", 3, 5, Err(Count)),
        ("PVDOM", "16", 3, 4, Err(Count)),
        ("M", "16", 0, 0, Err(Count)),
        // Canonical letters and order.
        ("PVDOM", "16", 5, 5, Ok("MODBL")),
        ("LBDIM", "43", 5, 5, Ok("MIDBL")),
        // Deciduous teeth: molars are positions 4 and 5.
        ("O", "54", 1, 1, Ok("O")),
        ("O", "53", 1, 1, Err(NotOnTooth)),
        ("I", "83", 1, 1, Ok("I")),
        ("I", "84", 1, 1, Err(NotOnTooth)),
        ("P", "55", 1, 1, Ok("L")),
        ("P", "75", 1, 1, Err(Invalid)),
        // No surface letters at all.
        ("", "16", 0, 0, Err(Invalid)),
        ("X", "16", 1, 1, Err(Invalid)),
        ("m", "16", 1, 1, Err(Invalid)),
        ("M O", "16", 2, 3, Err(Invalid)),
    ] {
        let found = Surfaces::parse(text, Some(&teeth(tooth)), min, max);
        let found = found.map(|surfaces| surfaces.to_string());
        assert_eq!(found, expected.map(str::to_owned), "{text} on {tooth}");
    }
}

#[test]
fn each_of_several_teeth_must_have_the_surfaces() {
    let found = |text, on| Surfaces::parse(text, Some(&teeth(on)), 1, 6).map(|_| ());
    assert_eq!(found("MO", "16 17 24"), Ok(()));
    assert_eq!(found("MO", "16 17 13"), Err(SurfaceError::NotOnTooth));
    assert_eq!(found("P", "16 26"), Ok(()));
    assert_eq!(found("P", "16 36"), Err(SurfaceError::Invalid));
    assert_eq!(found("OI", "16"), Err(SurfaceError::NotOnTooth));
}

#[test]
fn without_a_tooth_only_letters_and_their_number_are_judged() {
    let found = |text, max| Surfaces::parse(text, None, 1, max).map(|found| found.to_string());
    assert_eq!(found("P", 1), Ok("L".to_owned()));
    assert_eq!(found("IO", 2), Ok("OI".to_owned()));
    assert_eq!(found("PL", 2), Err(SurfaceError::Invalid));
    assert_eq!(found("MO", 1), Err(SurfaceError::Count));
}

#[test]
fn codes_are_reported_in_the_contracts_order() {
    let errors = [
        SurfaceError::Invalid,
        SurfaceError::NotOnTooth,
        SurfaceError::Count,
    ];
    assert!(errors.is_sorted());
    assert!(errors.map(SurfaceError::code).is_sorted());
    let names = errors.map(|error| error.code().as_str());
    let expected = [
        "SURFACE_INVALID",
        "SURFACE_NOT_ON_TOOTH",
        "SURFACE_COUNT_MISMATCH",
    ];
    assert_eq!(names, expected);
}

#[test]
fn stored_surfaces_come_back_and_damaged_ones_do_not() {
    for bits in 0..=u8::MAX {
        let read = postcard::from_bytes::<Surfaces>(&[bits]);
        assert_eq!(read.is_ok(), (1..64).contains(&bits));
        if let Ok(surfaces) = read {
            assert_eq!(postcard::to_stdvec(&surfaces).unwrap(), [bits]);
            assert_eq!(u32::from(surfaces.count()), bits.count_ones());
            let text = surfaces.to_string();
            assert_eq!(Surfaces::parse(&text, None, 0, 6), Ok(surfaces), "{text}");
        }
    }
}

proptest! {
    #[test]
    fn any_surfaces_on_any_teeth_are_as_the_rules_say(
        text in "[MDOIBVLP]{1,8}|[MDBL]{1,4}|[MODB]{1,3}",
        on in prop::sample::subsequence(all_teeth(), 1..4),
        (min, max) in (0_u8..4, 0_u8..7),
    ) {
        let numbers: Vec<u8> = on.iter().map(|tooth| tooth.number()).collect();
        let found = Surfaces::parse(&text, Some(&Teeth::try_from(on).unwrap()), min, max);
        let expected = oracle(&text, &numbers, usize::from(min), usize::from(max));
        prop_assert_eq!(found.map(|surfaces| surfaces.to_string()), expected);
    }

    #[test]
    fn no_text_is_too_odd_to_be_judged(text in "\\PC{0,12}") {
        let _judged = Surfaces::parse(&text, None, 0, 6);
    }
}
