//! What the environment says, as far as a function works with it.

use super::StartError;
use crate::{config::ApiConfig, needs::Need};
use call::Policy;
use elevenlabs::{PostCallConfig, RestConfig};
use knowlarity::KnowlarityConfig;
use recordings::Place;
use settings::{ConfigError, Env};
use store::StoreConfig;
use traces::TracesConfig;
use webhooks::NotifyConfig;

/// Reads all that a function with these needs would start with, and starts nothing.
///
/// # Errors
/// [`StartError::Config`].
pub fn check_settings(env: &Env, needs: &[Need]) -> Result<(), StartError> {
    Settings::read(env, needs).map(drop)
}

/// The groups of settings that the functions need.
pub(crate) struct Settings {
    pub(crate) api: ApiConfig,
    /// Of a function that rings phones.
    pub(crate) carrier: Option<KnowlarityConfig>,
    /// Of a function that tells outcomes.
    pub(crate) notices: Option<NotifyConfig>,
    pub(crate) post_call: PostCallConfig,
    /// Where recordings are, of a function that reads or erases them.
    pub(crate) recordings: Option<Place>,
    pub(crate) store: StoreConfig,
    pub(crate) policy: Policy,
    pub(crate) traces: TracesConfig,
}

impl Settings {
    /// Reads every group that is needed before it fails, so that one start names all that is wrong.
    pub(crate) fn read(env: &Env, needs: &[Need]) -> Result<Self, StartError> {
        let mut wrong = Vec::new();
        let is_needed = |need| needs.contains(&need);
        let api = noted(ApiConfig::of(env, needs), &mut wrong);
        let carrier = when(is_needed(Need::Carrier), &mut wrong, || {
            KnowlarityConfig::from_env(env)
        });
        let notices = when(is_needed(Need::Outcomes), &mut wrong, || {
            NotifyConfig::from_env(env)
        });
        let conversations = when(is_needed(Need::Conversations), &mut wrong, || {
            RestConfig::from_env(env)
        });
        let signed = Some(env).filter(|_| is_needed(Need::PostCalls));
        let secrets = signed.map(PostCallConfig::secrets);
        let recordings = when(is_needed(Need::Recordings), &mut wrong, || {
            Place::from_env(env)
        });
        let store = noted(StoreConfig::from_env(env), &mut wrong);
        let policy = noted(settings::policy(env), &mut wrong);
        let traces = noted(TracesConfig::from_env(env), &mut wrong);
        let settings = (|| {
            let (carrier, policy) = (carrier?, policy?);
            let caller = carrier.as_ref().map(|carrier| carrier.caller_id.clone());
            Some(Self {
                api: api?,
                carrier,
                notices: notices?,
                post_call: PostCallConfig {
                    secrets: secrets.unwrap_or_default(),
                    conversations: conversations?.flatten(),
                },
                recordings: recordings?.flatten(),
                store: store?,
                policy: Policy { caller, ..policy },
                traces: traces?,
            })
        })();
        settings.ok_or_else(|| StartError::Config(wrong.join("; ")))
    }
}

/// A group that is needed, or nothing in its place.
fn when<T>(
    is_needed: bool,
    wrong: &mut Vec<String>,
    read: impl FnOnce() -> Result<T, ConfigError>,
) -> Option<Option<T>> {
    if is_needed {
        noted(read(), wrong).map(Some)
    } else {
        Some(None)
    }
}

fn noted<T>(group: Result<T, ConfigError>, wrong: &mut Vec<String>) -> Option<T> {
    group.map_err(|error| wrong.push(error.to_string())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_start_names_every_setting_that_is_wrong() {
        let env = Env::from_reader(|name| match name {
            "RETRIES_MAX" => Some("many".to_owned()),
            "TABLE_CREATE" => Some("perhaps".to_owned()),
            _ => None,
        });
        let Err(StartError::Config(wrong)) = Settings::read(&env, Need::ALL) else {
            panic!("wrong settings were taken");
        };
        for name in [
            "API_KEYS",
            "TOKEN_SECRET",
            "KNOWLARITY_API_KEY",
            "KNOWLARITY_CALLER_ID",
            "SERVER_WEBSOCKET_URL",
            "TABLE_CREATE",
            "RETRIES_MAX",
        ] {
            assert!(wrong.contains(name), "{name} is not in: {wrong}");
        }
        assert!(
            !wrong.contains("perhaps") && !wrong.contains("many"),
            "{wrong}"
        );
    }

    #[test]
    fn nothing_is_demanded_that_a_function_does_not_work_with() {
        let demanded = |needs: &[Need]| {
            let nothing_set = Env::from_reader(|_| None);
            match Settings::read(&nothing_set, needs) {
                Ok(_) => String::new(),
                Err(error) => error.to_string(),
            }
        };
        assert_eq!(demanded(&[]), "");
        for (need, name) in [
            (Need::Clients, "API_KEYS"),
            (Need::Tokens, "TOKEN_SECRET"),
            (Need::Carrier, "KNOWLARITY_API_KEY"),
        ] {
            assert!(demanded(&[need]).contains(name), "{need:?}");
            let others: Vec<Need> = Need::ALL.iter().copied().filter(|n| *n != need).collect();
            assert!(!demanded(&others).contains(name), "{need:?}");
        }
    }

    #[test]
    fn nothing_that_is_not_needed_is_read_even_if_it_is_wrong() {
        let env = || Env::from_reader(|_| Some("?".to_owned()));
        let wrong = |needs: &[Need]| match ApiConfig::of(&env(), needs) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        assert_eq!(wrong(&[]), "");
        for (need, name) in [
            (Need::Questions, "QUESTIONNAIRE"),
            (Need::NewCalls, "RATE_LIMIT_PER_MINUTE"),
            (Need::Reports, "REPORT_ZONE"),
            (Need::Prices, "COST_PER_MINUTE_CARRIER: expected rupees"),
            (Need::Prices, "COST_PER_MINUTE_AGENT: expected rupees"),
            (Need::Sweeps, "SWEEP_DURATION"),
        ] {
            assert!(wrong(&[need]).contains(name), "{need:?}");
        }
    }
}
