//! Artificial persons without end: identity codes with individual numbers 900–999, which are given to
//! nobody.

/// Check characters by the remainder of the nine digits modulo 31.
const CHECK_CHARACTERS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
/// Signs of the century from 1900 on.
const SIGNS: &[u8; 6] = b"-YXWVU";
/// Persons of one sign: 70 years of 12 months of 28 days, 100 for each day.
const OF_ONE_SIGN: usize = 70 * 12 * 28 * 100;
/// Persons there are.
pub const PERSONS_MAX: usize = SIGNS.len() * OF_ONE_SIGN;

/// The identity code of the person with this index.
pub fn person_id(index: usize) -> String {
    assert!(index < PERSONS_MAX, "there are {PERSONS_MAX} persons");
    let sign = char::from(SIGNS[index / OF_ONE_SIGN]);
    let number = 900 + index % 100;
    let day_index = index % OF_ONE_SIGN / 100;
    let day = 1 + day_index % 28;
    let month = 1 + day_index / 28 % 12;
    let year = 30 + day_index / 28 / 12;
    let digits = ((day * 100 + month) * 100 + year) * 1000 + number;
    let check = char::from(CHECK_CHARACTERS[digits % 31]);
    format!("{day:02}{month:02}{year:02}{sign}{number}{check}")
}

#[test]
fn persons_are_distinct_and_their_check_characters_right() {
    assert_eq!(person_id(0), "010130-9007");
    // Two published artificial persons.
    assert_eq!(person_id(1_865_401), "070785-9015");
    assert_eq!(person_id(1_043_905), "240161-9057");
    let distinct: std::collections::BTreeSet<_> = (0..5_000).map(person_id).collect();
    assert_eq!(distinct.len(), 5_000);
    assert_eq!(person_id(OF_ONE_SIGN - 1)[..10], *"281299-999");
    assert_eq!(person_id(PERSONS_MAX - 1)[..10], *"281299U999");
}
