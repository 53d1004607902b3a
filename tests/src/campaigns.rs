//! Campaigns whose files have come, for tests and benches.

use call::{CallingWindow, time::Timestamp};
use campaign::{Campaign, CampaignId, Class, Hours, Plan};
use std::{fmt::Write as _, time::Duration};
use store::{
    StoreError,
    calls::ApplyError,
    campaigns::{
        CampaignCreated, CampaignFile, Campaigns, ImportBegan, ImportRules, PART_BYTES_MAX,
        PartPut, Sha256,
    },
};

/// A plan for calls at any hour of the five days from `now` on.
///
/// # Panics
/// Never: its window is one.
#[must_use]
pub fn plan(now: Timestamp) -> Plan {
    let span: CallingWindow = "00:00-24:00 Asia/Kolkata".parse().expect("a window");
    Plan {
        class: Class::Service,
        hours: Hours::daily(span),
        concurrency: 2,
        dials_per_minute: None,
        retries_max: 1,
        priority: 0,
        expires_at: now + Duration::from_hours(5 * 24),
        caller: None,
        recording_consent: false,
    }
}

/// The id of a test's campaign.
#[must_use]
pub const fn id_of(seed: u8) -> CampaignId {
    CampaignId::from_bytes([seed; 16])
}

/// A draft whose file has come in parts of at most `part_bytes`.
///
/// # Errors
/// If the store fails.
///
/// # Panics
/// If a part is not taken, or the campaign is there already.
pub async fn upload(
    campaigns: &Campaigns,
    id: CampaignId,
    bytes: &[u8],
    rules: ImportRules,
    part_bytes: usize,
) -> Result<Campaign, StoreError> {
    let (store, now) = (&campaigns.store, campaigns.now());
    let decision = Campaign::create(id, "A campaign", plan(now), now).expect("a plan");
    let parts = bytes.chunks(part_bytes);
    let count = u16::try_from(parts.len()).expect("few parts");
    let digest = Sha256::of(bytes);
    let file = CampaignFile::new("patients", bytes.len() as u64, count, digest, rules);
    let created = store.create_campaign(&decision, &file, None).await?;
    assert_eq!(created, CampaignCreated::Stored);
    for (number, part) in (1..).zip(parts) {
        let put = store.put_part(id, number, part, Sha256::of(part).into(), now);
        assert_eq!(put.await?, PartPut::Stored);
    }
    Ok(decision.next)
}

/// A campaign whose import has begun.
///
/// # Errors
/// If the store fails.
///
/// # Panics
/// If it cannot begin.
pub async fn importing(
    campaigns: &Campaigns,
    id: CampaignId,
    bytes: &[u8],
) -> Result<(), ApplyError> {
    let rules = ImportRules::default();
    upload(campaigns, id, bytes, rules, PART_BYTES_MAX).await?;
    let languages = ["hi".to_owned(), "en".to_owned()];
    let began = campaigns.begin_import(id, &languages).await?;
    assert!(matches!(began, ImportBegan::Told(_)), "{began:?}");
    Ok(())
}

/// A CSV file of so many patients in Hindi, of which one in `faulty_each` has a number that is too short.
#[must_use]
pub fn csv_of(rows: u32, faulty_each: u32) -> String {
    let mut csv = "patient id,name,phone,language,doctor,department,appointment,notes\n".to_owned();
    for n in 0..rows {
        let phone = if n % faulty_each == faulty_each - 1 {
            "123".to_owned()
        } else {
            format!("9{n:09}")
        };
        let _ = writeln!(
            csv,
            "P-{n:07},राहुल शर्मा {n},{phone},hi,Dr. Smith,Cardiology,2026-12-07,\
             follow-up after surgery; reports of the last visit are to be brought along; the ward is on floor {}",
            n % 9
        );
    }
    csv
}
