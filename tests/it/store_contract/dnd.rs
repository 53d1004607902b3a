//! The do-not-disturb lists, and the calls of a number.

use super::*;
use campaign::{Day, DndLists, DndPage, DndRefusal};

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Contract {
    async fn take(
        &self,
        as_of: &str,
        numbers: &[&str],
        is_last: bool,
    ) -> Result<DndLists, DndRefusal> {
        let page = DndPage {
            as_of: as_of.parse().unwrap(),
            new: 0,
            is_last,
            by: "test".to_owned(),
        };
        let phones = numbers.iter().map(|number| phone(number)).collect();
        let taken = self.store.put_dnd_page(&page, &phones, START, WEEK);
        taken.await.unwrap()
    }

    async fn listed(&self, numbers: &[&str]) -> usize {
        let phones = numbers.iter().map(|number| phone(number)).collect();
        self.store.dnd_listed_of(&phones).await.unwrap().len()
    }
}

#[tokio::test]
async fn a_page_is_stored_with_its_count_and_each_number_once() {
    let contract = Contract::new().await;
    let [one, two, three] = ["+911234567891", "+911234567892", "+911234567893"];
    let (day, next) = ("2026-10-29", "2026-10-30");
    contract.take(day, &[one, two], false).await.unwrap();
    let lists = contract.take(day, &[two, three], true).await.unwrap();
    assert_eq!(lists.complete.unwrap().numbers, 3);
    assert_eq!(contract.listed(&[one, two, three]).await, 3);
    contract.take(next, &[one], true).await.unwrap();
    assert_eq!(contract.listed(&[one, two, three]).await, 1);
    let overtaken = contract.take(day, &[two], false).await.unwrap_err();
    let newer: Day = next.parse().unwrap();
    assert_eq!(overtaken, DndRefusal::Overtaken(newer));
    assert_eq!(contract.listed(&[one, two, three]).await, 1);
}

#[tokio::test]
async fn pages_of_two_who_bring_at_once_are_all_counted() {
    let contract = Contract::new().await;
    let numbers: Vec<String> = (0..40).map(|n| format!("+9112345678{n:02}")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let (first, second) = numbers.split_at(20);
    let (one, other) = tokio::join!(
        contract.take("2026-10-30", first, false),
        contract.take("2026-10-30", second, false),
    );
    let counts = [one, other].map(|lists| lists.unwrap().coming.unwrap().numbers);
    assert_eq!(counts.into_iter().max(), Some(40));
}
