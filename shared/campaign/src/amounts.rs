//! Counts and money as people in India write them.

/// A count as people read it: `3,120`, in lakhs from 100,000 on (`1,00,000`).
#[must_use]
pub fn grouped(count: u32) -> String {
    let digits = count.to_string();
    let (head, last) = digits.split_at(digits.len().saturating_sub(3));
    let mut groups = vec![last.to_owned()];
    let mut rest = head;
    while !rest.is_empty() {
        let (before, pair) = rest.split_at(rest.len().saturating_sub(2));
        groups.push(pair.to_owned());
        rest = before;
    }
    groups.reverse();
    groups.join(",")
}

/// An amount of paise as people read it: `₹1,234.50`.
#[must_use]
pub fn rupees(paise: u64) -> String {
    let rupees = u32::try_from(paise / 100).unwrap_or(u32::MAX);
    format!("₹{}.{:02}", grouped(rupees), paise % 100)
}

#[cfg(test)]
mod tests {
    #[test]
    fn counts_are_grouped_as_in_india() {
        let told = [0, 12, 999, 3_120, 100_000, 12_345_678].map(super::grouped);
        assert_eq!(told, ["0", "12", "999", "3,120", "1,00,000", "1,23,45,678"]);
    }

    #[test]
    fn money_has_two_digits_after_its_point() {
        let told = [0, 5, 80, 312_050, 10_000_001].map(super::rupees);
        assert_eq!(
            told,
            ["₹0.00", "₹0.05", "₹0.80", "₹3,120.50", "₹1,00,000.01"]
        );
    }
}
