use super::*;
use proptest::prelude::*;

/// A question that asks in years.
const AGE: &str = "Age in years";

#[test]
fn numbers_are_read_as_people_write_them() {
    for (text, number) in [
        ("42", 42),
        ("४२", 42),
        (" 42 साल", 42),
        ("42yrs", 42),
        ("42साल", 42),
        ("I am forty-two years old", 42),
        ("I'm a 42-year-old.", 42),
        ("Yes sir, forty two", 42),
        ("Forty Two", 42),
        ("बयालीस", 42),
        ("मैं बयालीस साल का हूँ", 42),
        ("मैं बयालीस साल का हूँ।", 42),
        ("जी हाँ, बयालीस साल की हो गई हूँ", 42),
        ("मेरी उम्र पाँच साल है", 5),
        ("सड़सठ", 67),
        ("अड़तीस", 38),
        ("one hundred and five", 105),
        ("a hundred", 100),
        ("एक सौ पाँच", 105),
        ("एक सौ और पाँच", 105),
        ("दो-सौ", 200),
        ("सौ", 100),
        ("one hundred twenty", 120),
        ("one hundred twenty one", 121),
        ("zero", 0),
        ("nineteen", 19),
        ("two thousand", 2_000),
        ("दो हज़ार", 2_000),
        ("दो हज़ार पाँच सौ", 2_500),
        ("पंद्रह सौ", 1_500),
        ("2 hundred", 200),
        ("एक लाख बीस हज़ार पाँच सौ छह", 120_506),
        ("five hundred thousand", 500_000),
        ("a hundred thousand", 100_000),
        ("डेढ़ सौ", 150),
        ("ढाई सौ", 250),
        ("पौने दो सौ", 175),
        ("सवा सौ", 125),
        ("सवा दो सौ", 225),
        ("साढ़े तीन सौ", 350),
        ("मेरी उम्र डेढ़ सौ साल है", 150),
        ("डेढ़ हज़ार", 1_500),
        ("ढाई लाख", 250_000),
    ] {
        assert_eq!(read(text, AGE), Some(number), "{text}");
    }
}

#[track_caller]
fn check_none(texts: &[&str]) {
    for text in texts {
        assert_eq!(read(text, AGE), None, "{text}");
    }
}

#[test]
fn what_is_not_wholly_one_number_is_none() {
    check_none(&[
        "",
        " ",
        "years old",
        "many",
        "six or seven",
        "6-7",
        "4 2",
        "42.5",
        ".5",
        "42 . 5",
        "6,7",
        "6, 7",
        "7/10",
        "7 out of 10",
        "42%",
        "+42",
        "42?",
        "twenty thirty",
        "twenty पाँच",
        "बीस पाँच",
        "20-5",
        "20 5",
        "twenty and five",
        "1234567890",
        "छह या सात",
        "पाँच-छह",
        "चालीस-पैंतालीस",
        "forty years two",
        "one hundred and is five",
        "forty, two",
        "forty. two",
        ". 42",
    ]);
}

#[test]
fn a_number_with_a_sign_is_none() {
    check_none(&[
        "forty -two",
        "forty- two",
        "-5",
        "−5",
        "– 5",
        "age -5",
        "age - 5",
        "age-5",
        "age-five",
        "minus five",
        "negative five",
        "माइनस पाँच",
        "ऋण पाँच",
    ]);
}

#[test]
fn a_fraction_is_none() {
    check_none(&[
        "साढ़े सात",
        "डेढ़",
        "ढाई साल",
        "पौने दो",
        "सवा पाँच",
        "साढ़े सौ",
        "seven and a half",
        "half",
        "half a hundred",
        "one and a half hundred",
        "seven point five",
        "सात दशमलव पाँच",
        "डेढ़ सौ पाँच",
        "साढ़े तीन सौ हज़ार",
        "दो हज़ार साढ़े तीन सौ",
        "साढ़े",
    ]);
}

#[test]
fn a_number_that_other_words_change_is_none() {
    check_none(&[
        "not 42",
        "नहीं बयालीस",
        "42 नहीं",
        "about 42",
        "लगभग बयालीस",
        "under five",
        "forty something",
        "42 plus",
        "5k",
        "42 and",
        "one hundred and",
        "one hundred and years",
        "I am 42 and my wife is 40",
    ]);
}

