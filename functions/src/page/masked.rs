//! What is shown of a patient to whoever may not see the rest.

use call::phone::PhoneNumber;

/// A name by its first letter: enough to tell rows apart, too little to know anybody.
pub(super) fn name(name: &str) -> String {
    let first: String = name.chars().take(1).collect();
    format!("{first}•••")
}

/// A number by its last two digits.
pub(super) fn phone(phone: &PhoneNumber) -> String {
    phone.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_and_two_digits_are_left() {
        assert_eq!(name("Asha Rao"), "A•••");
        assert_eq!(name("राहुल"), "र•••");
        assert_eq!(name(""), "•••");
        let number: PhoneNumber = "+911234567890".parse().unwrap();
        let shown = phone(&number);
        assert!(
            shown.ends_with("90") && !shown.contains("345678"),
            "{shown}"
        );
    }
}