#[test]
fn scales_out_of_order_are_none() {
    check_none(&[
        "hundred hundred",
        "thousand lakh",
        "one thousand two thousand",
        "one lakh 200 thousand",
        "one thousand 5000",
        "one thousand 1000",
        "one thousand zero",
        "one hundred zero",
        "one hundred 500",
        "साढ़े 200 सौ",
        "साढ़े शून्य सौ",
        "one lakh hundred thousand",
        "200 hundred",
        "zero hundred",
        "zero thousand",
        "zero five",
        "hundred crore",
    ]);
}

#[test]
fn a_unit_counts_only_where_it_is_asked_for() {
    for (text, question, number) in [
        ("two years", "Age in years", Some(2)),
        ("6 months", "Age in years", None),
        ("छह महीने", "Age in years", None),
        ("two years", "Since how many months", None),
        ("2 months", "Since how many months", Some(2)),
        ("दो महीने", "कितने महीने से", Some(2)),
        ("120", "Systolic blood pressure", Some(120)),
        ("120 days", "Systolic blood pressure", None),
        ("days 3", "days", None),
        ("2 years", "Days of leave in a year", None),
    ] {
        assert_eq!(read(text, question), number, "{text} for {question}");
    }
}

#[test]
fn every_hindi_name_stands_for_one_number() {
    for (number, names) in HINDI.iter().enumerate() {
        for name in *names {
            assert_eq!(*name, fold(name), "not as the text is folded");
            assert_eq!(read(name, ""), i64::try_from(number).ok(), "{name}");
        }
    }
    let others = [&QUARTERS[..], &SHIFTS[..], &SCALES[..]].concat();
    let others = others.iter().flat_map(|(_, names)| names.iter());
    let units = UNITS.iter().flat_map(|unit| unit.iter());
    for word in FILLERS.iter().chain(others).chain(units) {
        assert_eq!(*word, fold(word), "not as the text is folded");
    }
}

/// English as it is taught, an independent way of writing what is to be read.
fn spelled(number: i64) -> String {
    let at = |n: i64| usize::try_from(n).unwrap();
    let joined = |head: String, rest: i64| match rest {
        0 => head,
        1..=99 => format!("{head} and {}", spelled(rest)),
        _ => format!("{head} {}", spelled(rest)),
    };
    match number {
        0..=19 => ENGLISH[at(number)].to_owned(),
        20..=99 if number % 10 == 0 => TENS[at(number / 10 - 2)].to_owned(),
        20..=99 => format!("{}-{}", TENS[at(number / 10 - 2)], ENGLISH[at(number % 10)]),
        100..=999 => joined(format!("{} hundred", spelled(number / 100)), number % 100),
        1_000..=99_999 => joined(
            format!("{} thousand", spelled(number / 1_000)),
            number % 1_000,
        ),
        _ => joined(
            format!("{} lakh", spelled(number / 100_000)),
            number % 100_000,
        ),
    }
}

proptest! {
    /// However it is written, the same number is read.
    #[test]
    fn invariant_what_is_written_is_what_is_read(number in 0_i64..9_999_999) {
        prop_assert_eq!(read(&number.to_string(), AGE), Some(number));
        prop_assert_eq!(read(&format!("I am {} years old", spelled(number)), AGE), Some(number));
    }

    /// A word that is not known spoils the text, wherever it stands.
    #[test]
    fn invariant_nothing_unknown_is_passed_over(
        number in 0_i64..1_000,
        word in "[b-z]{2,9}|[क-ह]{2,5}|[+/%?–−-]",
        place in 0_usize..9,
    ) {
        let is_known = |word: &str| meaning(word).is_some() || UNITS.iter().any(|unit| unit.contains(&word));
        prop_assume!(!is_known(&word));
        let text = spelled(number).replace('-', " ");
        let mut words: Vec<&str> = text.split(' ').collect();
        words.insert(place.min(words.len()), &word);
        prop_assert_eq!(read(&words.join(" "), AGE), None);
    }

    /// No text whatever stops the reading, and only a number of the text's own is read.
    #[test]
    fn invariant_any_text_is_read_or_refused(text in ".{0,40}") {
        let read = read(&text, AGE);
        prop_assert!(read.is_none_or(|number| (0..=999_999_999).contains(&number)));
    }
}
